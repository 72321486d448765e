import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minor } from '../../lambdas/ledger/money.ts';
import {
  drawPostings,
  type Postings,
  refundPostings,
  settlePostings,
  topUpPostings,
} from '../../lambdas/ledger/postings.ts';

const MOST = 10n ** 18n - 1n;
const amounts = fc.bigInt({ min: 1n, max: MOST }).map(minor);
const utilised = fc.bigInt({ min: 0n, max: MOST }).map(minor);
const sum = (postings: Postings): bigint =>
  Object.values(postings).reduce<bigint>((total, units) => total + units, 0n);
const a = minor(100n);

describe('LE-1: the postings of every phase sum to zero', () => {
  it.each([
    ['a top-up', topUpPostings],
    ['a withdrawal on credit', drawPostings],
    ['a settlement', settlePostings],
  ])('%s, for any amount', (_, postings) => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(sum(postings(amount))).toBe(0n);
      }),
      { seed: 22 },
    );
  });

  it('a refund, for any amount and whatever is still utilised', () => {
    fc.assert(
      fc.property(amounts, utilised, (amount, used) => {
        expect(sum(refundPostings(amount, used))).toBe(0n);
      }),
      { seed: 23 },
    );
  });
});

describe('LE-1: each phase moves what it says it moves', () => {
  it.each([
    ['a top-up fills the pool', topUpPostings(a), { funding: -100n, pool: 100n }],
    [
      'a withdrawal lends from the pool and is on its way',
      drawPostings(a),
      { pool: -100n, clearing: 100n, credit: 100n, lent: -100n },
    ],
    ['a settlement hands it to the bank', settlePostings(a), { clearing: -100n, bank: 100n }],
    [
      'a refund undoes the withdrawal while all of it is utilised',
      refundPostings(a, minor(100n)),
      { clearing: -100n, pool: 100n, credit: -100n, lent: 100n },
    ],
    [
      'a refund gives what was repaid meanwhile to the merchant',
      refundPostings(a, minor(30n)),
      { clearing: -100n, pool: 30n, credit: -30n, lent: 30n, wallet: 70n },
    ],
    [
      'a refund after everything was repaid is the merchant’s alone',
      refundPostings(a, minor(0n)),
      { clearing: -100n, wallet: 100n },
    ],
  ])('%s', (_, postings, moved) => {
    expect(postings).toEqual(moved);
  });
});

describe('WD-6: a refund goes back exactly where the money came from', () => {
  it('credit never falls below zero, and nothing is kept or doubled', () => {
    fc.assert(
      fc.property(amounts, utilised, (amount, used) => {
        const { credit = 0n, lent = 0n, pool = 0n, wallet = 0n } = refundPostings(amount, used);
        expect(used + credit).toBeGreaterThanOrEqual(0n);
        expect(wallet).toBeGreaterThanOrEqual(0n);
        expect(pool + wallet).toBe(amount);
        expect([pool, lent]).toEqual([-credit, -credit]);
        // Only what is no longer owed may reach the wallet.
        if (used >= amount) expect(wallet).toBe(0n);
        else expect(pool).toBe(used);
      }),
      { seed: 24 },
    );
  });
});
