import type { Group } from '../../http/operation.ts';
import { changePool } from './change-pool.ts';
import { readPoolAsAdmin } from './read-pool.ts';
import { topUpPool } from './top-up-pool.ts';

export const pools = {
  name: 'pools',
  impact:
    'Admins cannot fund credit pools or read what they hold. Withdrawals on credit are not affected.',
  operations: [topUpPool, changePool, readPoolAsAdmin],
} satisfies Group;
