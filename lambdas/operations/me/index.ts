import type { Group } from '../../http/operation.ts';
import { readMe } from './read-me.ts';

export const me = {
  name: 'me',
  impact: 'Merchants cannot see their status, wallets and credit. Withdrawals are not affected.',
  operations: [readMe],
} satisfies Group;
