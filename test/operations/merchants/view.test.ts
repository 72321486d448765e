import { describe, expect, it } from '@jest/globals';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { merchantBalancesView, merchantView } from '../../../lambdas/operations/merchants/view.ts';
import { aCreditLine, aMerchant, USD } from '../../harness/in-memory-ledger.ts';

const balancesView = (balances: Parameters<typeof merchantBalancesView>[0]) =>
  merchantBalancesView(balances, NOW);
const NOW = new Date('2026-11-20T12:00:00.000Z');
const BTC = currencyCode.parse('BTC');

describe('ID-4: the view of a merchant', () => {
  it('shows what was registered, and nothing internal', () => {
    expect(merchantView(aMerchant(), NOW)).toEqual({
      id: 'm1',
      username: 'alice',
      status: 'ACTIVE',
      status_reason: null,
      requested_credit: '100.00',
      currency: 'USD',
      bank_account: 'IR-1',
      fee: '0.00',
      fee_tiers: [],
      time_zone: 'Asia/Tehran',
      next_time_zone: null,
      created_at: '2026-11-01T00:00:00.000Z',
    });
  });

  it.each([
    [0n, '0.00'],
    [100n, '0.01'],
    [10_000n, '1.00'],
    [25_000n, '2.50'],
    [1_000_000n, '100.00'],
    [1n, '0.0001'],
    [12_345n, '1.2345'],
  ])('ID-5: a fee of %s parts per million is %s per cent', (feePpm, fee) => {
    expect(merchantView(aMerchant({ feePpm }), NOW).fee).toBe(fee);
  });

  it('WA-8: lists the fee tiers by currency, with volumes in its decimals', () => {
    const feeTiers = {
      USD: [
        { from: minor(100_00n), ppm: 15_000n },
        { from: minor(500_00n), ppm: 10_000n },
      ],
      BTC: [{ from: minor(1n), ppm: 5_000n }],
    };
    expect(merchantView(aMerchant({ feeTiers }), NOW).fee_tiers).toEqual([
      { currency: 'BTC', from_volume: '0.00000001', fee: '0.50' },
      { currency: 'USD', from_volume: '100.00', fee: '1.50' },
      { currency: 'USD', from_volume: '500.00', fee: '1.00' },
    ]);
  });

  it('available credit is the limit less what is utilised, and never negative', () => {
    const creditOf = (limit: bigint, utilised: bigint) =>
      balancesView({
        merchant: aMerchant(),
        credit: [aCreditLine(limit, utilised)],
        wallets: [],
      }).credit[0];
    expect(creditOf(500_00n, 120_50n)).toEqual({
      currency: 'USD',
      limit: '500.00',
      utilised: '120.50',
      available: '379.50',
    });
    expect(creditOf(100_00n, 120_00n)).toMatchObject({ utilised: '120.00', available: '0.00' });
  });

  it('WA-1 WA-4: wallets show each amount in the decimals of its currency, without releases', () => {
    const { wallets } = balancesView({
      merchant: aMerchant(),
      credit: [],
      wallets: [
        { currency: USD, available: minor(5n), pending: minor(0n), releases: [] },
        {
          currency: BTC,
          available: minor(40_000_001n),
          pending: minor(100_000_000n),
          releases: [
            {
              depositId: 'D1',
              currency: BTC,
              amount: minor(60_000_000n),
              releaseAt: '2026-11-20T12:00:00.001Z',
            },
          ],
        },
      ],
    });
    expect(wallets).toEqual([
      { currency: 'USD', available: '0.05', pending: '0.00' },
      { currency: 'BTC', available: '0.40000001', pending: '1.00000000' },
    ]);
  });

  it('CR-5: limits are decimal text, like every other amount', () => {
    const limitsOf = (limits: ReturnType<typeof aMerchant>['limits']) =>
      balancesView({ merchant: aMerchant({ limits }), credit: [], wallets: [] }).limits;
    expect(limitsOf({ USD: { daily: minor(250_00n) } })).toEqual([
      { currency: 'USD', daily: '250.00' },
    ]);
    expect(limitsOf({ USD: { daily: minor(0n) }, BTC: { monthly: minor(1n) } })).toEqual([
      { currency: 'BTC', monthly: '0.00000001' },
      { currency: 'USD', daily: '0.00' },
    ]);
  });

  it('CR-5: the time zone is the one that counts, beside a change that has not begun', () => {
    const from = '2026-11-21T00:00:00.000Z';
    const merchant = aMerchant({ nextTimeZone: { zone: 'UTC', from } });
    expect(merchantView(merchant, NOW)).toMatchObject({
      time_zone: 'Asia/Tehran',
      next_time_zone: { time_zone: 'UTC', from },
    });
    expect(merchantView(merchant, new Date(from))).toMatchObject({
      time_zone: 'UTC',
      next_time_zone: null,
    });
  });
});
