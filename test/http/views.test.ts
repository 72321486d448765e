import { describe, expect, it } from '@jest/globals';
import {
  acceptedWithdrawalView,
  merchantBalancesView,
  merchantView,
  walletView,
  withdrawalView,
} from '../../lambdas/http/views.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { aCreditLine, aMerchant, USD } from '../harness/in-memory-ledger.ts';

describe('WD-3: what a merchant sees of a withdrawal', () => {
  it('AP-1: the first answer does not change as the withdrawal moves on', () => {
    const moved = aWithdrawal({
      status: 'FAILED',
      attempt: 4n,
      failure: 'account_closed',
      at: { PENDING: 'x', FAILED: 'y' },
    });
    expect(acceptedWithdrawalView(moved)).toEqual(acceptedWithdrawalView(aWithdrawal()));
    expect(acceptedWithdrawalView(aWithdrawal())).toEqual({
      id: '0123456789ABCDEFGHIJKLMNOP',
      type: 'withdrawal',
      status: 'PENDING',
      amount: '100.00',
      currency: 'USD',
      source: 'credit',
      bank_account: 'IR-1',
      created_at: '2026-11-20T12:00:00.000Z',
    });
  });

  it('its history in order of time, and a doubt about the bank only as PROCESSING', () => {
    const row = aWithdrawal({
      status: 'MANUAL_REVIEW',
      at: {
        MANUAL_REVIEW: '2026-11-20T12:04:00.000Z',
        UNKNOWN: '2026-11-20T12:03:00.000Z',
        PROCESSING: '2026-11-20T12:02:00.000Z',
        PENDING: '2026-11-20T12:01:00.000Z',
        SCHEDULED: '2026-11-20T12:00:00.000Z',
      },
    });
    const view = withdrawalView(row);
    expect(view.status).toBe('PROCESSING');
    expect(view.history).toEqual([
      { status: 'SCHEDULED', at: '2026-11-20T12:00:00.000Z' },
      { status: 'PENDING', at: '2026-11-20T12:01:00.000Z' },
      { status: 'PROCESSING', at: '2026-11-20T12:02:00.000Z' },
    ]);
    expect(JSON.stringify(view)).not.toMatch(/UNKNOWN|MANUAL_REVIEW/);
  });

  it('the bank’s reference or why it refused, and neither before it has spoken', () => {
    expect(withdrawalView(aWithdrawal())).toMatchObject({ bank_reference: null, failure: null });
    const paid = withdrawalView(aWithdrawal({ status: 'SUCCEEDED', bankRef: 'B-1' }));
    expect(paid).toMatchObject({ bank_reference: 'B-1', failure: null });
    const refused = withdrawalView(aWithdrawal({ status: 'FAILED', failure: 'account_closed' }));
    expect(refused).toMatchObject({ bank_reference: null, failure: 'account_closed' });
  });

  it('nothing of how we handle it', () => {
    const view = withdrawalView(
      aWithdrawal({ attempt: 3n, leaseUntil: 'soon', sentAt: 'just now', due: 'later' }),
    );
    expect(Object.keys(view).toSorted()).toEqual([
      'amount',
      'bank_account',
      'bank_reference',
      'created_at',
      'currency',
      'failure',
      'history',
      'id',
      'source',
      'status',
      'type',
    ]);
  });
});

describe('ID-4: what is seen of a merchant', () => {
  it.each([
    [0n, '0.00'],
    [100n, '0.01'],
    [10_000n, '1.00'],
    [25_000n, '2.50'],
    [1_000_000n, '100.00'],
    [1n, '0.0001'],
    [12_345n, '1.2345'],
  ])('ID-5: a fee of %s parts per million is %s per cent', (feePpm, fee) => {
    expect(merchantView(aMerchant({ feePpm })).fee).toBe(fee);
  });

  it('credit: what is available is the limit less what is used, and never less than nothing', () => {
    const balances = (limit: bigint, utilised: bigint) =>
      merchantBalancesView({
        merchant: aMerchant(),
        credit: [aCreditLine(limit, utilised)],
        wallets: [],
      }).credit[0];
    expect(balances(500_00n, 120_50n)).toEqual({
      currency: 'USD',
      limit: '500.00',
      utilised: '120.50',
      available: '379.50',
    });
    expect(balances(100_00n, 120_00n)).toMatchObject({ utilised: '120.00', available: '0.00' });
  });

  it('WA-1 WA-4: every amount in the decimals of its own currency', () => {
    const btc = currencyCode.parse('BTC');
    const release = {
      depositId: 'D1',
      currency: btc,
      amount: minor(60_000_000n),
      releaseAt: '2026-11-20T12:00:00.001Z',
    };
    const usd = { currency: USD, available: minor(5n), pending: minor(0n), releases: [] };
    const held = {
      currency: btc,
      available: minor(40_000_001n),
      pending: minor(100_000_000n),
      releases: [release],
    };
    const shown = { currency: 'BTC', available: '0.40000001', pending: '1.00000000' };
    expect(walletView(held)).toEqual({
      ...shown,
      releases: [{ amount: '0.60000000', release_at: release.releaseAt, deposit_id: 'D1' }],
    });
    const { wallets } = merchantBalancesView({
      merchant: aMerchant(),
      credit: [],
      wallets: [usd, held],
    });
    expect(wallets).toEqual([{ currency: 'USD', available: '0.05', pending: '0.00' }, shown]);
  });

  it('CR-5: limits as decimal text, like every other amount', () => {
    const { limits } = merchantBalancesView({
      merchant: aMerchant({ limits: { USD: { daily: minor(250_00n) } } }),
      credit: [],
      wallets: [],
    });
    expect(limits).toEqual([{ currency: 'USD', daily: '250.00' }]);
  });
});
