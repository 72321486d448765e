import { describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/ledger/money.ts';
import { aheadOf, drawOnWallet, type Tranche } from '../../lambdas/ledger/pending-releases.ts';
import { aWallet, USD } from '../harness/in-memory-ledger.ts';

const tranche = (amount: bigint, releaseAt = '2026-11-20T11:00:00.000Z'): Tranche => ({
  depositId: `D${amount}`,
  currency: USD,
  amount: minor(amount),
  releaseAt,
});

describe('WA-3: a debit of a wallet', () => {
  it.each([
    // available  matured, oldest first   amount  folded, or why not
    [undefined, [], 1n, 'wallet_not_found'],
    [10n, [], 10n, []],
    [10n, [5n], 10n, []],
    [10n, [5n, 7n], 11n, [5n]],
    [10n, [5n, 7n], 15n, [5n]],
    [10n, [5n, 7n], 16n, [5n, 7n]],
    [0n, [50n], 1n, [50n]],
    [10n, [5n, 7n], 23n, 'insufficient_funds'],
  ] as const)(
    'of a wallet with %s and matured %p, of %s: %p',
    (available, matured, amount, answer) => {
      const wallet = available === undefined ? undefined : aWallet(available);
      const facts = { wallet, matured: matured.map((each) => tranche(each)) };
      const drawn = drawOnWallet(facts, minor(amount));
      const folded =
        drawn.kind === 'refused' ? drawn.reason : drawn.folds.map((each) => each.amount);
      expect(folded).toEqual(answer);
    },
  );

  it.each([
    [0, 0],
    [40, 0],
    [41, 1],
    [440, 400],
    [500, 400],
    [10_000, 400],
  ])('that needs %s tranches has %s folded ahead of it at a time', (needed, ahead) => {
    const folds = Array.from({ length: needed }, (_, index) => tranche(BigInt(index)));
    expect(aheadOf(folds)).toEqual(folds.slice(0, ahead));
  });
});
