import { describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/ledger/money.ts';
import { type PoolShare, poolRowOf, ROOT } from '../../lambdas/ledger/pool/pool.ts';
import { post } from '../../lambdas/ledger/post.ts';
import {
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
} from '../../lambdas/ledger/postings.ts';
import type { Change, Condition } from '../../lambdas/ledger/row-writes.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const EXIST: Condition = { must: 'exist' };
const OPEN: Condition = { must: 'equal', path: 'open', value: true };
const CLOSED: Condition = { must: 'equal', path: 'open', value: false };
const atLeast = (value: bigint): Condition => ({ must: 'be at least', path: 'available', value });

const AMOUNT = minor(30n);
const clearing = system('clearing');
const at = (shard: string, more: Partial<PoolShare> = {}) => [{ shard, amount: AMOUNT, ...more }];
const falls = (shard: string) => postingsIn(USD, [poolAvailable(at(shard)), clearing, AMOUNT]);
const rises = (shard: string) => postingsIn(USD, [clearing, poolAvailable(at(shard)), AMOUNT]);
const setOpen = (shard: string, open: boolean): Change => ({
  row: poolRowOf(USD, shard),
  conditions: [{ must: 'equal', path: 'open', value: !open }],
  set: { open },
});

/** Without the condition of a close: the account has to assert it. */
const justClosed = (shard: string): Change => ({ ...setOpen(shard, false), conditions: [] });

/** What the only row of these effects asserts and adds. */
function written(postings: readonly Posting[], changes: readonly Change[] = []) {
  const writes = post([{ txnId: 'T1', name: 'accept', postings, guards: [], changes }]);
  const [write] = writes;
  if (write?.action !== 'update' || writes.length > 1) throw new Error('not one update');
  return write;
}

describe('CR-2: what the rows of a pool assert', () => {
  it.each<[string, readonly Posting[], readonly Change[], readonly Condition[]]>([
    ['a shard pays while it is open and has it', falls('3'), [], [OPEN, atLeast(30n)]],
    ['a shard receives while it is open', rises('3'), [], [OPEN]],
    ['a shard that opens receives in the same write', rises('3'), [setOpen('3', true)], [CLOSED]],
    // A shard that closes in the write that credits it would hold something.
    ['a shard that closes receives nothing', rises('3'), [justClosed('3')], [OPEN]],
    [
      'a shard that closes pays what it has',
      falls('3'),
      [setOpen('3', false)],
      [OPEN, atLeast(30n)],
    ],
    ['the root pays what it has', falls(ROOT), [], [atLeast(30n)]],
    ['the root receives as soon as it exists', rises(ROOT), [], [EXIST]],
    [
      'a shard that nothing is drawn on in the end needs its row',
      [...falls('3'), ...rises('3')],
      [],
      [EXIST],
    ],
  ])('%s', (_, postings, changes, expected) => {
    expect(written(postings, changes).conditions).toEqual(expected);
  });

  it('what a shard or the root has lent asserts nothing, whether it rises or falls', () => {
    for (const shard of ['3', ROOT]) {
      const lent = poolLent(at(shard));
      const drawn = written(postingsIn(USD, [lent, clearing, AMOUNT]));
      const returned = written(postingsIn(USD, [clearing, lent, AMOUNT]));
      expect([drawn.conditions, drawn.add['lent']]).toEqual([[EXIST], 30n]);
      expect([returned.conditions, returned.add['lent']]).toEqual([[EXIST], -30n]);
    }
  });

  it('each row of several pays its own share and asserts its own', () => {
    const shares = [
      { shard: '0', amount: minor(20n) },
      { shard: ROOT, amount: minor(10n) },
    ];
    const postings = postingsIn(USD, [poolAvailable(shares), clearing, AMOUNT]);
    const writes = post([{ txnId: 'T1', name: 'accept', postings, guards: [], changes: [] }]);
    expect(writes).toMatchObject([
      { row: { shard: '0' }, conditions: [OPEN, atLeast(20n)], add: { available: -20n } },
      { row: { shard: ROOT }, conditions: [atLeast(10n)], add: { available: -10n } },
    ]);
  });
});

describe('CR-1: conflicts that were met on a row', () => {
  it('are counted by the next change of it, once, though it has two accounts', () => {
    const shares = at('3', { conflicts: 4n });
    const write = written(
      postingsIn(
        USD,
        [poolAvailable(shares), clearing, AMOUNT],
        [poolLent(shares), clearing, AMOUNT],
      ),
    );
    expect(write.add).toEqual({ conflicts: 4n, available: -30n, lent: 30n, version: 1n });
  });

  it('are not written where none was met', () => {
    expect(written(falls('3')).add).toEqual({ available: -30n, version: 1n });
  });
});
