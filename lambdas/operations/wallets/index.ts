import type { Group } from '../../http/operation.ts';
import { listReleases, listWallets, readWallet } from './read-wallets.ts';

export const wallets = {
  name: 'wallets',
  impact: 'Merchants cannot see their wallets. Money is not affected.',
  operations: [listWallets, readWallet, listReleases],
} satisfies Group;
