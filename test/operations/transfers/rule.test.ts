import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openWallet, type Wallet } from '../../../lambdas/ledger/balances.ts';
import { countSpending, countVolume } from '../../../lambdas/ledger/counters.ts';
import {
  type FeeTier,
  feeOf,
  parsePercent,
  rateAt,
  tierFault,
} from '../../../lambdas/ledger/fees.ts';
import {
  activeOnTerms,
  type Merchant,
  receivingInNewWallet,
} from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import {
  type PendingRelease,
  releaseFunds,
  sumOf,
} from '../../../lambdas/ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable } from '../../../lambdas/ledger/postings.ts';
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
  ])('of %s at %s is %s, rounded half to even', (amount, ppm, fee) => {
    expect(feeOf(minor(amount), ppm)).toBe(fee);
  });

  it('is within half a minor unit of the exact fee', () => {
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
  ])('tiers %p have the fault %p', (list, fault) => {
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

  it('the volume before the transfer decides, without its own amount', () => {
    expect(priceOf(payer('2026-11', 99n), order, NOW)).toMatchObject({ feePpm: 20_000n, fee: 20n });
    expect(priceOf(payer('2026-11', 100n), order, NOW)).toMatchObject({
      feePpm: 10_000n,
      fee: 10n,
    });
  });

  it('the amount is added to the volume of its month', () => {
    const merchant = payer('2026-11', 100n);
    expect(volumeChange(merchant, NOW)).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [
        { must: 'equal', path: 'transferVolume.USD.month', value: '2026-11' },
        { must: 'be at least', path: 'transferVolume.USD.amount', value: 100n },
        { must: 'be at most', path: 'transferVolume.USD.amount', value: 999n },
      ],
      add: { 'transferVolume.USD.amount': 1_000n },
    });
  });

  it('the volume is that of the merchant’s own local month and starts at zero with each', () => {
    const merchant = payer('2026-11', 5_000n);
    expect(priceOf(merchant, order, LATE).feePpm).toBe(20_000n);
    expect(volumeChange(merchant, LATE)).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [{ must: 'equal', path: 'transferVolume.USD.month', value: '2026-11' }],
      set: { 'transferVolume.USD.month': '2026-12', 'transferVolume.USD.amount': 1_000n },
    });
    expect(priceOf(payer('2026-12', 5_000n), order, LATE).feePpm).toBe(5_000n);
  });

  it.each([
    // volume  from        below
    [99n, undefined, 100n],
    [100n, 100n, 1_000n],
    [999n, 100n, 1_000n],
    [1_000n, 1_000n, undefined],
  ])('a price at a volume of %s holds from %s and below %s', (volume, from, below) => {
    expect(priceOf(payer('2026-11', volume), order, NOW).bounds).toEqual({ from, below });
  });

  it('a price without tiers holds at every volume', () => {
    const untiered = { ...payer('2026-11', 99n), feeTiers: {} };
    expect(priceOf(untiered, order, NOW).bounds).toEqual({ from: undefined, below: undefined });
  });

  /** How an accepted transfer of `order` counts towards the payer's volume. */
  function volumeChange(merchant: Merchant, now: Date) {
    const decision = decideTransfer(
      {
        payer: merchant,
        payee: aMerchant({ id: 'm2', name: 'bob' }),
        funds: { wallet: aWallet(10_000n), matured: [] },
        payeeWallet: aWallet(0n),
      },
      { ...order, to: 'bob' },
      now,
    );
    if (decision.kind !== 'accepted') throw new Error(decision.kind);
    return decision.changes[1];
  }
});

const bob = (known: Partial<Merchant>) => aMerchant({ id: 'm2', name: 'bob', ...known });
const PAYEES = {
  self: aMerchant(),
  PENDING: bob({ status: 'PENDING' }),
  REJECTED: bob({ status: 'REJECTED' }),
  ARCHIVED: bob({ status: 'ARCHIVED' }),
  SUSPENDED: bob({ status: 'SUSPENDED' }),
  ACTIVE: bob({ wallets: 89n }),
  'ninety wallets': bob({ wallets: 90n }),
};

