import type { Group } from '../../http/operation.ts';
import { cancelWithdrawal } from './cancel-withdrawal.ts';
import { createWithdrawal } from './create-withdrawal.ts';
import { listWithdrawals } from './list-withdrawals.ts';
import { readWithdrawal } from './read-withdrawal.ts';

export const withdrawals = {
  name: 'withdrawals',
  impact:
    'Merchants cannot withdraw or see their withdrawals. Withdrawals that were accepted still settle.',
  operations: [createWithdrawal, listWithdrawals, readWithdrawal, cancelWithdrawal],
} satisfies Group;
