import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { commit } from '../../lambdas/ledger/commit.ts';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { keyOf } from '../../lambdas/ledger/keys.ts';
import type { RowRef, RowWrite } from '../../lambdas/ledger/row-writes.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import { type FaultRates, injectFaults, NO_FAULTS } from './faults.ts';
import { type Harness, startHarness, USD } from './harness.ts';
import { holdRows, holdTimes, OVERLAPPING } from './overlaps.ts';
import { REAL } from './pacing.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(1, OVERLAPPING);
});
afterAll(() => harness.close());

let number = 0;
beforeEach(() => {
  number += 1;
});
/** Rows that no other test has. */
const pool = (shard: string): RowRef => ({
  kind: 'pool',
  currency: USD,
  shard: `${number}${shard}`,
});
const credit = (name: string): RowRef => ({
  kind: 'credit',
  merchantId: `m${number}${name}`,
  currency: USD,
});
const response = (id: string): RowRef => {
  const table = harness.engine.responsesTable;
  return { kind: 'response', table, id: `${number}${id}` };
};
/** Holds of every row, also of none. */
const conditions = [{ must: 'differ', path: 'status', value: 'x' }] as const;
const put = (row: RowRef): RowWrite => {
  // A row of the Ledger may have an attribute with the name of the other table's key.
  const item = row.kind === 'response' ? {} : { id: 'x' };
  return { row, action: 'put', conditions, item };
};
const touch = (row: RowRef): RowWrite => ({
  row,
  action: 'update',
  conditions,
  set: { touched: 1 },
  add: {},
  append: {},
  remove: [],
});
const absent = (row: RowRef): RowWrite => ({
  row,
  action: 'check',
  conditions: [{ must: 'be new' }],
});
const send = (...writes: readonly RowWrite[]) => commit(harness.context.ledger, writes);
const COMMITTED = { kind: 'committed' };
const conflictAt = (by: RowRef['kind']) =>
  expect.objectContaining({ kind: 'contended', by, met: 'conflict' });

const snapshot = (...rows: readonly RowRef[]) =>
  harness.context.ledger.dynamo.send(
    new TransactGetCommand({
      TransactItems: rows.map((row) => ({
        Get: { TableName: harness.engine.ledgerTable, Key: keyOf(row) },
      })),
    }),
  );
const codes = (conflicts: readonly boolean[]) => ({
  name: 'TransactionCanceledException',
  CancellationReasons: conflicts.map((each) => ({
    Code: each ? 'TransactionConflict' : 'None',
  })),
});

describe('OP-3: a transaction that overlaps with one under way', () => {
  it.each([
    ['put', put, touch],
    ['updated', touch, put],
    ['checked', absent, touch],
    ['checked by it', touch, absent],
  ])('is cancelled at the row that is %s', async (_, first, second) => {
    const before = harness.faults.conflicts;
    const [one, other] = await Promise.all([
      send(put(response('a')), touch(credit('a')), first(pool('x'))),
      send(put(response('b')), touch(credit('b')), second(pool('x'))),
    ]);
    expect([one, other]).toEqual([COMMITTED, conflictAt('pool')]);
    expect(harness.faults.conflicts).toBe(before + 1);
  });

  it('is cancelled at every row that overlaps, and nowhere else', async () => {
    const [, read] = await Promise.allSettled([
      send(touch(credit('a')), touch(pool('x'))),
      snapshot(pool('y'), pool('x'), credit('b'), credit('a')),
    ]);
    expect(read).toMatchObject({ reason: codes([false, true, false, true]) });
  });

  it('and was cancelled holds none of its rows', async () => {
    const results = await Promise.all([
      send(touch(pool('x'))),
      send(touch(pool('x')), touch(pool('y'))),
      send(touch(pool('y'))),
    ]);
    expect(results).toEqual([COMMITTED, conflictAt('pool'), COMMITTED]);
  });

  it('conflicts at its response only with a copy of the same request', async () => {
    const results = await Promise.all([
      send(put(response('a')), touch(pool('x'))),
      send(put(response('b')), touch(pool('y'))),
      send(put(response('a')), touch(pool('z'))),
    ]);
    expect(results).toEqual([COMMITTED, COMMITTED, conflictAt('response')]);
  });
});

