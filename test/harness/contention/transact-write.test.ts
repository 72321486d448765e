import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { commit } from '../../../lambdas/ledger/commit.ts';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import { keyOf } from '../../../lambdas/ledger/keys.ts';
import type { RowRef, RowWrite } from '../../../lambdas/ledger/row-writes.ts';
import { type Accounts, accountKey, accounts, change, EXACT, LEDGER, write } from './accounts.ts';
import type { WrittenRow } from './table-state.ts';

const { request, begin, prepare, commitDecision, commit: commitStage, reply } = EXACT;
const PREPARED = request + begin + prepare;
const DECIDED = PREPARED + commitDecision;
const COMMITTED = DECIDED + commitStage;

describe('LE-1: transactions of the contention model', () => {
  it('one that meets another at a row is cancelled with a conflict on that row, and changes nothing', async () => {
    const table = accounts(['a', 'b', 'c'], { stages: EXACT });
    const outcomes = await table.time.finish(
      Promise.all([
        write(table, 0, change('a', -10n), change('b', 10n)),
        write(table, 1, change('c', -20n), change('b', 20n)),
        // Prepared when the first has ended.
        write(table, COMMITTED - PREPARED + 1, change('b', 1n)),
      ]),
    );
    expect(outcomes).toEqual([[], ['None', 'TransactionConflict'], []]);
    expect(table.balances()).toEqual({ a: 90n, b: 111n, c: 100n });
    expect(table.counts).toMatchObject({ transactions: 3, committed: 2, conditionFailures: 0 });
    expect(table.counts.conflicts).toEqual(new Map([['b|ACCOUNT', 1]]));
  });

  it('the ledger is told the label of the row that was held', async () => {
    const table = accounts([], { stages: EXACT });
    const merchant: RowRef = { kind: 'merchant', merchantId: 'm1' };
    const ledger = openLedger(table.dynamo, LEDGER, table.time.pacing(1_000));
    table.put(LEDGER, { ...keyOf(merchant), version: 1n });
    const bump: RowWrite = {
      row: merchant,
      action: 'update',
      conditions: [{ must: 'exist' }],
      set: {},
      add: { version: 1n },
      append: {},
      remove: [],
    };
    const claim: RowWrite = {
      row: { kind: 'name', name: 'alice' },
      action: 'put',
      conditions: [{ must: 'be new' }],
      item: { merchantId: 'm1' },
    };
    const second = table.time.sleep(1).then(() => commit(ledger, [claim, bump]));
    const results = await table.time.finish(Promise.all([commit(ledger, [bump]), second]));
    expect(results).toMatchObject([
      { kind: 'committed' },
      { kind: 'contended', by: 'merchant', met: 'conflict' },
    ]);
    expect(table.rows(LEDGER)).toEqual([{ ...keyOf(merchant), version: 2n }]);
  });

  it('a check holds its row like a write, and leaves it as it is', async () => {
    const written: (readonly WrittenRow[])[] = [];
    const table = accounts(['a'], { stages: EXACT, committed: (rows) => written.push(rows) });
    const ConditionCheck = {
      TableName: LEDGER,
      Key: accountKey('a'),
      ConditionExpression: 'attribute_exists(#b)',
      ExpressionAttributeNames: { '#b': 'balance' },
    };
    const outcomes = await table.time.finish(
      Promise.all([write(table, 0, { ConditionCheck }), write(table, 1, change('a', 1n))]),
    );
    expect(outcomes).toEqual([[], ['TransactionConflict']]);
    expect(table.balances()).toEqual({ a: 100n });
    // Committed, without a row that was written.
    expect(written).toEqual([[]]);
  });

  it('a failed condition returns the row that failed it, beside the reasons of the others', async () => {
    const table = accounts(['a', 'b'], { stages: EXACT });
    const sent = new TransactWriteCommand({
      TransactItems: [change('a', -1n), change('b', -101n), change('missing', 1n)],
    });
    const error: unknown = await table.time.finish(
      table.dynamo.send(sent).catch((thrown: unknown) => thrown),
    );
    if (!(error instanceof TransactionCanceledException)) throw new Error('not cancelled');
    const [first, second, third] = error.CancellationReasons ?? [];
    expect(first).toEqual({ Code: 'None' });
    expect(unmarshall(second?.Item ?? {}, { wrapNumbers: BigInt })).toEqual({
      ...accountKey('b'),
      balance: 100n,
    });
    expect(third).toEqual({ Code: 'ConditionalCheckFailed' });
    expect(table.balances()).toEqual({ a: 100n, b: 100n });
    expect(table.counts.conditionFailures).toBe(2);
    // The cancelled transaction holds nothing.
    expect(await table.time.finish(write(table, table.time.now(), change('a', 1n)))).toEqual([]);
  });

  it('one with a timestamp that is not after the last of a row is refused, although nothing holds it', async () => {
    const conflictsAt = async (clockSkew: number) => {
      const table = accounts(['a'], { stages: { ...EXACT, clockSkew } });
      for (let index = 0; index < 20; index += 1)
        await table.time.finish(write(table, index * 100, change('a', 1n)));
      return table.counts.conflicts.get('a|ACCOUNT') ?? 0;
    };
    expect(await conflictsAt(0)).toBe(0);
    expect(await conflictsAt(1_000)).toBeGreaterThan(0);
  });

  it('a plain read returns the row as committed while a write of it is prepared, and does not wait', async () => {
    const table = accounts(['a'], { stages: EXACT });
    const get = new GetCommand({ TableName: LEDGER, Key: accountKey('a'), ConsistentRead: true });
    const readAt = async (at: number) => {
      await table.time.sleep(at - request);
      const { Item } = await table.dynamo.send(get);
      return { balance: Item?.['balance'], took: table.time.now() - at + request };
    };
    const took = expect.closeTo(request + EXACT.getReply, 9);
    const [, ...reads] = await table.time.finish(
      Promise.all([
        write(table, 0, change('a', -30n)),
        readAt(PREPARED + 0.1),
        readAt(COMMITTED - 0.1),
        readAt(COMMITTED + 0.1),
      ]),
    );
    expect(reads).toEqual([
      { balance: 100n, took },
      { balance: 100n, took },
      { balance: 70n, took },
    ]);
    expect(table.counts.conflicts.size).toBe(0);
  });

  it('what is read is bigint, without what was undefined, and a copy', async () => {
    const table = accounts([]);
    const Item = {
      ...accountKey('a'),
      balance: 5,
      gone: undefined,
      deep: { list: [1, undefined] },
    };
    const put = { Put: { TableName: LEDGER, Item } };
    expect(await table.time.finish(write(table, 0, put))).toEqual([]);
    const get = new GetCommand({ TableName: LEDGER, Key: accountKey('a'), ConsistentRead: true });
    const first = await table.time.finish(table.dynamo.send(get));
    const expected = { ...accountKey('a'), balance: 5n, deep: { list: [1n] } };
    expect(first.Item).toStrictEqual(expected);
    first.Item?.['deep'].list.push('changed');
    expect((await table.time.finish(table.dynamo.send(get))).Item).toStrictEqual(expected);
    const { Update } = change('a', 0n);
    const numbers = { ...Update, ExpressionAttributeValues: { ':amount': 2, ':least': 5 } };
    expect(await table.time.finish(write(table, 100, { Update: numbers }))).toEqual([]);
    expect(table.balances()).toEqual({ a: 7n });
    await expect(
      table.time.finish(
        write(table, 200, { Put: { ...put.Put, Item: { ...Item, balance: 0.5 } } }),
      ),
    ).rejects.toThrow('cannot be stored');
  });

  it('the same row twice in one transaction is refused, and no row at all', async () => {
    const table = accounts(['a']);
    const twice = write(table, 0, change('a', 1n), change('a', 2n));
    await expect(table.time.finish(twice)).rejects.toMatchObject({ name: 'ValidationException' });
    const none = write(table, 0);
    await expect(table.time.finish(none)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('observers are told at the decision and when the answer arrives, with the rows before and after', async () => {
    const told: unknown[] = [];
    const lists: (readonly WrittenRow[])[] = [];
    const tell = (what: string) => (rows: readonly WrittenRow[]) => {
      lists.push(rows);
      told.push([what, table.time.now()]);
    };
    const table: Accounts = accounts(['a'], {
      stages: EXACT,
      committed: tell('committed'),
      acknowledged: tell('acknowledged'),
    });
    await table.time.finish(
      Promise.all([write(table, 0, change('a', -40n)), write(table, 1, change('a', -1n))]),
    );
    expect(told).toEqual([
      ['committed', DECIDED],
      ['acknowledged', COMMITTED + reply],
    ]);
    expect(lists[0]).toBe(lists[1]);
    expect(lists[0]).toEqual([
      {
        table: LEDGER,
        name: 'a|ACCOUNT',
        before: { ...accountKey('a'), balance: 100n },
        after: { ...accountKey('a'), balance: 60n },
      },
    ]);
  });
});
