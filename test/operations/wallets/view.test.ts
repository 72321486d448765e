import { expect, it } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { walletView } from '../../../lambdas/operations/wallets/view.ts';

const BTC = currencyCode.parse('BTC');

it('WA-1 WA-4: a wallet shows balances and releases in the decimals of its currency', () => {
  const release = {
    depositId: 'D1',
    currency: BTC,
    amount: minor(60_000_000n),
    releaseAt: '2026-11-20T12:00:00.001Z',
  };
  const wallet = {
    currency: BTC,
    available: minor(40_000_001n),
    pending: minor(100_000_000n),
    releases: [release],
  };
  expect(walletView(wallet)).toEqual({
    currency: 'BTC',
    available: '0.40000001',
    pending: '1.00000000',
    releases: [{ amount: '0.60000000', release_at: release.releaseAt, deposit_id: 'D1' }],
  });
});