describe('OP-3: transactions that do not overlap', () => {
  it('commit at the same time', async () => {
    const rows = Array.from({ length: 20 }, (_, shard) => pool(`${shard}`));
    const results = await Promise.all(rows.map((row) => send(touch(row))));
    expect(results).toEqual(rows.map(() => COMMITTED));
  });

  it('commit one after the other on the same row', async () => {
    for (let times = 0; times < 5; times += 1) {
      expect(await send(touch(pool('x')))).toEqual(COMMITTED);
    }
  });

  it('commit after one on the same row was refused', async () => {
    expect(await send(touch(pool('x')))).toEqual(COMMITTED);
    expect(await send(absent(pool('x')))).toMatchObject({ kind: 'refused', by: 'pool' });
    expect(await send(touch(pool('x')))).toEqual(COMMITTED);
  });

  it('are not held up by a transactional read', async () => {
    const [, written] = await Promise.all([snapshot(pool('x')), send(touch(pool('x')))]);
    expect(written).toEqual(COMMITTED);
  });

  it('are not seen by a plain read before they commit', async () => {
    const { load } = harness.context.ledger;
    const key = { pk: '', sk: '', ...keyOf(pool('x')) };
    const [written, row] = await Promise.all([send(touch(pool('x'))), load(key)]);
    expect([written, row]).toEqual([COMMITTED, undefined]);
  });
});

it('OP-3: what runs before a commit meets no row of that commit', async () => {
  let inner: unknown;
  harness.beforeCommit(async () => {
    inner = await send(touch(pool('x')));
  });
  expect(await send(touch(pool('x')))).toEqual(COMMITTED);
  expect(inner).toEqual(COMMITTED);
});

describe('OP-3: the rows of a transaction', () => {
  /** A client whose engine answers as told, and that has these faults. */
  function clientWith(rates: FaultRates, answer: () => Promise<never>) {
    const client = harness.engine.client();
    const faults = injectFaults(client, 1, rates);
    holdRows(client, { seed: 1, meanMs: 1, faults });
    client.middlewareStack.add(() => answer, { step: 'build', priority: 'low' });
    const table = openLedger(documentClient(client), 'Ledger', REAL);
    return { faults, send: () => commit(table, [touch(pool('x'))]) };
  }

  it('are free after it failed', async () => {
    const failed = Object.assign(new Error('no answer'), { name: 'TimeoutError' });
    const client = clientWith(NO_FAULTS, () => Promise.reject(failed));
    expect([await client.send(), await client.send()]).toEqual([
      { kind: 'unknown' },
      { kind: 'unknown' },
    ]);
    expect(client.faults.conflicts).toBe(0);
  });

  it('are free after an injected fault, which is counted as before', async () => {
    const lost = { ...NO_FAULTS, lostBefore: 1 };
    const client = clientWith(lost, () => Promise.reject(new Error('it was sent')));
    const results = await Promise.all([client.send(), client.send()]);
    expect(results).toEqual([{ kind: 'unknown' }, { kind: 'unknown' }]);
    expect(client.faults).toMatchObject({ lostBefore: 2, conflicts: 0 });
  });
});

describe('OP-3: the times that rows are held', () => {
  const drawn = (seed: number, meanMs = 12, count = 20_000): readonly number[] =>
    Array.from({ length: count }, holdTimes(seed, meanMs));

  it('are the same for the same seed, and others for another one', () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it('have the mean that was asked for, and a long tail', () => {
    const times = drawn(1).toSorted((a, b) => a - b);
    const mean = times.reduce((sum, each) => sum + each, 0) / times.length;
    expect(mean).toBeGreaterThan(11.5);
    expect(mean).toBeLessThan(12.5);
    expect(times[10_000]).toBeLessThan(mean);
    expect(times[19_800]).toBeGreaterThan(2.5 * mean);
  });
});
