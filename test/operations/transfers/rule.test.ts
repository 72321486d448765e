import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type FeeTier,
  feeOf,
  parsePercent,
  rateAt,
  tierFault,
} from '../../../lambdas/ledger/fees.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideTransfer, priceOf } from '../../../lambdas/operations/transfers/rule.ts';
import { aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');

describe('ID-5 WA-5: a fee in parts per million', () => {
  it.each([
    // amount  ppm      fee
    [10_000n, 20_000n, 200n],
    [1n, 20_000n, 0n],
    [25n, 20_000n, 0n], // 0.5 goes to the even 0
    [75n, 20_000n, 2n], // 1.5 goes to the even 2
    [125n, 20_000n, 2n], // 2.5 goes to the even 2
    [26n, 20_000n, 1n],
    [10_000n, 0n, 0n],
    [1n, 999_999n, 1n],
  ])('of %s at %s is %s, half to even', (amount, ppm, fee) => {
    expect(feeOf(minor(amount), ppm)).toBe(fee);
  });

  it('is never more than half a minor unit from the exact one', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 17n }),
        fc.bigInt({ min: 0n, max: 999_999n }),
        (amount, ppm) => {
          const off = feeOf(minor(amount), ppm) * 1_000_000n - amount * ppm;
          expect(off <= 500_000n && off >= -500_000n).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['0', 0n],
    ['2', 20_000n],
    ['2.5', 25_000n],
    ['2.00', 20_000n],
    ['0.0001', 1n],
    ['99.9999', 999_999n],
    ['100', undefined],
    ['-1', undefined],
    ['1.12345', undefined],
    ['1.1234567', undefined],
    ['1e1', undefined],
    ['', undefined],
    ['۲', undefined],
  ])('%s per cent is %s parts per million', (text, ppm) => {
    expect(parsePercent(text)).toBe(ppm);
  });
});

const tier = (from: bigint, ppm: bigint): FeeTier => ({ from: minor(from), ppm });

describe('WA-8: fee tiers by monthly volume', () => {
  const tiers = [tier(100n, 10_000n), tier(1_000n, 5_000n)];
  it.each([
    // volume  ppm
    [0n, 20_000n],
    [99n, 20_000n],
    [100n, 10_000n],
    [999n, 10_000n],
    [1_000n, 5_000n],
    [10n ** 17n, 5_000n],
  ])('a volume of %s is charged at %s parts per million', (volume, ppm) => {
    expect(rateAt(volume, 20_000n, tiers).ppm).toBe(ppm);
    expect(rateAt(volume, 20_000n, []).ppm).toBe(20_000n);
  });

  it.each([
    [[], undefined],
    [[tier(1n, 0n)], undefined],
    [[tier(1n, 9n), tier(2n, 9n), tier(3n, 12n)], undefined],
    [[tier(1n, 9n), tier(1n, 8n)], { index: 1, reason: 'tiers_overlap' }],
    [[tier(1n, 9n), tier(5n, 8n), tier(4n, 7n)], { index: 2, reason: 'tiers_fall' }],
  ])('%p: %p', (list, fault) => {
    expect(tierFault(list)).toEqual(fault);
  });

  const payer = (month: string, amount: bigint) =>
    aMerchant({
      feePpm: 20_000n,
      feeTiers: { USD: tiers },
      transferVolume: { USD: { month, amount: minor(amount) } },
    });
  const order = { amount: minor(1_000n), currency: USD };
  /** Still November in UTC, December in Tehran. */
  const LATE = new Date('2026-11-30T21:00:00.000Z');

  it('what counts is the volume before the transfer, not with it', () => {
    expect(priceOf(payer('2026-11', 99n), order, NOW)).toMatchObject({ feePpm: 20_000n, fee: 20n });
    expect(priceOf(payer('2026-11', 100n), order, NOW)).toMatchObject({
      feePpm: 10_000n,
      fee: 10n,
    });
    expect(priceOf(payer('2026-11', 100n), order, NOW).volume).toEqual({
      month: '2026-11',
      amount: 1_100n,
    });
  });

  it('it is that of the merchant’s own local month, and starts anew with each', () => {
    const december = priceOf(payer('2026-11', 5_000n), order, LATE);
    expect(december).toMatchObject({
      feePpm: 20_000n,
      volume: { month: '2026-12', amount: 1_000n },
    });
    expect(priceOf(payer('2026-12', 5_000n), order, LATE).feePpm).toBe(5_000n);
  });
});

describe('WA-5: a transfer is decided in this order', () => {
  const order = { to: 'bob', amount: minor(100n), currency: USD };
  it.each([
    // payer       payee         wallet     payee's wallet  answer
    [undefined, 'ACTIVE', 102n, 'open', 'not_a_merchant'],
    ['SUSPENDED', undefined, undefined, undefined, 'merchant_suspended'],
    ['PENDING', 'self', undefined, undefined, 'merchant_not_approved'],
    ['ACTIVE', 'self', undefined, undefined, 'self_transfer'],
    ['ACTIVE', undefined, 102n, undefined, 'payee_not_found'],
    ['ACTIVE', 'PENDING', 102n, undefined, 'payee_not_found'],
    ['ACTIVE', 'ARCHIVED', 102n, 'closed', 'payee_not_found'],
    ['ACTIVE', 'ACTIVE', undefined, 'open', 'wallet_not_found'],
    ['ACTIVE', 'ACTIVE', 102n, 'closed', 'wallet_closed'],
    ['ACTIVE', 'ACTIVE', 101n, 'open', 'insufficient_funds'],
    ['ACTIVE', 'ACTIVE', 102n, 'open', 'accepted'],
    ['ACTIVE', 'SUSPENDED', 102n, undefined, 'accepted'],
  ] as const)(
    'payer %s, payee %s, wallet %s, its wallet %s: %s',
    (payer, payee, wallet, other, answer) => {
      const facts = {
        payer: payer && aMerchant({ status: payer, feePpm: 20_000n }),
        payee:
          payee === 'self'
            ? aMerchant()
            : payee && aMerchant({ id: 'm2', name: 'bob', status: payee }),
        funds: { wallet: wallet === undefined ? undefined : aWallet(wallet), matured: [] },
        payeeWallet: other && aWallet(0n, other === 'closed' ? { closed: true } : {}),
      };
      const decision = decideTransfer(facts, order, NOW);
      expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
      if (decision.kind === 'refused') return;
      expect(decision.transaction).toMatchObject({
        amount: 100n,
        fee: 2n,
        phases: [{ postings: { wallet: -102n, payee: 100n, fees: 2n } }],
      });
      expect(decision.price.spent.dayAmount).toBe(100n);
    },
  );
});
