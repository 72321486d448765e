import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { relay, workFor } from '../../lambdas/payouts/relay.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';

const ROW = aWithdrawal();
const MESSAGE = { merchantId: 'm1', txnId: ROW.txnId };
const EXECUTE_AT = '2026-11-21T12:00:00.000Z';

type Image = Record<string, AttributeValue>;
/** An image as the stream delivers it. */
const image = (row: object): Image => marshall(row, { removeUndefinedValues: true }) as Image;
/** A change of a withdrawal's row. An attribute that is set to undefined is left out of the image. */
const record = (
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE',
  before: object | undefined,
  after: object | undefined,
): DynamoDBRecord => ({
  eventName,
  dynamodb: {
    ...(before && { OldImage: image({ ...ROW, ...before }) }),
    ...(after && { NewImage: image({ ...ROW, ...after }) }),
  },
});

describe('WD-1 WD-2: the work that a change of a payout asks for', () => {
  it.each([
    ['it is created', record('INSERT', undefined, {})],
    ['a scheduled one is executed', record('MODIFY', { status: 'SCHEDULED' }, {})],
  ])('a payout is sent to settlement when %s', (_, changed) => {
    expect(workFor(changed)).toEqual({ do: 'settle', message: MESSAGE });
  });

  it('a scheduled payout gets a schedule for its time', () => {
    const scheduled = { status: 'SCHEDULED', executeAt: EXECUTE_AT };
    expect(workFor(record('INSERT', undefined, scheduled))).toEqual({
      do: 'schedule',
      message: MESSAGE,
      executeAt: EXECUTE_AT,
    });
  });

  it('a cancelled payout loses its schedule', () => {
    expect(workFor(record('MODIFY', { status: 'SCHEDULED' }, { status: 'CANCELLED' }))).toEqual({
      do: 'unschedule',
      message: MESSAGE,
    });
  });

  it.each([
    ['a payout that returned to PENDING', record('MODIFY', { status: 'PROCESSING' }, {})],
    ['a payout whose check was postponed', record('MODIFY', { nextCheckAt: 'x' }, {})],
    ['an unclear payout that returned to PENDING', record('MODIFY', { status: 'UNKNOWN' }, {})],
    ['a claimed payout', record('MODIFY', {}, { status: 'PROCESSING' })],
    [
      'a scheduled payout that failed',
      record('MODIFY', { status: 'SCHEDULED' }, { status: 'FAILED' }),
    ],
    [
      'a scheduled payout whose check was postponed',
      record(
        'MODIFY',
        { status: 'SCHEDULED', executeAt: EXECUTE_AT },
        { status: 'SCHEDULED', executeAt: EXECUTE_AT, nextCheckAt: 'x' },
      ),
    ],
    [
      'a payout that succeeded',
      record('MODIFY', { status: 'PROCESSING' }, { status: 'SUCCEEDED' }),
    ],
    ['a payout that is created as final', record('INSERT', undefined, { status: 'SUCCEEDED' })],
    ['a scheduled payout without a time', record('INSERT', undefined, { status: 'SCHEDULED' })],
    ['a deleted row', record('REMOVE', {}, undefined)],
  ])('%s needs nothing', (_, changed) => {
    expect(workFor(changed)).toBeUndefined();
  });
});

describe('WD-1: a transaction has work for a provider only if it has a payout', () => {
  it.each(['withdrawal', 'sale', 'unknown', undefined])(
    'a payout of a transaction of type %s is sent, scheduled and unscheduled',
    (type) => {
      const scheduled = { type, status: 'SCHEDULED', executeAt: EXECUTE_AT };
      expect(
        [
          record('INSERT', undefined, { type }),
          record('INSERT', undefined, scheduled),
          record('MODIFY', scheduled, { type, executeAt: EXECUTE_AT }),
          record('MODIFY', scheduled, { ...scheduled, status: 'CANCELLED' }),
        ].map((changed) => workFor(changed)?.do),
      ).toEqual(['settle', 'schedule', 'settle', 'unschedule']);
    },
  );

  it.each([
    ['a top-up', { type: 'top_up', status: 'SUCCEEDED' }],
    ['a pending top-up', { type: 'top_up' }],
    ['an approval', { type: 'approval', status: 'SUCCEEDED' }],
    ['a pending deposit', { type: 'deposit' }],
    ['a pending transfer', { type: 'transfer' }],
    ['a scheduled transfer', { type: 'transfer', status: 'SCHEDULED', executeAt: EXECUTE_AT }],
    ['a withdrawal without a payout', { type: 'withdrawal' }],
  ])('%s needs nothing', (_, known) => {
    expect(workFor(record('INSERT', undefined, { ...known, payout: undefined }))).toBeUndefined();
  });

  it('a transaction that has left SCHEDULED without a payout needs nothing', () => {
    const scheduled = { type: 'transfer', status: 'SCHEDULED', payout: undefined };
    for (const status of ['PENDING', 'CANCELLED']) {
      expect(workFor(record('MODIFY', scheduled, { ...scheduled, status }))).toBeUndefined();
    }
  });

  it.each([
    ['a text', 'bank'],
    ['a map without a provider', { destination: 'IR-1' }],
  ])('a payout that is %s needs nothing', (_, payout) => {
    expect(workFor(record('INSERT', undefined, { payout }))).toBeUndefined();
  });

  it.each<[string, DynamoDBRecord]>([
    ['an empty record', {}],
    ['a record without images', { eventName: 'INSERT', dynamodb: {} }],
    ['a merchant', { eventName: 'INSERT', dynamodb: { NewImage: image({ status: 'PENDING' }) } }],
    ['a payout without its merchant', record('INSERT', undefined, { merchantId: undefined })],
    [
      'an attribute of an unknown kind',
      { eventName: 'INSERT', dynamodb: { NewImage: { payout: { X: 'bank' } } as never } },
    ],
  ])('%s needs nothing', (_, changed) => {
    expect(workFor(changed)).toBeUndefined();
  });
});

