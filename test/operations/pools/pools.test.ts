import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currencyCode } from '../../../lambdas/ledger/money.ts';
import { rebalance } from '../../../lambdas/operations/pools/rebalance.ts';
import { cancelledWith } from '../../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';

let harness: Harness;
/** How many of the next snapshots fail because a row is being written. */
let lostSnapshots = 0;
let snapshots = 0;
beforeAll(async () => {
  harness = await startHarness(51, undefined, { poolShards: 3 });
  harness.context.ledger.dynamo.middlewareStack.add(
    (next, context) => (args) => {
      if (context['commandName'] !== 'TransactGetItemsCommand') return next(args);
      snapshots += 1;
      if (lostSnapshots === 0) return next(args);
      lostSnapshots -= 1;
      throw cancelledWith(['TransactionConflict']);
    },
    { step: 'initialize', name: 'loseSnapshots' },
  );
});
afterAll(() => harness.close());

const topUp = (currency: string, amount = '900.00', key = 'top-up') =>
  harness.call('POST /admin/pools/{currency}/topups', {
    admin: true,
    key: `${key}-${currency}`,
    params: { currency },
    body: { amount },
  });
const patch = (currency: string, shards: unknown, key: string): Promise<Reply> =>
  harness.call('PATCH /admin/pools/{currency}', {
    admin: true,
    key,
    params: { currency },
    body: { shards },
  });
const read = async (currency: string) =>
  (await harness.call('GET /admin/pools/{currency}', { admin: true, params: { currency } })).body
    .data;
const level = (currency: string) => rebalance(harness.context.ledger, currencyCode.parse(currency));

describe('CR-1: the first top-up', () => {
  it('opens the pool with the shards of its stage, and further ones add to the root', async () => {
    expect((await topUp('EUR')).status).toBe(201);
    expect(await read('EUR')).toMatchObject({ available: '900.00', shards: 0, target_shards: 3 });
    await level('EUR');
    await patch('EUR', 2, 'fewer');
    expect((await topUp('EUR', '10.00', 'second')).status).toBe(201);
    expect(await read('EUR')).toMatchObject({ available: '910.00', shards: 3, target_shards: 2 });
  });
});

describe('CR-1: an admin spreads a pool', () => {
  it('a pool that was never topped up is not found', async () => {
    const reply = await patch('CHF', 4, 'none');
    expect([reply.status, reply.body.code]).toEqual([404, 'pool_not_found']);
    expect(await read('CHF')).toMatchObject({ target_shards: 0 });
  });

  it('the response names the transaction, and a repeat returns it and changes nothing', async () => {
    await topUp('GBP');
    const first = await patch('GBP', 5, 'five');
    expect([first.status, first.body.data]).toEqual([
      202,
      {
        id: expect.any(String),
        type: 'pool_change',
        currency: 'GBP',
        target_shards: 5,
        created_at: harness.clock.now.toISOString(),
      },
    ]);
    await patch('GBP', 7, 'seven');
    const again = await patch('GBP', 5, 'five');
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    expect(await read('GBP')).toMatchObject({ target_shards: 7, shards: 0, available: '900.00' });
    const rows = (await harness.rows()).filter(({ txnId }) => txnId === first.body.data.id);
    expect(rows).toMatchObject([
      { pk: 'POOL#GBP#ROOT', type: 'pool_change', status: 'SUCCEEDED', shards: 5n, amount: 0n },
    ]);
  });

  it.each([0, 96])('%s shards are allowed', async (shards) => {
    await topUp('SEK');
    expect((await patch('SEK', shards, `allowed-${shards}`)).status).toBe(202);
    expect(await read('SEK')).toMatchObject({ target_shards: shards });
  });

  it.each([
    [97, 'too_long'],
    [-1, 'too_short'],
    [1.5, 'wrong_type'],
    ['4', 'wrong_type'],
    [null, 'wrong_type'],
    [undefined, 'required'],
  ])('%p shards are refused: %s', async (shards, code) => {
    await topUp('SEK');
    const before = await read('SEK');
    const reply = await patch('SEK', shards, 'refused');
    expect([reply.status, reply.body.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'shards', code })],
    ]);
    expect(await read('SEK')).toEqual(before);
  });
});

describe('CR-1: an admin reads a pool', () => {
  it('a currency without a pool shows zeros', async () => {
    expect(await read('NOK')).toMatchObject({
      available: '0.00',
      lent: '0.00',
      shards: 0,
      exact: true,
      hottest: null,
    });
  });

  it('the sums are those of one moment', async () => {
    await topUp('DKK');
    await level('DKK');
    snapshots = 0;
    expect(await read('DKK')).toMatchObject({ available: '900.00', exact: true, open_shards: 3 });
    expect(snapshots).toBe(1);
  });

  it('a snapshot of a busy pool is tried three times', async () => {
    await topUp('PLN');
    await level('PLN');
    [snapshots, lostSnapshots] = [0, 2];
    expect(await read('PLN')).toMatchObject({ available: '900.00', exact: true });
    [snapshots, lostSnapshots] = [0, 3];
    expect(await read('PLN')).toMatchObject({ available: '900.00', exact: false });
    expect([snapshots, lostSnapshots]).toEqual([3, 0]);
  });

  it('a pool of one row is exact without a snapshot', async () => {
    await topUp('CZK');
    lostSnapshots = 3;
    expect(await read('CZK')).toMatchObject({ available: '900.00', exact: true });
    lostSnapshots = 0;
  });

  it('hottest and conflict_rate count what withdrawals met', async () => {
    await topUp('USD');
    const as = await harness.merchant('100.00');
    const order = { as, key: 'one', body: { amount: '10.00' } };
    await harness.call('POST /withdrawals', order);
    expect(await read('USD')).toMatchObject({
      lent: '10.00',
      in_flight: '10.00',
      hottest: { shard: 'ROOT', changes: 2, conflicts: 0 },
      conflict_rate: '0.00',
    });
    harness.context.ledger.pools.of(currencyCode.parse('USD')).met('ROOT', 1n);
    await harness.call('POST /withdrawals', { ...order, key: 'two' });
    expect(await read('USD')).toMatchObject({
      lent: '20.00',
      hottest: { shard: 'ROOT', changes: 3, conflicts: 1 },
      conflict_rate: '25.00',
    });
  });
});
