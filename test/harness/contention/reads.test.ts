import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  GetCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import { rowsUnder } from '../../../lambdas/ledger/table.ts';
import { type Accounts, accountKey, accounts, change, EXACT, LEDGER } from './accounts.ts';
import { PARTITION } from './throughput.ts';

const { request, begin, prepare, commitDecision, commit, read } = EXACT;
const PREPARED = request + begin + prepare;
const COMMITTED = PREPARED + commitDecision + commit;

const balanceIn = (row: unknown): unknown => z.object({ balance: z.bigint() }).parse(row).balance;

async function transfer(table: Accounts, at: number) {
  await table.time.sleep(at);
  const TransactItems = [change('a', -30n), change('b', 30n)];
  return table.dynamo.send(new TransactWriteCommand({ TransactItems }));
}

/** @returns the balances at one instant, or the codes of its reasons. */
async function snapshot(table: Accounts, at: number, names: readonly string[]): Promise<unknown> {
  await table.time.sleep(at);
  const TransactItems = names.map((name) => ({
    Get: { TableName: LEDGER, Key: accountKey(name) },
  }));
  try {
    const { Responses = [] } = await table.dynamo.send(new TransactGetCommand({ TransactItems }));
    return Responses.map(({ Item }) => Item?.['balance']);
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    return error.CancellationReasons?.map(({ Code }) => Code);
  }
}

const hotReads = (name: string, Keys = [accountKey(name)]) =>
  new BatchGetCommand({ RequestItems: { [LEDGER]: { Keys, ConsistentRead: true } } });

describe('LE-1: transactional reads of the contention model', () => {
  it('are cancelled where a write holds a row, or changes it between the rounds, and cancel none', async () => {
    const table = accounts(['a', 'b', 'c'], { stages: EXACT });
    const firstRound = request + read;
    const snapshots = [
      // Both rounds before, held at the first, held at the second, changed in between, both rounds after.
      PREPARED - firstRound - read - 0.1,
      PREPARED - firstRound + 0.1,
      PREPARED - firstRound - 0.1,
      COMMITTED - firstRound + 0.1,
    ].map((at) => snapshot(table, at, ['a', 'b', 'c']));
    const [, ...found] = await table.time.finish(Promise.all([transfer(table, 0), ...snapshots]));
    const conflict = ['TransactionConflict', 'TransactionConflict', 'None'];
    expect(found).toEqual([[100n, 100n, 100n], conflict, conflict, [70n, 130n, 100n]]);
    expect(table.counts).toMatchObject({ transactionalReads: 4, cancelledReads: 2, committed: 1 });
    expect(table.counts.conflicts.size).toBe(0);
  });

  it('are cancelled where a write began and ended between the rounds', async () => {
    const stages = { ...EXACT, read: 40 };
    const table = accounts(['a', 'b'], { stages });
    const first = snapshot(table, 0, ['a', 'b']);
    const [found] = await table.time.finish(Promise.all([first, transfer(table, 40)]));
    expect(found).toEqual(['TransactionConflict', 'TransactionConflict']);
    expect(table.balances()).toEqual({ a: 70n, b: 130n });
  });

  it('see all of a transaction or nothing, at any time, while plain reads may see half of it', async () => {
    const sums = new Set<unknown>();
    const plain = new Set<unknown>();
    for (let seed = 1; seed <= 150; seed += 1) {
      const table = accounts(['a', 'b'], { seed });
      const keys = [accountKey('a'), accountKey('b')];
      const batch = async () => {
        await table.time.sleep(11);
        const { Responses } = await table.dynamo.send(hotReads('', keys));
        plain.add(String(Responses?.[LEDGER]?.map(balanceIn).toSorted()));
      };
      const found = [8, 10, 12, 14, 16].map((at) => snapshot(table, at, ['a', 'b']));
      const work = Promise.all([transfer(table, 0), batch(), ...found]);
      const [, , ...each] = await table.time.finish(work);
      for (const one of each) sums.add(String(one));
    }
    const whole = [...sums].filter((each) => !/None|Conflict/.test(String(each)));
    expect(whole.toSorted()).toEqual(['100,100', '70,130']);
    expect([...plain].some((each) => each === '100,70' || each === '100,130')).toBe(true);
  });
});

