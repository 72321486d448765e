import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Account } from '../../lambdas/ledger/accounts.ts';
import { currencyCode, type MinorUnits, minor } from '../../lambdas/ledger/money.ts';
import { toRoot } from '../../lambdas/ledger/pool/pool.ts';
import {
  credit,
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  readPhase,
  sharesOf,
  storePhase,
  sumOfShares,
  system,
  walletAvailable,
  walletPending,
} from '../../lambdas/ledger/postings.ts';
import { decideDeposit } from '../../lambdas/operations/deposits/rule.ts';
import { decideTopUp } from '../../lambdas/operations/pools/rule.ts';
import { decideTransfer } from '../../lambdas/operations/transfers/rule.ts';
import { decideWithdrawal } from '../../lambdas/operations/withdrawals/rule.ts';
import { refundEffects, settlePostings } from '../../lambdas/payouts/settle-rule.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../harness/in-memory-ledger.ts';

const MOST = 10n ** 18n - 1n;
const amounts = fc.bigInt({ min: 1n, max: MOST }).map(minor);
const utilised = fc.bigInt({ min: 0n, max: MOST }).map(minor);
const NOW = new Date('2026-11-20T12:00:00.000Z');
const AT = NOW.toISOString();
const EUR = currencyCode.parse('EUR');

type Accepting = { readonly kind: string; readonly postings?: readonly Posting[] };
const accepted = ({ kind, postings }: Accepting): readonly Posting[] => {
  if (postings === undefined) throw new Error(`not accepted: ${kind}`);
  return postings;
};

const topUp = (amount: MinorUnits) =>
  decideTopUp(undefined, { amount, currency: USD, shards: 0 }).postings;
const drawCredit = (amount: MinorUnits) =>
  accepted(
    decideWithdrawal(
      {
        merchant: aMerchant(),
        funds: {
          source: 'credit',
          line: aCreditLine(MOST, 0n),
          pool: { kind: 'shares', shares: toRoot(amount) },
        },
      },
      { amount, currency: USD, source: 'credit', checkMarginMs: 900_000 },
      NOW,
    ),
  );
const drawWallet = (amount: MinorUnits, available: bigint, matured: readonly bigint[] = []) =>
  accepted(
    decideWithdrawal(
      {
        merchant: aMerchant(),
        funds: {
          source: 'wallet',
          wallet: aWallet(available),
          matured: matured.map((each) => ({
            depositId: `D${each}`,
            currency: USD,
            amount: minor(each),
            releaseAt: AT,
          })),
        },
      },
      { amount, currency: USD, source: 'wallet', checkMarginMs: 900_000 },
      NOW,
    ),
  );
const deposit = (amount: MinorUnits, releaseAt?: string) =>
  accepted(
    decideDeposit(
      { merchant: aMerchant(), wallet: aWallet(0n) },
      { amount, currency: USD, releaseAt },
      NOW,
      'D1',
    ),
  );
const transfer = (amount: MinorUnits, feePpm: bigint) =>
  accepted(
    decideTransfer(
      {
        payer: aMerchant({ feePpm }),
        payee: aMerchant({ id: 'm2', name: 'bob' }),
        funds: { wallet: aWallet(2n * MOST), matured: [] },
        payeeWallet: aWallet(0n),
      },
      { to: 'bob', amount, currency: USD },
      NOW,
    ),
  );
const refund = (amount: MinorUnits, used: bigint) => {
  const row = aWithdrawal({
    amount,
    phases: [storePhase('accept', AT, drawCredit(amount), { merchantId: 'm1', currency: USD })],
  });
  const line = aCreditLine(MOST, used);
  return refundEffects(row, { merchant: aMerchant(), line, open: new Set() }).postings;
};

const nameOf = (account: Account): string =>
  'merchantId' in account && account.merchantId !== 'm1'
    ? `${account.name}@${account.merchantId}`
    : account.name;

/** What the postings move in all, by account; positive where the account receives. */
function netOf(postings: readonly Posting[]): Record<string, bigint> {
  const nets: Record<string, bigint> = {};
  for (const { source, destination, amount } of postings) {
    nets[nameOf(source)] = (nets[nameOf(source)] ?? 0n) - amount;
    nets[nameOf(destination)] = (nets[nameOf(destination)] ?? 0n) + amount;
  }
  return nets;
}
const sum = (postings: readonly Posting[]): bigint =>
  Object.values(netOf(postings)).reduce((total, units) => total + units, 0n);
/** Positive amounts, and pool shares that make up each of them. */
function expectWellFormed(postings: readonly Posting[]): void {
  for (const { source, destination, amount } of postings) {
    expect(amount).toBeGreaterThan(0n);
    for (const account of [source, destination]) {
      if ('shares' in account) expect(sumOfShares(account.shares)).toBe(amount);
    }
  }
}
const a = minor(100n);

