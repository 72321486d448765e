import '../harness/enable-logs.ts';
import { describe, expect, it } from '@jest/globals';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { postpone, sendWithdrawal } from '../../lambdas/payouts/payout-queue.ts';
import type { Verdict } from '../../lambdas/payouts/settle.ts';
import { settleMessage } from '../../lambdas/payouts/settle-message.ts';
import type { WithdrawalMessage } from '../../lambdas/payouts/settle-rule.ts';
import { queueFunction, RetryLater, streamFunction } from '../../lambdas/platform/batch.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { linesOf } from '../harness/log-lines.ts';
import { sqsRecord } from '../harness/sqs-record.ts';

const MESSAGE: WithdrawalMessage = { merchantId: 'm1', txnId: 'T1' };

describe('WD-8: a message is deleted only when its withdrawal is final', () => {
  const handled = async (verdict: Verdict, body: unknown = MESSAGE) => {
    const settled: WithdrawalMessage[] = [];
    const postponed: (readonly [string, number])[] = [];
    const handle = settleMessage(
      async (message) => {
        settled.push(message);
        return verdict;
      },
      async (...put) => void postponed.push(put),
    );
    const error = await handle(sqsRecord(body)).catch((thrown: unknown) => thrown);
    return { kept: error instanceof RetryLater, error, settled, postponed };
  };

  it.each<[Verdict, boolean, (readonly [string, number])[]]>([
    ['done', false, []],
    ['again', true, []],
    ['held', true, [['receipt', 900]]],
  ])('%s: kept %s, put off %j', async (verdict, kept, postponed) => {
    expect(await handled(verdict)).toMatchObject({ kept, postponed, settled: [MESSAGE] });
  });

  it.each([['text'], [{}], [{ merchantId: 'm1' }], [{ merchantId: '', txnId: 'T1' }], [null]])(
    'a message that says nothing (%j) is not settled, and stays for a person to look at',
    async (body) => {
      const { settled, error } = await handled('done', body);
      expect(settled).toEqual([]);
      expect(error).toBeDefined();
    },
  );
});

describe('WD-8: of a batch, only what must come again is kept', () => {
  const record = (messageId: string): SQSRecord => ({ ...sqsRecord(MESSAGE), messageId });
  const batch = { Records: ['a', 'b', 'c'].map(record) };
  const keeping = (errors: Readonly<Record<string, Error>>) =>
    queueFunction(async ({ messageId }) => {
      const error = errors[messageId];
      if (error !== undefined) throw error;
    });
  const kept = async (errors: Readonly<Record<string, Error>>): Promise<unknown> => {
    let answer: unknown;
    await linesOf(async () => {
      answer = await keeping(errors)(batch, lambdaContext);
    });
    return answer;
  };

  it.each<[string, Readonly<Record<string, Error>>, readonly string[]]>([
    ['nothing, when all are done', {}, []],
    ['the one that must wait', { b: new RetryLater('held') }, ['b']],
    ['the one that failed', { c: new Error('broken') }, ['c']],
    [
      'all, without failing the function',
      { a: new RetryLater('again'), b: new RetryLater('held'), c: new Error('broken') },
      ['a', 'b', 'c'],
    ],
  ])('%s', async (_, errors, ids) => {
    expect(await kept(errors)).toEqual({
      batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
    });
  });

  it('LE-5: a failure is told to us, a wait is none', async () => {
    const errors = { a: new RetryLater('again'), b: new Error('broken') };
    const lines = await linesOf(() => keeping(errors)(batch, lambdaContext));
    expect(lines).toMatchObject([
      { kind: 'error', message: 'RECORD_FAILED', error: { message: 'broken' } },
    ]);
  });
});

describe('WD-8: the stream keeps what was not forwarded', () => {
  const record = (SequenceNumber: string): DynamoDBRecord => ({ dynamodb: { SequenceNumber } });
  const batch = { Records: ['1', '2', '3'].map(record) };

  it('from the first record that failed', async () => {
    const forward = streamFunction(async ({ dynamodb }) => {
      if (dynamodb?.SequenceNumber === '2') throw new Error('no queue');
    });
    let answer: unknown;
    await linesOf(async () => {
      answer = await forward(batch, lambdaContext);
    });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  it('whole, when nothing of it went through', async () => {
    const forward = streamFunction(() => Promise.reject(new Error('no queue')));
    await linesOf(async () => {
      await expect(forward(batch, lambdaContext)).rejects.toThrow();
    });
  });
});

describe('WD-8: the settlement queue', () => {
  const queue = () => {
    const sent: { readonly input: unknown }[] = [];
    const send = async (command: { readonly input: unknown }) => void sent.push(command);
    return { sqs: { send } as unknown as Parameters<typeof postpone>[0], sent };
  };

  it('takes one message, in its merchant’s group, so that a busy one does not hold up the others', async () => {
    const { sqs, sent } = queue();
    await sendWithdrawal(sqs, 'https://queue')(MESSAGE);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        QueueUrl: 'https://queue',
        MessageBody: '{"merchantId":"m1","txnId":"T1"}',
        MessageGroupId: 'm1',
      },
    ]);
  });

  it('puts a message off for as long as it is told', async () => {
    const { sqs, sent } = queue();
    await postpone(sqs, 'https://queue')('receipt', 900);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: 'https://queue', ReceiptHandle: 'receipt', VisibilityTimeout: 900 },
    ]);
  });
});