describe('LE-1: throttling of the contention model', () => {
  const writes = PARTITION.writeUnits / 2;
  const reads = PARTITION.readUnits;

  it('a hot partition key is refused writes beyond its units, and others are not', async () => {
    const others = Array.from({ length: writes }, (_, index) => `cold${index}`);
    const table = accounts(['hot', ...others]);
    const failures: string[] = [];
    const write = (name: string, at: number) =>
      table.time
        .sleep(at)
        .then(() =>
          table.dynamo.send(new TransactWriteCommand({ TransactItems: [change(name, 1n)] })),
        )
        .catch((error: TransactionCanceledException) => {
          failures.push(`${name[0]} ${error.CancellationReasons?.[0]?.Code}`);
        });
    // Conflicts cost as much.
    const hot = Array.from({ length: writes + 100 }, () => write('hot', 0));
    const cold = others.map((name) => write(name, 0));
    await table.time.finish(Promise.all([...hot, ...cold]));
    const throttled = failures.filter((each) => each === 'h ThrottlingError').length;
    expect(throttled).toBe(table.counts.throttles);
    // Some units come back while the requests arrive.
    expect(throttled).toBeGreaterThan(70);
    expect(throttled).toBeLessThanOrEqual(100);
    expect(failures.filter((each) => each.startsWith('c'))).toEqual([]);

    // After a second it has all of them again.
    await table.time.run(table.time.now() + 1_000);
    const { throttles } = table.counts;
    await table.time.finish(Promise.all(Array.from({ length: writes }, () => write('hot', 0))));
    expect(table.counts.throttles).toBe(throttles);
  });

  it('a larger row costs more', async () => {
    const table = accounts([]);
    table.put(LEDGER, { ...accountKey('hot'), balance: 0n, text: 'x'.repeat(9 * 1_024) });
    const write = () =>
      table.dynamo
        .send(new TransactWriteCommand({ TransactItems: [change('hot', 1n)] }))
        .catch(() => undefined);
    // 10 KB each.
    await table.time.finish(Promise.all(Array.from({ length: writes / 10 }, write)));
    expect(table.counts.throttles).toBe(0);
    await table.time.finish(Promise.all(Array.from({ length: writes / 10 }, write)));
    expect(table.counts.throttles).toBeGreaterThan(0);
  });

  it('a plain read beyond the units of its partition key throws; a batch leaves the row out', async () => {
    const table = accounts(['hot', 'cold'], { stages: EXACT });
    const get = new GetCommand({ TableName: LEDGER, Key: accountKey('hot'), ConsistentRead: true });
    const results = await table.time.finish(
      Promise.allSettled(Array.from({ length: reads + 10 }, () => table.dynamo.send(get))),
    );
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(10);
    expect(refused[0]).toMatchObject({ reason: { name: 'ThrottlingException', $fault: 'client' } });

    // They all come at one instant, and before any unit is back.
    const slow = accounts(['hot', 'cold'], { stages: EXACT });
    const both = [accountKey('hot'), accountKey('cold')];
    const [, batch, single] = await slow.time.finish(
      Promise.allSettled([
        Promise.all(Array.from({ length: reads }, () => slow.dynamo.send(hotReads('hot')))),
        slow.dynamo.send(hotReads('', both)),
        slow.dynamo.send(hotReads('hot')),
      ]),
    );
    expect(batch).toMatchObject({
      value: {
        Responses: { [LEDGER]: [{ pk: 'cold' }] },
        UnprocessedKeys: { [LEDGER]: { Keys: [accountKey('hot')] } },
      },
    });
    expect(single).toMatchObject({ reason: { name: 'ThrottlingException' } });
  });
});

describe('LE-1: queries of the contention model', () => {
  const texts = fc.string({ unit: fc.constantFrom('A', 'B', '#', '~'), maxLength: 4 });

  it('find the rows of one partition under a prefix, in their order, page after page', async () => {
    const runs = fc.asyncProperty(
      fc.uniqueArray(texts.filter((sk) => sk !== '')),
      texts,
      async (sortKeys, prefix) => {
        const { time, put, dynamo } = accounts([]);
        put(LEDGER, ...sortKeys.flatMap((sk) => ['p', 'q'].map((pk) => ({ pk, sk }))));
        const ledger = openLedger(dynamo, LEDGER, time.pacing(1_000), time.date);
        const row = z.object({ pk: z.string(), sk: z.string() });
        const found = await time.finish(rowsUnder(ledger, 'p', prefix, row));
        const expected = sortKeys.filter((sk) => sk.startsWith(prefix)).toSorted();
        expect(found).toEqual(expected.map((sk) => ({ pk: 'p', sk })));
      },
    );
    await fc.assert(runs, { seed: 83 });
  });

  it.each([
    ['pk = :pk', ['1', '2', '3', '4']],
    ['pk = :pk AND sk = :a', ['2']],
    ['pk = :pk AND sk < :a', ['1']],
    ['pk = :pk AND sk <= :a', ['1', '2']],
    ['pk = :pk AND sk > :a', ['3', '4']],
    ['pk = :pk AND sk >= :a', ['2', '3', '4']],
    ['pk = :pk AND sk BETWEEN :a AND :b', ['2', '3']],
  ])('%s finds %p', async (KeyConditionExpression, expected) => {
    const { time, put, dynamo } = accounts([]);
    put(LEDGER, ...['3', '1', '4', '2'].map((sk) => ({ pk: 'p', sk })));
    const found: unknown[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = new QueryCommand({
        TableName: LEDGER,
        KeyConditionExpression,
        ExpressionAttributeValues: { ':pk': 'p', ':a': '2', ':b': '3' },
        ConsistentRead: true,
        Limit: 2,
        ExclusiveStartKey: start,
      });
      const { Items = [], LastEvaluatedKey } = await time.finish(dynamo.send(page));
      expect(Items.length).toBeLessThanOrEqual(2);
      found.push(...Items.map(({ sk }) => sk));
      start = LastEvaluatedKey;
    } while (start !== undefined);
    expect(found).toEqual(expected);
  });
});

describe('LE-1: what the contention model does not know', () => {
  const key = { TableName: LEDGER, Key: accountKey('a') };
  const query = {
    TableName: LEDGER,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': 'a' },
    ConsistentRead: true,
  };
  it.each([
    ['a scan', new ScanCommand({ TableName: LEDGER })],
    ['a stale read', new GetCommand(key)],
    ['a projection', new GetCommand({ ...key, ConsistentRead: true, ProjectionExpression: 'a' })],
    ['an index', new QueryCommand({ ...query, IndexName: 'byTime' })],
    ['a filter', new QueryCommand({ ...query, FilterExpression: 'a = :pk' })],
    ['another query', new QueryCommand({ ...query, KeyConditionExpression: 'id = :pk' })],
  ])('%s throws', async (_, command) => {
    const { time, dynamo } = accounts(['a']);
    // The commands have no type in common that the client takes.
    const sent = dynamo.send(command as GetCommand);
    await expect(time.finish(sent)).rejects.toThrow('not modelled');
  });
});
