import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TransactGetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { snapshotOf } from '../../lambdas/ledger/snapshot.ts';
import { openTable } from '../../lambdas/ledger/table.ts';
import { cancelledWith } from '../harness/faults.ts';

const KEYS = [
  { pk: 'POOL#USD#ROOT', sk: 'POOL' },
  { pk: 'POOL#USD#0', sk: 'POOL' },
];
const answering = (send: (command: unknown) => Promise<object>) =>
  openTable({ send } as unknown as DynamoDBDocumentClient, 'Ledger');

describe('CR-1: rows at one moment', () => {
  it('are read in one transaction, in the order of their keys', async () => {
    const sent: unknown[] = [];
    const table = answering(async (command) => {
      sent.push(command);
      return { Responses: [{ Item: { available: 1n } }, {}] };
    });
    expect(await snapshotOf(table, KEYS)).toEqual([{ available: 1n }, undefined]);
    expect(sent).toHaveLength(1);
    expect((sent[0] as TransactGetCommand).input).toEqual({
      TransactItems: KEYS.map((Key) => ({ Get: { TableName: 'Ledger', Key } })),
    });
    expect(sent[0]).toBeInstanceOf(TransactGetCommand);
  });

  it('cannot be had while a transaction is writing one of them', async () => {
    const table = answering(() => Promise.reject(cancelledWith(['None', 'TransactionConflict'])));
    expect(await snapshotOf(table, KEYS)).toBeUndefined();
  });

  it('another error is thrown', async () => {
    const table = answering(() => Promise.reject(new Error('access denied')));
    await expect(snapshotOf(table, KEYS)).rejects.toThrow('access denied');
  });
});
