import type { Group } from '../../http/operation.ts';
import { createRepayment } from './create-repayment.ts';
import { listOwnRequests, requestCredit } from './request-credit.ts';

export const credit = {
  name: 'credit',
  impact: 'Merchants cannot repay used credit or ask for more. Withdrawals are not affected.',
  operations: [createRepayment, requestCredit, listOwnRequests],
} satisfies Group;
