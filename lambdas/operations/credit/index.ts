import type { Group } from '../../http/operation.ts';
import { createRepayment } from './create-repayment.ts';
import { recordRepayment } from './record-repayment.ts';
import { setLimit } from './set-limit.ts';

export const credit = {
  name: 'credit',
  impact:
    'Merchants cannot repay used credit, and admins cannot record repayments or set credit limits. Withdrawals on credit are not affected.',
  operations: [createRepayment, recordRepayment, setLimit],
} satisfies Group;