/** A change of a row of a pool. */
const poolRecord = (before: object | undefined, after: object | undefined): DynamoDBRecord => ({
  eventName: before === undefined ? 'INSERT' : 'MODIFY',
  dynamodb: {
    ...(before && { OldImage: image(before) }),
    ...(after && { NewImage: image(after) }),
  },
});
const ROOT = {
  pk: 'POOL#USD#ROOT',
  sk: 'POOL',
  currency: 'USD',
  available: 100n,
  lent: 0n,
  shards: 2n,
  closed: 0n,
  targetShards: 2n,
  low: 0n,
};
const SHARD = { pk: 'POOL#USD#0', sk: 'POOL', currency: 'USD', available: 9n, open: true };

describe('CR-1: the work that a change of a pool asks for', () => {
  it.each([
    ['the root is new and wants shards', undefined, { shards: 0n }],
    ['the root has at least doubled', { available: 50n }, {}],
    ['other shards are wanted', {}, { targetShards: 3n }],
    ['a closed shard can open', { closed: 1n }, { closed: 1n, available: 99n }],
  ])('the pool is rebalanced when %s', (_, before, after) => {
    const changed = poolRecord(before && { ...ROOT, ...before }, { ...ROOT, ...after });
    expect(workFor(changed)).toEqual({ do: 'rebalance', message: { currency: 'USD' } });
  });

  it.each([
    ['a root that has less', ROOT, { ...ROOT, available: 60n }],
    ['a root that has a little more', ROOT, { ...ROOT, available: 199n }],
    [
      'a root with too little to open a shard',
      ROOT,
      { ...ROOT, available: 50n, closed: 1n, low: 10n },
    ],
    ['a new pool without shards', undefined, { ...ROOT, shards: 0n, targetShards: 0n }],
    ['a shard that has more', SHARD, { ...SHARD, available: 90n }],
    ['a shard that is new', undefined, SHARD],
    ['a root of an unknown currency', undefined, { ...ROOT, currency: 'XXX' }],
    ['a root that is gone', ROOT, undefined],
  ])('%s needs nothing', (_, before, after) => {
    expect(workFor(poolRecord(before, after))).toBeUndefined();
  });
});

describe('WD-8: the relay forwards work', () => {
  const relayed = async (changed: DynamoDBRecord): Promise<readonly unknown[]> => {
    const forwarded: unknown[] = [];
    await relay({
      settle: async (message) => void forwarded.push(['settle', message]),
      schedule: async (message, at) => void forwarded.push(['schedule', message, at]),
      unschedule: async (message) => void forwarded.push(['unschedule', message]),
      rebalance: async (message) => void forwarded.push(['rebalance', message]),
    })(changed);
    return forwarded;
  };

  it('each kind of work goes to its own destination, and a record without work nowhere', async () => {
    const scheduled = record('INSERT', undefined, { status: 'SCHEDULED', executeAt: EXECUTE_AT });
    const cancelled = record('MODIFY', { status: 'SCHEDULED' }, { status: 'CANCELLED' });
    expect(await relayed(record('INSERT', undefined, {}))).toEqual([['settle', MESSAGE]]);
    expect(await relayed(scheduled)).toEqual([['schedule', MESSAGE, EXECUTE_AT]]);
    expect(await relayed(cancelled)).toEqual([['unschedule', MESSAGE]]);
    expect(await relayed(poolRecord(undefined, ROOT))).toEqual([
      ['rebalance', { currency: 'USD' }],
    ]);
    expect(await relayed(record('MODIFY', { status: 'PROCESSING' }, {}))).toEqual([]);
    expect(await relayed(record('INSERT', undefined, { payout: undefined }))).toEqual([]);
  });

  it.each([
    ['settle', record('INSERT', undefined, {})],
    ['schedule', record('INSERT', undefined, { status: 'SCHEDULED', executeAt: EXECUTE_AT })],
    ['unschedule', record('MODIFY', { status: 'SCHEDULED' }, { status: 'CANCELLED' })],
  ])('a record whose %s fails is kept in the stream', async (_, changed) => {
    const fail = () => Promise.reject(new Error('no queue'));
    const failing = relay({ settle: fail, schedule: fail, unschedule: fail, rebalance: fail });
    await expect(failing(changed)).rejects.toThrow('no queue');
  });

  it('CR-1: a failed call of the rebalancer holds up no payout: recovery calls it every minute', async () => {
    const fail = () => Promise.reject(new Error('no queue'));
    const failing = relay({ settle: fail, schedule: fail, unschedule: fail, rebalance: fail });
    await expect(failing(poolRecord(undefined, ROOT))).resolves.toBeUndefined();
  });
});
