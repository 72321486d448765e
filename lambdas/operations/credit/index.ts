import type { Group } from '../../http/operation.ts';
import { createRepayment } from './create-repayment.ts';
import { recordRepayment } from './record-repayment.ts';

export const credit = {
  name: 'credit',
  impact:
    'Merchants cannot repay used credit, and admins cannot record repayments. Withdrawals on credit are not affected.',
  operations: [createRepayment, recordRepayment],
} satisfies Group;
