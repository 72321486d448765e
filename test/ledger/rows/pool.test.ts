import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { merchantKey } from '../../../lambdas/ledger/keys.ts';
import { type Currency, minor } from '../../../lambdas/ledger/money.ts';
import { ROOT } from '../../../lambdas/ledger/pool/pool.ts';
import { closeSmall } from '../../../lambdas/ledger/pool/rebalance.ts';
import {
  offerOf,
  openAmong,
  readPool,
  readRoot,
  readShards,
  snapshotPool,
} from '../../../lambdas/ledger/rows/pool.ts';
import { type Engine, startEngine } from '../../harness/engine.ts';
import { cancelledWith } from '../../harness/faults.ts';
import {
  freshCurrencies,
  type PoolProcess,
  poolProcess,
  storedPool,
  storePool,
} from '../../harness/pool-engine.ts';
import { poolOf, type ShardSketch } from '../../harness/pools.ts';

let engine: Engine;
let other: PoolProcess;
const nextCurrency = freshCurrencies();
beforeAll(async () => {
  engine = await startEngine();
  other = poolProcess(engine);
});
afterAll(() => engine.close());

let currency: Currency;
let process: PoolProcess;
/** As the generator of the process says which shard it tries. */
let random: number;
beforeEach(() => {
  currency = nextCurrency();
  random = 0;
  process = poolProcess(engine, { random: () => random });
});

const low = (units: bigint) => ({ low: minor(units) });
const store = (...pool: Parameters<typeof poolOf>) => storePool(other, poolOf(...pool), currency);
/** The process has read every row of this pool a moment ago. */
const warm = async (...pool: Parameters<typeof poolOf>): Promise<void> => {
  await store(...pool);
  await readPool(process.ledger, currency);
  await readPool(process.ledger, currency);
  process.calls.length = 0;
};
const offer = (amount: bigint) =>
  offerOf(process.ledger, currency, minor(amount), async () => true);
const paidBy = (...shares: readonly (readonly [shard: string, amount: bigint])[]) => ({
  kind: 'shares',
  shares: shares.map(([shard, amount]) => ({ shard, amount })),
});
const held = async () =>
  Object.fromEntries(
    [...(await storedPool(other, currency))].map(([shard, { available, open = true }]) => [
      shard,
      open === true ? available : 'closed',
    ]),
  );
const SHORT = { kind: 'short' };
const RETRY = { kind: 'retry' };

describe('CR-2: a debit on a process that knows the pool', () => {
  it('reads one shard in the round trip of the other rows', async () => {
    await warm(0n, [500n, 500n]);
    const { ledger } = process;
    const [offered] = await Promise.all([offer(100n), ledger.load(merchantKey('m1'))]);
    expect(offered).toEqual(paidBy(['0', 100n]));
    expect(process.calls).toEqual([['BatchGetItem', '0']]);
  });

  it('tries each shard that may have enough', async () => {
    await warm(0n, [500n, 99n, 500n]);
    random = 0.9;
    expect(await offer(100n)).toEqual(paidBy(['2', 100n]));
  });

  it('reads the root where no shard has enough, and the root pays', async () => {
    await warm(100n, [99n, 'closed']);
    expect(await offer(100n)).toEqual(paidBy([ROOT, 100n]));
    expect(process.calls).toEqual([['BatchGetItem', ROOT]]);
  });

  it('is refused on the root’s proof alone', async () => {
    await warm(99n, ['closed', 'closed']);
    expect(await offer(100n)).toEqual(SHORT);
    expect(process.calls).toEqual([['BatchGetItem', ROOT]]);
  });

  it('looks at every row where its shard has less than it knew', async () => {
    await warm(0n, [500n, 500n]);
    await store(0n, [99n, 500n]);
    expect(await offer(100n)).toEqual(paidBy(['1', 100n]));
    expect(process.calls).toEqual([
      ['BatchGetItem', '0'],
      ['BatchGetItem', '0', '1', ROOT],
    ]);
  });

  it('looks at every row where its shard has closed, or never was', async () => {
    await warm(0n, [500n, 500n]);
    await store(500n, ['closed', 'closed']);
    expect(await offer(100n)).toEqual(paidBy([ROOT, 100n]));
    process.ledger.pools.of(currency).sawRoot(poolOf(0n, [1n, 1n, 1n]).root);
    random = 0.99;
    expect(await offer(100n)).toEqual(paidBy([ROOT, 100n]));
  });

  it('takes the conflicts of its row with it', async () => {
    await warm(0n, [500n]);
    const hints = process.ledger.pools.of(currency);
    hints.met('0', 3n);
    expect(await offer(1n)).toMatchObject({ shares: [{ shard: '0', conflicts: 3n }] });
    hints.met(ROOT, 2n);
    await store(900n, [500n]);
    expect(await offer(900n)).toMatchObject({ shares: [{ shard: ROOT, conflicts: 2n }] });
    hints.met('0', 5n);
    await store(0n, [500n]);
    hints.sawShard({ shard: '0', open: true, available: minor(1n) });
    expect(await offer(400n)).toMatchObject({ shares: [{ shard: '0', conflicts: 5n }] });
  });
});

