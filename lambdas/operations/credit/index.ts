import type { Group } from '../../http/operation.ts';
import { createRepayment } from './create-repayment.ts';

export const credit = {
  name: 'credit',
  impact: 'Merchants cannot repay used credit. Withdrawals on credit are not affected.',
  operations: [createRepayment],
} satisfies Group;
