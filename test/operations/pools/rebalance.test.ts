import { randomUUID } from 'node:crypto';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  jest,
} from '@jest/globals';
import type { LedgerContext } from '../../../lambdas/ledger/context.ts';
import { poolRoot, poolShardRow } from '../../../lambdas/ledger/pool/pool.ts';
import { rebalance, rebalanceMessage } from '../../../lambdas/operations/pools/rebalance.ts';
import { logger } from '../../../lambdas/platform/logger.ts';
import { NO_FAULTS, ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness, USD } from '../../harness/harness.ts';
import { sqsRecord } from '../../harness/sqs-record.ts';

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, each) => total + each, 0n);

/** The rows of the pool in dollars as they are stored. */
async function stored(harness: Harness) {
  const rows = (await harness.rows()).filter(({ sk }) => sk === 'POOL');
  const root = poolRoot.parse(rows.find(({ pk }) => pk === 'POOL#USD#ROOT'));
  const shards = rows
    .filter(({ pk }) => pk !== 'POOL#USD#ROOT')
    .map((row) => ({ ...poolShardRow.parse(row), shard: Number(String(row['pk']).split('#')[2]) }));
  const all = [root, ...shards];
  return {
    root,
    shards,
    available: sum(all.map(({ available }) => available)),
    lent: sum(all.map(({ lent }) => lent)),
    lowest: all.map(({ available }) => available).toSorted((a, b) => (a < b ? -1 : 1))[0],
  };
}

const wants = async (harness: Harness, shards: number): Promise<void> => {
  const reply = await harness.insist('PATCH /admin/pools/{currency}', {
    admin: true,
    key: randomUUID(),
    params: { currency: 'USD' },
    body: { shards },
  });
  expect(reply.status).toBe(202);
};
const untilLevel = async (ledger: LedgerContext): Promise<void> => {
  while ((await rebalance(ledger, USD)) > 0);
};

/** What `work` logs, apart from errors. */
async function logged(work: () => Promise<unknown>): Promise<readonly unknown[]> {
  const info = jest.spyOn(logger, 'info').mockImplementation(() => {});
  await work();
  const lines = [...info.mock.calls];
  info.mockRestore();
  return lines;
}