describe('CR-2: a debit on a process that does not know the pool', () => {
  it('reads the root, then a shard', async () => {
    await store(900n, [500n, 500n]);
    random = 0.5;
    expect(await offer(100n)).toEqual(paidBy(['1', 100n]));
    expect(process.calls).toEqual([
      ['BatchGetItem', ROOT],
      ['BatchGetItem', '1'],
    ]);
  });

  it('is not paid by a closed shard, whatever its row says', async () => {
    await store(0n, [{ open: false, available: minor(500n) }, 500n]);
    expect(await offer(100n)).toEqual(paidBy(['1', 100n]));
  });

  it('is refused by the root at once, and where there is no pool', async () => {
    expect(await offer(100n)).toEqual(SHORT);
    await store(99n, ['closed', 'closed']);
    expect(await offer(100n)).toEqual(SHORT);
    expect(process.calls.map(([command]) => command)).toEqual(['BatchGetItem', 'BatchGetItem']);
  });

  it('is paid by the root of a pool without shards', async () => {
    await store(100n);
    expect(await offer(100n)).toEqual(paidBy([ROOT, 100n]));
    expect(await offer(101n)).toEqual(SHORT);
  });
});

describe('CR-2: a debit that no row can pay alone', () => {
  it('is paid by several rows', async () => {
    await warm(30n, [60n, 50n, 'closed']);
    expect(await offer(120n)).toEqual(paidBy(['0', 60n], ['1', 50n], [ROOT, 10n]));
  });

  it('is refused where the rows at one moment have too little together', async () => {
    await warm(30n, [60n, 'closed']);
    expect(await offer(91n)).toEqual(SHORT);
    expect(process.calls.at(-1)).toEqual(['TransactGetItems', '0', '1', ROOT]);
    expect(await offer(90n)).toMatchObject({ kind: 'shares' });
  });

  it('decides again where that snapshot has enough', async () => {
    await warm(30n, [60n, 'closed']);
    process.before('TransactGetItems', () => store(31n, [60n, 'closed']));
    expect(await offer(91n)).toEqual(RETRY);
  });

  it('decides again where a transaction is writing one of the rows', async () => {
    await warm(30n, [60n, 'closed']);
    process.before('TransactGetItems', () => {
      throw cancelledWith(['None', 'TransactionConflict', 'None']);
    });
    expect(await offer(91n)).toEqual(RETRY);
    expect(await offer(91n)).toEqual(SHORT);
  });

  it('decides again where the snapshot misses a new shard', async () => {
    await warm(30n, [60n]);
    process.before('TransactGetItems', () => store(30n, [60n, 500n]));
    expect(await offer(91n)).toEqual(RETRY);
  });
});