describe('WA-5: a transfer is decided in this order', () => {
  const order = { to: 'bob', amount: minor(100n), currency: USD };
  it.each([
    // payer       payee         wallet     payee's wallet  answer
    [undefined, 'ACTIVE', 102n, 'open', 'not_a_merchant'],
    ['SUSPENDED', undefined, undefined, undefined, 'merchant_suspended'],
    ['ARCHIVED', undefined, undefined, undefined, 'merchant_archived'],
    ['REJECTED', undefined, undefined, undefined, 'merchant_not_approved'],
    ['PENDING', 'self', undefined, undefined, 'merchant_not_approved'],
    ['ACTIVE', 'self', undefined, undefined, 'self_transfer'],
    ['ACTIVE', undefined, 102n, undefined, 'payee_not_found'],
    ['ACTIVE', 'PENDING', 102n, undefined, 'payee_not_found'],
    ['ACTIVE', 'REJECTED', undefined, undefined, 'payee_not_found'],
    ['ACTIVE', 'ARCHIVED', 102n, 'closed', 'payee_not_found'],
    ['ACTIVE', 'ACTIVE', undefined, 'open', 'wallet_not_found'],
    ['ACTIVE', 'ACTIVE', undefined, 'closed', 'wallet_not_found'],
    ['ACTIVE', 'ACTIVE', 101n, 'closed', 'wallet_closed'],
    ['ACTIVE', 'ACTIVE', 102n, 'closed', 'wallet_closed'],
    ['ACTIVE', 'ninety wallets', 101n, undefined, 'too_many_wallets'],
    ['ACTIVE', 'ninety wallets', 102n, 'open', 'accepted'],
    ['ACTIVE', 'ACTIVE', 101n, 'open', 'insufficient_funds'],
    ['ACTIVE', 'ACTIVE', 102n, 'open', 'accepted'],
    ['ACTIVE', 'SUSPENDED', 102n, undefined, 'accepted'],
  ] as const)(
    'payer %s, payee %s, wallet %s, payee’s wallet %s: %s',
    (payer, payee, wallet, other, answer) => {
      const facts = {
        payer: payer && aMerchant({ status: payer, feePpm: 20_000n }),
        payee: payee && PAYEES[payee],
        funds: { wallet: wallet === undefined ? undefined : aWallet(wallet), matured: [] },
        payeeWallet: other && aWallet(0n, other === 'closed' ? { closed: true } : {}),
      };
      const decision = decideTransfer(facts, order, NOW);
      expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
    },
  );

  const payer = aMerchant({ feePpm: 20_000n });
  const payee = aMerchant({ id: 'm2', name: 'bob' });
  const labels = { day: '2026-11-20', month: '2026-11' };
  const noBounds = { from: undefined, below: undefined };
  const transfer = (matured: readonly PendingRelease[], payeeWallet: Wallet | undefined) =>
    decideTransfer(
      { payer, payee, funds: { wallet: aWallet(102n - sumOf(matured)), matured }, payeeWallet },
      order,
      NOW,
    );

  it('WA-5: it moves the amount to the payee and the fee to the fees, and counts the amount', () => {
    expect(transfer([], aWallet(0n))).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'transfer',
        status: 'SUCCEEDED',
        amount: 100n,
        currency: 'USD',
        merchantId: 'm1',
        payerName: 'alice',
        payeeId: 'm2',
        payeeName: 'bob',
        fee: 2n,
        feePpm: 20_000n,
        limitDay: '2026-11-20',
        limitMonth: '2026-11',
      },
      postings: postingsIn(
        USD,
        [walletAvailable('m1'), walletAvailable('m2'), minor(100n)],
        [walletAvailable('m1'), system('fees'), minor(2n)],
      ),
      guards: [activeOnTerms(payer)],
      changes: [
        countSpending(payer, USD, minor(100n), labels),
        countVolume(payer, USD, minor(100n), '2026-11', noBounds),
      ],
    });
  });

  it('WA-5: it opens the wallet of a payee that may still receive', () => {
    expect(transfer([], undefined)).toMatchObject({
      guards: [activeOnTerms(payer), receivingInNewWallet('m2')],
      changes: [
        countSpending(payer, USD, minor(100n), labels),
        countVolume(payer, USD, minor(100n), '2026-11', noBounds),
        ...openWallet('m2', USD),
      ],
    });
  });

  it('WA-3: it releases the matured funds that amount and fee need', () => {
    const matured = {
      depositId: 'D1',
      currency: USD,
      amount: minor(50n),
      releaseAt: '2026-11-20T11:00:00.000Z',
    };
    const released = releaseFunds('m1', USD, [matured]);
    const plain = transfer([], aWallet(0n));
    if (plain.kind !== 'accepted') throw new Error(plain.kind);
    expect(transfer([matured], aWallet(0n))).toEqual({
      ...plain,
      postings: [...released.postings, ...plain.postings],
      changes: [...plain.changes, ...released.changes],
    });
  });
});