describe('CR-1: a pool is levelled', () => {
  let harness: Harness;
  const ledger = () => harness.context.ledger;
  beforeEach(async () => {
    harness = await startHarness(52, NO_FAULTS, { poolShards: 4 });
    await harness.fillPool('900.00');
  });
  afterEach(() => harness.close());

  it('900.00 over four shards leaves 180.00 in each and in the root', async () => {
    const lines = await logged(() => rebalance(ledger(), USD));
    const { root, shards, available } = await stored(harness);
    expect(root).toMatchObject({ available: 180_00n, shards: 4, closed: 0, targetShards: 4 });
    expect(shards.map((each) => [each.shard, each.open, each.available])).toEqual(
      [0, 1, 2, 3].map((shard) => [shard, true, 180_00n]),
    );
    expect(available).toBe(900_00n);
    expect(lines).toMatchObject([
      ['POOL_REBALANCED', { kind: 'money', currency: 'USD', moves: 2 }],
    ]);
  });

  it('a second run finds nothing to do and logs nothing', async () => {
    expect(await rebalance(ledger(), USD)).toBe(2);
    const before = await harness.rows();
    expect(await logged(() => rebalance(ledger(), USD))).toEqual([]);
    expect(await harness.rows()).toEqual(before);
  });

  it('a pool that was never topped up is left alone', async () => {
    const none = { ...ledger(), load: async () => undefined };
    expect(await rebalance(none, USD)).toBe(0);
  });

  it('shards that were retired are used again', async () => {
    await rebalance(ledger(), USD);
    await wants(harness, 1);
    await rebalance(ledger(), USD);
    const less = await stored(harness);
    expect(less.root).toMatchObject({ shards: 1, closed: 0 });
    expect(less.shards.map(({ open }) => open)).toEqual([true, false, false, false]);
    await wants(harness, 5);
    await rebalance(ledger(), USD);
    const more = await stored(harness);
    expect([more.shards.length, more.root.closed, more.available]).toEqual([5, 0, 900_00n]);
    const versions = new Map(more.shards.map(({ shard, version }) => [shard, version]));
    // Created, opened, retired, opened again; the fifth is new.
    expect([1, 2, 3, 4].map((shard) => versions.get(shard))).toEqual([4n, 4n, 4n, 2n]);
  });

  it('a run that meets conflicts until its deadline leaves the rest to the next one', async () => {
    await wants(harness, 6);
    const impatient = { ...ledger(), pacing: { ...ledger().pacing, deadlineMs: 1 } };
    harness.beforeCommit(async () => {
      await rebalance(ledger(), USD);
    });
    expect(await rebalance(impatient, USD)).toBe(0);
    expect((await stored(harness)).root).toMatchObject({ shards: 6, closed: 0 });
  });

  it('messages about one pool that arrive during a run share it, and later ones start another', async () => {
    let reads = 0;
    const counting: LedgerContext = {
      ...ledger(),
      load: (key) => {
        if (key.pk === 'POOL#USD#ROOT') reads += 1;
        return ledger().load(key);
      },
    };
    const handle = rebalanceMessage(counting);
    await handle(sqsRecord({ currency: 'USD' }));
    reads = 0;
    await handle(sqsRecord({ currency: 'USD' }));
    const ofOneRun = reads;
    expect(ofOneRun).toBeGreaterThan(0);
    reads = 0;
    await Promise.all(Array.from({ length: 10 }, () => handle(sqsRecord({ currency: 'USD' }))));
    expect(reads).toBe(ofOneRun);
    await handle(sqsRecord({ currency: 'USD' }));
    expect(reads).toBe(2 * ofOneRun);
  });

  it('WD-8: a failed run fails its messages, and the next message starts another', async () => {
    let fails = true;
    const failing: LedgerContext = {
      ...ledger(),
      load: (key) => (fails ? Promise.reject(new Error('access denied')) : ledger().load(key)),
    };
    const handle = rebalanceMessage(failing);
    const both = [handle(sqsRecord({ currency: 'USD' })), handle(sqsRecord({ currency: 'USD' }))];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
    ]);
    fails = false;
    await handle(sqsRecord({ currency: 'USD' }));
    expect((await stored(harness)).root).toMatchObject({ shards: 4, closed: 0 });
    await expect(handle(sqsRecord({ currency: 'XXX' }))).rejects.toThrow();
  });
});

describe('CR-1 OP-3: a pool is levelled while others work on it', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness(53, ROUGH, { poolShards: 4 });
    await harness.fillPool('900.00');
  });
  afterAll(() => harness.close());

  it('ten runs at once end in the same pool as one', async () => {
    const { ledger } = harness.context;
    await Promise.all(Array.from({ length: 10 }, () => rebalance(ledger, USD)));
    await untilLevel(ledger);
    const { root, shards, available } = await stored(harness);
    expect(root).toMatchObject({ available: 180_00n, shards: 4, closed: 0 });
    expect(shards.map((each) => each.available)).toEqual([180_00n, 180_00n, 180_00n, 180_00n]);
    expect(available).toBe(900_00n);
  });

  it('fifty withdrawals are paid exactly while the pool shrinks to one shard', async () => {
    const { ledger } = harness.context;
    await untilLevel(ledger);
    const before = await stored(harness);
    const merchants = await Promise.all(
      Array.from({ length: 10 }, () => harness.merchant('100.00')),
    );
    await wants(harness, 1);
    const withdrawals = Array.from({ length: 50 }, (_, index) =>
      harness.insist('POST /withdrawals', {
        as: merchants[index % 10] ?? '',
        key: `w${index}`,
        body: { amount: '7.01' },
      }),
    );
    const runs = Array.from({ length: 3 }, () => rebalance(ledger, USD));
    const replies = await Promise.all(withdrawals);
    await Promise.all(runs);
    await untilLevel(ledger);
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 202));
    const after = await stored(harness);
    expect(before.available - after.available).toBe(50n * 701n);
    expect(after.lent - before.lent).toBe(50n * 701n);
    expect(after.lowest).toBeGreaterThanOrEqual(0n);
    expect(after.root).toMatchObject({ shards: 1, targetShards: 1 });
    const retired = after.shards.filter(({ shard }) => shard > 0);
    expect(retired).toHaveLength(3);
    for (const row of retired) {
      expect(row).toMatchObject({ open: false, available: 0n, lent: 0n });
    }
    expect(harness.faults.conflicts).toBeGreaterThan(0);
  });
});
