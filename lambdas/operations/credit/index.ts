import type { Group } from '../../http/operation.ts';
import { createRepayment } from './create-repayment.ts';
import { approveCreditRequest, listCreditRequests, rejectCreditRequest } from './decide-request.ts';
import { recordRepayment } from './record-repayment.ts';
import { listOwnRequests, requestCredit } from './request-credit.ts';
import { setLimit } from './set-limit.ts';

export const credit = {
  name: 'credit',
  impact:
    'Merchants cannot repay used credit or ask for more. Admins cannot record repayments, set credit limits or decide requests. Withdrawals on credit are not affected.',
  operations: [
    createRepayment,
    recordRepayment,
    setLimit,
    requestCredit,
    listOwnRequests,
    listCreditRequests,
    approveCreditRequest,
    rejectCreditRequest,
  ],
} satisfies Group;
