import type { Group } from '../../http/operation.ts';
import { approveCreditRequest, listCreditRequests, rejectCreditRequest } from './decide-request.ts';
import { recordRepayment } from './record-repayment.ts';
import { setLimit } from './set-limit.ts';

/** What admins do. A function that reads for merchants changes nothing as an admin. */
export const creditDecisions = {
  name: 'credit-decisions',
  impact: 'Admins cannot record repayments, set credit limits or decide requests for credit.',
  operations: [
    recordRepayment,
    setLimit,
    listCreditRequests,
    approveCreditRequest,
    rejectCreditRequest,
  ],
} satisfies Group;
