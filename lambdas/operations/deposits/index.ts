import type { Group } from '../../http/operation.ts';
import { createDeposit } from './create-deposit.ts';
import { openWallet } from './open-wallet.ts';

export const deposits = {
  name: 'deposits',
  impact: 'Admins cannot deposit into wallets or open them. Merchants are not affected otherwise.',
  operations: [createDeposit, openWallet],
} satisfies Group;