describe('LE-1: the postings of every phase sum to zero', () => {
  it.each([
    ['a top-up', topUp],
    ['a withdrawal on credit', drawCredit],
    ['a withdrawal from a wallet', (amount: MinorUnits) => drawWallet(amount, MOST)],
    ['a settlement', (amount: MinorUnits) => settlePostings(aWithdrawal({ amount }))],
    ['a deposit', deposit],
    ['a pending deposit', (amount: MinorUnits) => deposit(amount, '2026-11-21T00:00:00.000Z')],
    ['a transfer with a fee', (amount: MinorUnits) => transfer(amount, 20_000n)],
  ])('%s, for any amount', (_, postings) => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(sum(postings(amount))).toBe(0n);
        expectWellFormed(postings(amount));
      }),
      { seed: 22 },
    );
  });

  it('a refund, for any amount and any utilised credit', () => {
    fc.assert(
      fc.property(amounts, utilised, (amount, used) => {
        expect(sum(refund(amount, used))).toBe(0n);
        expectWellFormed(refund(amount, used));
      }),
      { seed: 23 },
    );
  });
});

describe('LE-1: each phase moves exactly its amounts', () => {
  it.each([
    ['a top-up fills the pool', topUp(a), { funding: -100n, 'pool.available': 100n }],
    [
      'a withdrawal on credit lends from the pool and is in flight',
      drawCredit(a),
      { 'pool.available': -100n, clearing: 100n, credit: 100n, 'pool.lent': -100n },
    ],
    [
      'a withdrawal from a wallet is in flight',
      drawWallet(a, 100n),
      { 'wallet.available': -100n, clearing: 100n },
    ],
    [
      'a withdrawal that needs a matured release makes it available in the same phase',
      drawWallet(a, 30n, [80n]),
      { 'wallet.pending': -80n, 'wallet.available': -20n, clearing: 100n },
    ],
    [
      'a settlement hands the amount to the bank',
      settlePostings(aWithdrawal({ amount: a })),
      { clearing: -100n, bank: 100n },
    ],
    [
      'a refund reverses the withdrawal while all of it is utilised',
      refund(a, 100n),
      { clearing: -100n, 'pool.available': 100n, credit: -100n, 'pool.lent': 100n },
    ],
    [
      'a refund pays the part that is no longer utilised to the merchant',
      refund(a, 30n),
      {
        clearing: -100n,
        'pool.available': 30n,
        credit: -30n,
        'pool.lent': 30n,
        'wallet.available': 70n,
      },
    ],
    [
      'a refund with nothing utilised belongs to the merchant',
      refund(a, 0n),
      { clearing: -100n, 'wallet.available': 100n },
    ],
    ['a deposit is available', deposit(a), { outside: -100n, 'wallet.available': 100n }],
    [
      'a deposit with a release time is pending',
      deposit(a, '2026-11-21T00:00:00.000Z'),
      { outside: -100n, 'wallet.pending': 100n },
    ],
    [
      'a transfer charges its fee on top',
      transfer(a, 20_000n),
      { 'wallet.available': -102n, 'wallet.available@m2': 100n, fees: 2n },
    ],
    [
      'a transfer without a fee posts none',
      transfer(a, 0n),
      { 'wallet.available': -100n, 'wallet.available@m2': 100n },
    ],
  ])('%s', (_, postings, moved) => {
    expect(netOf(postings)).toEqual(moved);
  });
});

describe('WD-6: a refund returns the money to its source', () => {
  it('credit never falls below zero, and nothing is kept or doubled', () => {
    fc.assert(
      fc.property(amounts, utilised, (amount, used) => {
        const nets = netOf(refund(amount, used));
        const of = (name: string): bigint => nets[name] ?? 0n;
        expect(used + of('credit')).toBeGreaterThanOrEqual(0n);
        expect(of('wallet.available')).toBeGreaterThanOrEqual(0n);
        expect(of('pool.available') + of('wallet.available')).toBe(amount);
        expect([of('pool.available'), of('pool.lent')]).toEqual([-of('credit'), -of('credit')]);
        // Only what is no longer owed may reach the wallet.
        if (used >= amount) expect(of('wallet.available')).toBe(0n);
        else expect(of('pool.available')).toBe(used);
      }),
      { seed: 24 },
    );
  });
});

describe('LE-1: a posting', () => {
  it('of zero is left out', () => {
    expect(postingsIn(USD, [system('outside'), walletAvailable('m1'), minor(0n)])).toEqual([]);
  });

  it('of a negative amount is a defect', () => {
    expect(() => postingsIn(USD, [system('outside'), system('bank'), minor(-1n)])).toThrow(
      RangeError,
    );
  });
});

