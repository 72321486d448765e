import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { SettlementMessage } from '../../lambdas/domain/settlement.ts';
import type { Transaction } from '../../lambdas/domain/transaction.ts';
import { messageFor, relayWork } from '../../lambdas/stream/relay-work.ts';
import { aWithdrawal } from '../support/a-withdrawal.ts';

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

describe('WD-1: only a withdrawal that has something to settle goes to settlement', () => {
  it.each([
    ['a new one', record('INSERT', undefined, {})],
    ['a scheduled one whose time has come', record('MODIFY', { status: 'SCHEDULED' }, {})],
  ])('%s', (_, changed) => {
    expect(messageFor(changed)).toEqual(MESSAGE);
  });

  it.each([
    ['one that was put back has its message still', record('MODIFY', { status: 'PROCESSING' }, {})],
    ['one that only waits on', record('MODIFY', { due: 'x' }, {})],
    ['one in doubt', record('MODIFY', { status: 'UNKNOWN' }, {})],
    ['one that was taken up', record('MODIFY', {}, { status: 'PROCESSING' })],
    ['one that is scheduled', record('INSERT', undefined, { status: 'SCHEDULED' })],
    ['one that is paid', record('MODIFY', { status: 'PROCESSING' }, { status: 'SUCCEEDED' })],
    ['one that is deleted', record('REMOVE', {}, undefined)],
    ['a top-up', record('INSERT', undefined, { type: 'top_up', status: 'SUCCEEDED' })],
    ['a top-up that claims to be pending', record('INSERT', undefined, { type: 'top_up' })],
    ['an approval', record('INSERT', undefined, { type: 'approval', status: 'SUCCEEDED' })],
  ])('not %s', (_, changed) => {
    expect(messageFor(changed)).toBeUndefined();
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
    expect(messageFor(changed)).toBeUndefined();
  });
});

describe('WD-8: the relay forwards, and nothing else', () => {
  const relayed = async (changed: DynamoDBRecord): Promise<readonly SettlementMessage[]> => {
    const sent: SettlementMessage[] = [];
    await relayWork(async (message) => void sent.push(message))(changed);
    return sent;
  };

  it('one message for a record that asks for it, none for another', async () => {
    expect(await relayed(record('INSERT', undefined, {}))).toEqual([MESSAGE]);
    expect(await relayed(record('MODIFY', { status: 'PROCESSING' }, {}))).toEqual([]);
  });

  it('a queue that does not take it keeps the record', async () => {
    const broken = relayWork(() => Promise.reject(new Error('no queue')));
    await expect(broken(record('INSERT', undefined, {}))).rejects.toThrow('no queue');
  });
});
