import '../../harness/enable-metrics.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Currency } from '../../../lambdas/ledger/money.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { closing, retiring } from '../../../lambdas/ledger/pool/moves.ts';
import { type PoolShardRow, ROOT } from '../../../lambdas/ledger/pool/pool.ts';
import { closeSmall, commitMove } from '../../../lambdas/ledger/pool/rebalance.ts';
import { readPhase } from '../../../lambdas/ledger/postings.ts';
import { readPool } from '../../../lambdas/ledger/rows/pool.ts';
import { transactionRow } from '../../../lambdas/ledger/transactions.ts';
import { countedBy } from '../../harness/counted.ts';
import { type Engine, startEngine } from '../../harness/engine.ts';
import { cancelledWith } from '../../harness/faults.ts';
import {
  freshCurrencies,
  type PoolProcess,
  poolProcess,
  storedPool,
  storedTransactions,
  storePool,
} from '../../harness/pool-engine.ts';
import { poolOf, type ShardSketch } from '../../harness/pools.ts';

let engine: Engine;
let process: PoolProcess;
let currency: Currency;
const nextCurrency = freshCurrencies();
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.close());
beforeEach(() => {
  currency = nextCurrency();
  process = poolProcess(engine);
});

async function poolWith(root: bigint, ...shards: readonly ShardSketch[]) {
  await storePool(process, poolOf(root, shards), currency);
  const pool = await readPool(process.ledger, currency);
  const last = pool?.shards.at(-1);
  if (pool === undefined || last === undefined) throw new Error('no pool');
  return { root: pool.root, last };
}
const transactions = async () =>
  (await storedTransactions(process, currency)).map((row) => transactionRow.parse(row));

describe('CR-1: a move within a pool is a transaction', () => {
  it('of type rebalance, in the partition of the row that it starts from, and no request asked for it', async () => {
    const { last } = await poolWith(5n, 70n);
    expect(await commitMove(process.ledger, closing(last, minor(0n)))).toEqual({
      kind: 'committed',
    });
    const [moved, ...others] = await transactions();
    expect(others).toEqual([]);
    expect(moved).toMatchObject({
      pk: `POOL#${currency}#0`,
      type: 'rebalance',
      status: 'SUCCEEDED',
      amount: 70n,
      currency,
      requestHash: '',
      phases: [{ name: 'rebalance', postings: [['pool@0', 'pool@ROOT', 70n]] }],
    });
    const rows = await storedPool(process, currency);
    const by = [`${moved?.txnId}:rebalance`];
    expect(rows.get('0')).toMatchObject({ available: 0n, open: false, by, version: 4n });
    expect(rows.get(ROOT)).toMatchObject({ available: 75n, closed: 1n, by, version: 6n });
  });

  it('is made once from the same rows, also where another process plans it', async () => {
    const { last } = await poolWith(5n, 70n);
    const move = closing(last, minor(0n));
    await commitMove(process.ledger, move);
    const again = await commitMove(poolProcess(engine).ledger, move);
    expect(again).toMatchObject({ kind: 'refused', by: 'transaction' });
    expect(await transactions()).toHaveLength(1);
  });

  it('is another one after the row has changed', async () => {
    const { last } = await poolWith(5n, 70n);
    await commitMove(process.ledger, closing(last, minor(0n)));
    const next = await poolWith(5n, 70n);
    const later = { ...next.last, version: next.last.version + 9n };
    expect(await commitMove(process.ledger, closing(later, minor(0n)))).toEqual({
      kind: 'committed',
    });
    expect(await transactions()).toHaveLength(2);
  });

  it('names the row of each account, so that its postings can be read again', async () => {
    const { root, last } = await poolWith(5n, 1n, { available: minor(70n), lent: minor(-4n) });
    const move = retiring(root, last);
    await commitMove(process.ledger, move);
    const [moved] = await transactions();
    const [phase] = moved?.phases ?? [];
    if (phase === undefined) throw new Error('no phase');
    expect(phase.postings).toEqual([
      ['pool@1', 'pool@ROOT', 70n],
      ['lent@1', 'lent@ROOT', 4n],
    ]);
    expect(phase).not.toHaveProperty('shares');
    expect(readPhase(phase, { currency })).toEqual(move.postings);
  });
});

describe('CR-1: a shard that a debit closes', () => {
  const closed = (shard: PoolShardRow) =>
    countedBy(() => closeSmall(process.ledger, { kind: 'retry', small: { shard, low: 9n } }));

  it('is counted, and the root remembers what was too small', async () => {
    const { last } = await poolWith(5n, 7n);
    expect(await closed(last)).toEqual({ Transactions: 1, ShardsClosed: 1 });
    expect((await storedPool(process, currency)).get(ROOT)).toMatchObject({ closed: 1n, low: 9n });
  });

  it('stays open where another transaction came first, in one try and without an error', async () => {
    const { last } = await poolWith(5n, 7n);
    process.before('TransactWriteItems', () => {
      throw cancelledWith(['None', 'TransactionConflict', 'None']);
    });
    expect(await closed(last)).toEqual({ Transactions: 1, Conflicts: 1, PoolConflicts: 1 });
    expect((await storedPool(process, currency)).get('0')).toMatchObject({ open: true });
  });
});
