import type { Group } from '../../http/operation.ts';
import { readLimits } from './read-limits.ts';
import { readMe } from './read-me.ts';

export const me = {
  name: 'me',
  impact:
    'Merchants cannot see their status, wallets, credit and limits. Withdrawals are not affected.',
  operations: [readMe, readLimits],
} satisfies Group;
