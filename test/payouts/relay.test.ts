import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { Transaction } from '../../lambdas/ledger/transactions.ts';
import { relayWork, workFor } from '../../lambdas/payouts/relay.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';

const ROW = aWithdrawal();
const MESSAGE = { merchantId: 'm1', txnId: ROW.txnId };

type Image = Record<string, AttributeValue>;
/** As DynamoDB sends it. */
const image = (row: object): Image => marshall(row, { removeUndefinedValues: true }) as Image;
const record = (
  eventName: 'INSERT' | 'MODIFY' | 'REMOVE',
  before: Partial<Transaction> | undefined,
  after: Partial<Transaction> | undefined,
): DynamoDBRecord => ({
  eventName,
  dynamodb: {
    ...(before && { OldImage: image({ ...ROW, ...before }) }),
    ...(after && { NewImage: image({ ...ROW, ...after }) }),
  },
});

describe('WD-1 WD-2: only a withdrawal that has something to happen to it is work', () => {
  it.each([
    ['a new one', record('INSERT', undefined, {})],
    ['a scheduled one whose time has come', record('MODIFY', { status: 'SCHEDULED' }, {})],
  ])('%s', (_, changed) => {
    expect(workFor(changed)).toEqual({ do: 'settle', message: MESSAGE });
  });

  it('one that is scheduled gets a schedule for its time', () => {
    const executeAt = '2026-11-21T12:00:00.000Z';
    expect(workFor(record('INSERT', undefined, { status: 'SCHEDULED', executeAt }))).toEqual({
      do: 'schedule',
      message: MESSAGE,
      executeAt,
    });
  });

  it('one that is cancelled needs it no more', () => {
    expect(workFor(record('MODIFY', { status: 'SCHEDULED' }, { status: 'CANCELLED' }))).toEqual({
      do: 'unschedule',
      message: MESSAGE,
    });
  });

  it.each([
    ['one that was put back has its message still', record('MODIFY', { status: 'PROCESSING' }, {})],
    ['one that only waits on', record('MODIFY', { due: 'x' }, {})],
    ['one in doubt', record('MODIFY', { status: 'UNKNOWN' }, {})],
    ['one that was taken up', record('MODIFY', {}, { status: 'PROCESSING' })],
    [
      'one that could not be carried out',
      record('MODIFY', { status: 'SCHEDULED' }, { status: 'FAILED' }),
    ],
    [
      'one whose schedule was lost',
      record('MODIFY', { status: 'SCHEDULED' }, { status: 'SCHEDULED', due: 'x' }),
    ],
    ['one that is paid', record('MODIFY', { status: 'PROCESSING' }, { status: 'SUCCEEDED' })],
    ['one that is deleted', record('REMOVE', {}, undefined)],
    ['a top-up', record('INSERT', undefined, { type: 'top_up', status: 'SUCCEEDED' })],
    ['a top-up that claims to be pending', record('INSERT', undefined, { type: 'top_up' })],
    ['an approval', record('INSERT', undefined, { type: 'approval', status: 'SUCCEEDED' })],
  ])('not %s', (_, changed) => {
    expect(workFor(changed)).toBeUndefined();
  });

  it.each<[string, DynamoDBRecord]>([
    ['an empty record', {}],
    ['a record without images', { eventName: 'INSERT', dynamodb: {} }],
    ['a merchant', { eventName: 'INSERT', dynamodb: { NewImage: image({ status: 'PENDING' }) } }],
    [
      'a withdrawal without its merchant',
      {
        eventName: 'INSERT',
        dynamodb: { NewImage: image({ type: 'withdrawal', status: 'PENDING', txnId: 'T' }) },
      },
    ],
    [
      'an attribute of a kind that does not exist',
      { eventName: 'INSERT', dynamodb: { NewImage: { type: { X: 'withdrawal' } as never } } },
    ],
  ])('not %s', (_, changed) => {
    expect(workFor(changed)).toBeUndefined();
  });
});

describe('WD-8: the relay passes on, and nothing else', () => {
  const relayed = async (changed: DynamoDBRecord): Promise<readonly unknown[]> => {
    const done: unknown[] = [];
    await relayWork({
      settle: async (message) => void done.push(['settle', message]),
      schedule: async (message, at) => void done.push(['schedule', message, at]),
      unschedule: async (message) => void done.push(['unschedule', message]),
    })(changed);
    return done;
  };

  it('each kind of work to where it is done, and nothing for another record', async () => {
    const executeAt = '2026-11-21T12:00:00.000Z';
    const scheduled = record('INSERT', undefined, { status: 'SCHEDULED', executeAt });
    const cancelled = record('MODIFY', { status: 'SCHEDULED' }, { status: 'CANCELLED' });
    expect(await relayed(record('INSERT', undefined, {}))).toEqual([['settle', MESSAGE]]);
    expect(await relayed(scheduled)).toEqual([['schedule', MESSAGE, executeAt]]);
    expect(await relayed(cancelled)).toEqual([['unschedule', MESSAGE]]);
    expect(await relayed(record('MODIFY', { status: 'PROCESSING' }, {}))).toEqual([]);
  });

  it('what does not take it keeps the record', async () => {
    const refuse = () => Promise.reject(new Error('no queue'));
    const broken = relayWork({ settle: refuse, schedule: refuse, unschedule: refuse });
    await expect(broken(record('INSERT', undefined, {}))).rejects.toThrow('no queue');
  });
});