describe('CR-2: a debit meets shards that are too small for what is usually drawn', () => {
  const offerAndClose = async (amount: bigint) => {
    const { small, ...offered } = await offer(amount);
    await closeSmall(process.ledger, { ...offered, ...(small && { small }) });
    return [offered, small?.shard.shard];
  };

  it('the one that it has read, and then it looks at every row', async () => {
    await store(0n, [30n, 500n], low(50n));
    expect(await offerAndClose(40n)).toEqual([paidBy(['1', 40n]), '0']);
    expect(await held()).toEqual({ '0': 'closed', '1': 500n, [ROOT]: 30n });
    expect((await storedPool(other, currency)).get(ROOT)).toMatchObject({ closed: 1n, low: 50n });
  });

  it('an offer itself writes nothing', async () => {
    await store(0n, [30n, 500n], low(50n));
    await offer(40n);
    await warm(5n, [30n, 40n], low(50n));
    expect(await offer(45n)).toMatchObject(RETRY);
    expect(await held()).toEqual({ '0': 30n, '1': 40n, [ROOT]: 5n });
  });

  it('not one that is large enough for the usual debit', async () => {
    await store(0n, [50n, 500n], low(50n));
    expect(await offerAndClose(60n)).toEqual([paidBy(['1', 60n]), undefined]);
    expect(await held()).toEqual({ '0': 50n, '1': 500n, [ROOT]: 0n });
  });

  it('closes one after the other, and decides again', async () => {
    await warm(5n, [30n, 40n], low(50n));
    expect(await offerAndClose(45n)).toEqual([RETRY, '0']);
    expect(await held()).toEqual({ '0': 'closed', '1': 40n, [ROOT]: 35n });
    expect(await offerAndClose(45n)).toEqual([RETRY, '1']);
    expect(await offerAndClose(45n)).toEqual([paidBy([ROOT, 45n]), undefined]);
  });

  it('composes what is more than usual, without closing them first', async () => {
    await warm(5n, [30n, 40n], low(50n));
    expect(await offerAndClose(60n)).toEqual([paidBy(['1', 40n], ['0', 20n]), undefined]);
  });

  it('closes none while others are at the root, which every close writes', async () => {
    await warm(5n, [30n, 40n], low(50n));
    const row = { kind: 'pool', currency, shard: ROOT } as const;
    process.ledger.pools.lost([], [{ row, met: 'conflict', existing: undefined }]);
    expect(await offerAndClose(45n)).toEqual([RETRY, '0']);
    expect(await held()).toEqual({ '0': 30n, '1': 40n, [ROOT]: 5n });
  });

  it('looks at no further row where something else refuses the debit', async () => {
    await warm(5n, [30n, 40n], low(50n));
    const unwanted = async () => false;
    expect(await offerOf(process.ledger, currency, minor(60n), unwanted)).toEqual(RETRY);
    expect(process.calls).toEqual([['BatchGetItem', ROOT]]);
  });
});

describe('CR-1: the rows of a pool are read', () => {
  const sketches: readonly ShardSketch[] = [5n, 'closed', 7n];

  it('all in one round trip, as soon as their number is known', async () => {
    await store(1n, sketches);
    const first = await readPool(process.ledger, currency);
    expect(process.calls).toEqual([
      ['BatchGetItem', ROOT],
      ['BatchGetItem', '0', '1', '2'],
    ]);
    expect(first?.shards.map(({ shard, available, open }) => [shard, available, open])).toEqual([
      ['0', 5n, true],
      ['1', 0n, false],
      ['2', 7n, true],
    ]);
    expect(await readPool(process.ledger, currency)).toEqual(first);
    expect(process.calls.slice(2)).toEqual([['BatchGetItem', '0', '1', '2', ROOT]]);
  });

  it.each<[string, readonly ShardSketch[]]>([
    ['more', [5n, 'closed', 7n, 9n]],
    ['fewer', [5n]],
    ['no', []],
  ])(
    'exactly those that there are, where there are %s shards than a moment ago',
    async (_, now) => {
      await warm(1n, sketches);
      await store(1n, now);
      const pool = await readPool(process.ledger, currency);
      expect(pool?.shards.map(({ shard }) => shard)).toEqual(now.map((_each, index) => `${index}`));
      expect(pool?.root.shards).toBe(now.length);
    },
  );

  it('none before the first top-up', async () => {
    expect(await readPool(process.ledger, currency)).toBeUndefined();
    expect(await readRoot(process.ledger, currency)).toBeUndefined();
    expect(await readShards(process.ledger, currency, ['0', '1'])).toEqual([]);
  });

  it('at one moment, unless their number has changed or one is being written', async () => {
    await store(1n, sketches);
    const pool = await snapshotPool(process.ledger, currency, 3);
    expect(pool).toEqual(await readPool(process.ledger, currency));
    expect(process.calls[0]).toEqual(['TransactGetItems', '0', '1', '2', ROOT]);
    expect(await snapshotPool(process.ledger, currency, 2)).toBeUndefined();
    process.before('TransactGetItems', () => {
      throw cancelledWith(['None', 'TransactionConflict', 'None', 'None']);
    });
    expect(await snapshotPool(process.ledger, currency, 3)).toBeUndefined();
  });

  it('WD-6: those that paid and are still open, and not the root', async () => {
    await store(1n, sketches);
    const shares = ['0', '1', '9', ROOT].map((shard) => ({ shard, amount: minor(1n) }));
    expect(await openAmong(process.ledger, currency, shares)).toEqual(new Set(['0']));
    expect(process.calls).toEqual([['BatchGetItem', '0', '1', '9']]);
    process.calls.length = 0;
    expect(await openAmong(process.ledger, currency, shares.slice(3))).toEqual(new Set());
    expect(process.calls).toEqual([]);
  });
});
