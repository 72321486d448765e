import { BatchWriteCommand, type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyWrite, applyWrites, type Row, type Rows } from '../../lambdas/ledger/apply.ts';
import { commit } from '../../lambdas/ledger/commit.ts';
import { Pools } from '../../lambdas/ledger/pool/hints.ts';
import { type Phase, post } from '../../lambdas/ledger/post.ts';
import { PHASES } from '../../lambdas/ledger/postings.ts';
import {
  type Condition,
  LABELS,
  type RowRef,
  type RowWrite,
} from '../../lambdas/ledger/row-writes.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import { type Engine, startEngine } from '../harness/engine.ts';
import { REAL } from '../harness/pacing.ts';
import { commitInputs, phasesOf, SETUP, START } from '../model/random-phases.ts';

const DAY_MS = 86_400_000;

/** The writes of the phases together, or of the first one where they contradict each other. */
function writesOf(phases: readonly Phase[]): readonly RowWrite[] {
  try {
    return post(phases);
  } catch (error) {
    if (phases.length === 1) throw error;
    return post(phases.slice(0, 1));
  }
}

let engine: Engine;
let dynamo: DynamoDBDocumentClient;
beforeAll(async () => {
  engine = await startEngine();
  dynamo = documentClient(engine.client());
});
afterAll(() => {
  dynamo.destroy();
  engine.close();
});

async function storedRows(): Promise<Rows> {
  const scan = new ScanCommand({ TableName: engine.ledgerTable, ConsistentRead: true });
  const { Items = [] } = await dynamo.send(scan);
  return new Map(Items.map((row): [string, Row] => [`${row['pk']}|${row['sk']}`, row]));
}

async function empty(): Promise<void> {
  const keys = [...(await storedRows()).values()].map(({ pk, sk }) => ({ pk, sk }));
  for (let from = 0; from < keys.length; from += 25) {
    const deletes = keys.slice(from, from + 25).map((Key) => ({ DeleteRequest: { Key } }));
    await dynamo.send(new BatchWriteCommand({ RequestItems: { [engine.ledgerTable]: deletes } }));
  }
}

/** What the runs must reach for the comparison to mean anything. */
const EXPECTED: readonly string[] = [
  ...PHASES.map((name) => `committed ${name}`),
  ...LABELS.filter((label) => !['response', 'name', 'sign-in'].includes(label)).map(
    (label) => `refused by ${label}`,
  ),
  ...['exist', 'be new', 'be absent', 'equal', 'be at least', 'be at most', 'be one of'].map(
    (must) => `must ${must}`,
  ),
];

describe('LE-1: row writes in memory are those of the DynamoDB engine', () => {
  it('commits, refusals and the rows afterwards are the same', async () => {
    const seen = new Map<string, number>();
    const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);

    /** Commits in both, and compares. */
    async function commitBoth(rows: Rows, phases: readonly Phase[]): Promise<Rows> {
      const writes = writesOf(phases);
      const result = await commit(
        { dynamo, table: engine.ledgerTable, pools: new Pools(REAL) },
        writes,
      );
      const applied = applyWrites(rows, writes);
      if (applied.kind === 'committed') {
        expect(result).toEqual({ kind: 'committed' });
        for (const { name } of phases) count(`committed ${name}`);
        return applied.rows;
      }
      const { condition, ...refusal } = applied;
      expect(result).toMatchObject(refusal);
      count(`refused by ${refusal.by}`);
      count(`must ${condition.must}`);
      return rows;
    }

    const runs = fc.asyncProperty(commitInputs, async (inputs) => {
      await empty();
      let rows: Rows = new Map();
      for (const setUp of SETUP)
        rows = await commitBoth(
          rows,
          [setUp(rows)].flatMap((each) => each ?? []),
        );
      const history = [rows];
      let now = START;
      for (const input of inputs) {
        now = new Date(now.getTime() + input.days * DAY_MS);
        const phases = phasesOf(history.at(-1 - input.age) ?? rows, input, now);
        if (phases.length === 0) continue;
        rows = await commitBoth(rows, phases);
        history.push(rows);
      }
      expect(await storedRows()).toEqual(rows);
    });
    await fc.assert(runs, { seed: 71, numRuns: 25 });
    expect(EXPECTED.filter((name) => (seen.get(name) ?? 0) < 3)).toEqual([]);
  }, 180_000);

  it.each<[Condition, boolean]>([
    [{ must: 'differ', path: 'proposal.by', value: 'alice' }, false],
    [{ must: 'differ', path: 'proposal.by', value: 'bob' }, true],
    [{ must: 'differ', path: 'proposal.confirmedBy', value: 'bob' }, true],
    [{ must: 'differ', path: 'nothing.by', value: 'bob' }, true],
    [{ must: 'be after', path: 'proposal.expiresAt', value: '2026-11-21T11:59:59.999Z' }, true],
    [{ must: 'be after', path: 'proposal.expiresAt', value: '2026-11-21T12:00:00.000Z' }, false],
    [{ must: 'be after', path: 'proposal.expiresAt', value: '2026-11-21T12:00:00.001Z' }, false],
    [{ must: 'be after', path: 'nothing.expiresAt', value: '' }, false],
  ])('%p holds of a proposal, or does not, in both: %p', async (condition, isHeld) => {
    const proposed: RowRef = { kind: 'transaction', pk: 'M#m1', txnId: 'T1' };
    const item = { proposal: { by: 'alice', expiresAt: '2026-11-21T12:00:00.000Z' } };
    const put: RowWrite = { row: proposed, action: 'put', conditions: [{ must: 'be new' }], item };
    const check: RowWrite = { row: proposed, action: 'check', conditions: [condition] };
    await empty();
    const ledger = { dynamo, table: engine.ledgerTable, pools: new Pools(REAL) };
    expect(await commit(ledger, [put])).toEqual({ kind: 'committed' });
    const kind = isHeld ? 'committed' : 'refused';
    expect(await commit(ledger, [check])).toMatchObject({ kind });
    const rows = applyWrites(new Map(), [put]);
    expect(applyWrites(rows.kind === 'committed' ? rows.rows : new Map(), [check]).kind).toBe(kind);
  });

  const row: RowRef = { kind: 'merchant', merchantId: 'rejected' };
  const nothing = { set: {}, add: {}, append: {}, remove: [] };
  it.each([
    ['an addition to a missing number', { add: { amount: 1n } }],
    ['an element for a missing list', { append: { phases: ['accept'] } }],
    ['an attribute of a missing map', { set: { 'spent.USD': 1n } }],
  ])('%s is a defect and throws in both', async (_, change) => {
    const put: RowWrite = {
      row,
      action: 'put',
      conditions: [{ must: 'be new' }],
      item: { version: 1n },
    };
    const update: RowWrite = {
      row,
      action: 'update',
      conditions: [{ must: 'exist' }],
      ...nothing,
      ...change,
    };
    const applied = applyWrite(undefined, put);
    if (applied.kind === 'failed') throw new Error(applied.condition.must);
    expect(() => applyWrite(applied.row, update)).toThrow();

    await empty();
    const ledger = { dynamo, table: engine.ledgerTable, pools: new Pools(REAL) };
    expect(await commit(ledger, [put])).toEqual({ kind: 'committed' });
    expect([...(await storedRows()).values()]).toEqual([applied.row]);
    await expect(commit(ledger, [update])).rejects.toThrow();
  });
});
