import { describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/ledger/money.ts';
import {
  addRelease,
  drawOnWallet,
  holdingsOf,
  type PendingRelease,
  releaseFunds,
  releasesAhead,
  releaseTransaction,
} from '../../lambdas/ledger/pending-releases.ts';
import { aWallet, USD } from '../harness/in-memory-ledger.ts';

const release = (amount: bigint, releaseAt = '2026-11-20T11:00:00.000Z'): PendingRelease => ({
  depositId: `D${amount}`,
  currency: USD,
  amount: minor(amount),
  releaseAt,
});

describe('WA-3: a debit of a wallet', () => {
  it.each([
    // available  matured, oldest first   amount  releases, or the refusal
    [undefined, [], 1n, 'wallet_not_found'],
    [10n, [], 10n, []],
    [10n, [5n], 10n, []],
    [10n, [5n, 7n], 11n, [5n]],
    [10n, [5n, 7n], 15n, [5n]],
    [10n, [5n, 7n], 16n, [5n, 7n]],
    [0n, [50n], 1n, [50n]],
    [10n, [5n, 7n], 23n, 'insufficient_funds'],
  ] as const)(
    'with %s available and %p matured, for %s: %p',
    (available, matured, amount, expected) => {
      const wallet = available === undefined ? undefined : aWallet(available);
      const funds = { wallet, matured: matured.map((each) => release(each)) };
      const draw = drawOnWallet(funds, minor(amount));
      const released =
        draw.kind === 'refused' ? draw.reason : draw.releases.map((each) => each.amount);
      expect(released).toEqual(expected);
    },
  );

  it.each([
    [0, 0],
    [40, 0],
    [41, 1],
    [440, 400],
    [500, 400],
    [10_000, 400],
  ])('that needs %s releases has %s released ahead of it in one try', (needed, ahead) => {
    const releases = Array.from({ length: needed }, (_, index) => release(BigInt(index)));
    expect(releasesAhead(releases)).toEqual(releases.slice(0, ahead));
  });
});

describe('WA-3: a release', () => {
  const row = (depositId: string) => ({
    kind: 'release',
    merchantId: 'm1',
    currency: USD,
    releaseAt: '2026-11-20T11:00:00.000Z',
    depositId,
  });

  it('moves the sum from pending to available and deletes each row once', () => {
    expect(releaseFunds('m1', USD, [release(5n), release(7n)])).toEqual({
      postings: [
        {
          source: { name: 'wallet.pending', merchantId: 'm1' },
          destination: { name: 'wallet.available', merchantId: 'm1' },
          currency: USD,
          amount: 12n,
        },
      ],
      changes: [
        { row: row('D5'), conditions: [{ must: 'exist' }], delete: true },
        { row: row('D7'), conditions: [{ must: 'exist' }], delete: true },
      ],
    });
  });

  it('of nothing posts and deletes nothing', () => {
    expect(releaseFunds('m1', USD, [])).toEqual({ postings: [], changes: [] });
  });

  it('deletes the row that the deposit created', () => {
    const added = addRelease('m1', release(5n));
    expect(added).toEqual({ row: row('D5'), conditions: [], put: release(5n) });
    expect(releaseFunds('m1', USD, [release(5n)]).changes[0]?.row).toEqual(added.row);
  });

  it('that no debit needs is a transaction of its own', () => {
    expect(releaseTransaction('m1', USD, [release(5n), release(7n)])).toEqual({
      type: 'release',
      status: 'SUCCEEDED',
      amount: 12n,
      currency: USD,
      merchantId: 'm1',
    });
  });
});

it('WA-4: matured funds count as available, and no longer as pending', () => {
  const upcoming = [release(3n)];
  expect(holdingsOf(aWallet(10n, { pending: minor(8n) }), minor(5n), upcoming)).toEqual({
    currency: USD,
    available: 15n,
    pending: 3n,
    releases: upcoming,
  });
});
