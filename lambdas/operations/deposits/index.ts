import type { Group } from '../../http/operation.ts';
import { createDeposit } from './create-deposit.ts';

export const deposits = {
  name: 'deposits',
  impact: 'Admins cannot deposit into wallets. Merchants are not affected otherwise.',
  operations: [createDeposit],
} satisfies Group;