describe('LE-1: a stored phase', () => {
  const m1 = { merchantId: 'm1', currency: USD };
  const shares = [
    { shard: '0', amount: minor(60n) },
    { shard: 'ROOT', amount: minor(40n) },
  ];

  it('is compact: shares once, and owner and currency only where they differ', () => {
    const postings = [
      ...postingsIn(
        USD,
        [poolAvailable(shares), system('clearing'), a],
        [poolLent(shares), credit('m1', minor(500n)), a],
        [walletAvailable('m1'), walletAvailable('m2'), minor(7n)],
      ),
      ...postingsIn(EUR, [walletPending('m1'), system('exchange'), minor(3n)]),
    ];
    expect(storePhase('accept', AT, postings, m1)).toEqual({
      name: 'accept',
      at: AT,
      postings: [
        ['pool', 'clearing', 100n],
        ['lent', 'credit', 100n],
        ['wallet', 'wallet@m2', 7n],
        ['pending', 'exchange', 3n, 'EUR'],
      ],
      shares: [
        ['0', 60n],
        ['ROOT', 40n],
      ],
    });
  });

  it('without a pool account has no shares', () => {
    const phase = storePhase('settle', AT, settlePostings(aWithdrawal()), m1);
    expect(phase).not.toHaveProperty('shares');
    expect(sharesOf(phase)).toEqual([]);
  });

  it('names the owner of every merchant account where the subject is a pool', () => {
    const postings = postingsIn(USD, [system('outside'), walletAvailable('m1'), a]);
    const subject = { currency: USD };
    const phase = storePhase('accept', AT, postings, subject);
    expect(phase.postings).toEqual([['outside', 'wallet@m1', 100n]]);
    expect(readPhase(phase, subject)).toEqual(postings);
  });

  it('CR-1: names the row of each pool account where they differ', () => {
    const one = (shard: string) => poolAvailable([{ shard, amount: a }]);
    const lent = (shard: string) => poolLent([{ shard, amount: a }]);
    const postings = postingsIn(USD, [one('3'), one('ROOT'), a], [lent('ROOT'), lent('3'), a]);
    const phase = storePhase('rebalance', AT, postings, { currency: USD });
    expect(phase.postings).toEqual([
      ['pool@3', 'pool@ROOT', a],
      ['lent@ROOT', 'lent@3', a],
    ]);
    expect(phase).not.toHaveProperty('shares');
    expect(readPhase(phase, { currency: USD })).toEqual(postings);
  });

  it('CR-1: with the same rows but other parts, or several rows of an account, is a defect', () => {
    const other = [...shares].toReversed();
    const postings = postingsIn(
      USD,
      [poolAvailable(shares), system('clearing'), a],
      [poolLent(other), system('clearing'), a],
    );
    expect(() => storePhase('accept', AT, postings, m1)).toThrow('the shares of a phase differ');
    const none = postingsIn(USD, [poolAvailable([]), poolLent(shares), a]);
    expect(() => storePhase('accept', AT, none, m1)).toThrow('the shares of a phase differ');
  });

  it('CR-1: does not store the conflicts of a share', () => {
    const counted = shares.map((share) => ({ ...share, conflicts: 4n }));
    const postings = postingsIn(
      USD,
      [poolAvailable(counted), system('clearing'), a],
      [poolLent(shares), system('clearing'), a],
    );
    expect(storePhase('accept', AT, postings, m1).shares).toEqual([
      ['0', 60n],
      ['ROOT', 40n],
    ]);
  });

  it('with an unknown account, or without an owner, is unreadable', () => {
    const phase = (account: string) => ({
      name: 'accept' as const,
      at: AT,
      postings: [[account, 'clearing', a] as [string, string, MinorUnits]],
    });
    expect(() => readPhase(phase('vault'), m1)).toThrow();
    expect(() => readPhase(phase('wallet'), { currency: USD })).toThrow();
  });

  it('is read back as the postings that were made', () => {
    const account = fc.oneof(
      fc.constantFrom<Account>(
        system('outside'),
        system('fees'),
        system('suspense'),
        poolAvailable(shares),
        poolLent(shares),
      ),
      fc.constantFrom('m1', 'm2').map(walletAvailable),
      fc.constantFrom('m1', 'm2').map(walletPending),
      fc.constantFrom('m1', 'm2').map((id) => credit(id)),
    );
    const posting = fc.record({
      source: account,
      destination: account,
      currency: fc.constantFrom(USD, EUR),
      amount: amounts,
    });
    fc.assert(
      fc.property(fc.array(posting), (postings) => {
        expect(readPhase(storePhase('accept', AT, postings, m1), m1)).toEqual(postings);
      }),
      { seed: 28 },
    );
  });
});
