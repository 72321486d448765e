import '../harness/enable-logs.ts';
import { describe, expect, it } from '@jest/globals';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { sendPayout } from '../../lambdas/payouts/queues.ts';
import { settleMessage } from '../../lambdas/payouts/settle-message.ts';
import type { MessageOutcome, PayoutMessage } from '../../lambdas/payouts/settle-rule.ts';
import { queueFunction, RetryLater, streamFunction } from '../../lambdas/platform/batch.ts';
import { postpone } from '../../lambdas/platform/queue.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { linesOf } from '../harness/log-lines.ts';
import { sqsRecord } from '../harness/sqs-record.ts';

const MESSAGE: PayoutMessage = { merchantId: 'm1', txnId: 'T1' };

describe('WD-8: a message is deleted only when its payout is final', () => {
  const handled = async (outcome: MessageOutcome, body: unknown = MESSAGE) => {
    const settled: PayoutMessage[] = [];
    const postponed: (readonly [string, number])[] = [];
    const handle = settleMessage(
      async (message) => {
        settled.push(message);
        return outcome;
      },
      async (...call) => void postponed.push(call),
    );
    const error = await handle(sqsRecord(body)).catch((thrown: unknown) => thrown);
    return { kept: error instanceof RetryLater, error, settled, postponed };
  };

  it.each<[MessageOutcome, boolean, (readonly [string, number])[]]>([
    ['done', false, []],
    ['again', true, []],
    ['held', true, [['receipt', 900]]],
  ])('outcome %s: message kept %s, postponed %j', async (outcome, kept, postponed) => {
    expect(await handled(outcome)).toMatchObject({ kept, postponed, settled: [MESSAGE] });
  });

  it.each([['text'], [{}], [{ merchantId: 'm1' }], [{ merchantId: '', txnId: 'T1' }], [null]])(
    'a malformed message (%j) is kept for the dead-letter queue and not settled',
    async (body) => {
      const { settled, error } = await handled('done', body);
      expect(settled).toEqual([]);
      expect(error).toBeDefined();
    },
  );
});

describe('WD-8: a batch keeps only the messages that are not done', () => {
  const record = (messageId: string): SQSRecord => ({ ...sqsRecord(MESSAGE), messageId });
  const batch = { Records: ['a', 'b', 'c'].map(record) };
  const keeping = (errors: Readonly<Record<string, Error>>) =>
    queueFunction(async ({ messageId }) => {
      const error = errors[messageId];
      if (error !== undefined) throw error;
    });
  const kept = async (errors: Readonly<Record<string, Error>>): Promise<unknown> => {
    let response: unknown;
    await linesOf(async () => {
      response = await keeping(errors)(batch, lambdaContext);
    });
    return response;
  };

  it.each<[string, Readonly<Record<string, Error>>, readonly string[]]>([
    ['no message when all are done', {}, []],
    ['the held message', { b: new RetryLater('held') }, ['b']],
    ['the failed message', { c: new Error('broken') }, ['c']],
    [
      'all messages without failing the function',
      { a: new RetryLater('again'), b: new RetryLater('held'), c: new Error('broken') },
      ['a', 'b', 'c'],
    ],
  ])('the batch keeps %s', async (_, errors, ids) => {
    expect(await kept(errors)).toEqual({
      batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
    });
  });

  it('LE-5: a failure is logged, and an expected retry is not', async () => {
    const errors = { a: new RetryLater('again'), b: new Error('broken') };
    const lines = await linesOf(() => keeping(errors)(batch, lambdaContext));
    expect(lines).toMatchObject([
      { kind: 'error', message: 'RECORD_FAILED', error: { message: 'broken' } },
    ]);
  });
});

describe('WD-8: the stream keeps records that were not forwarded', () => {
  const record = (SequenceNumber: string): DynamoDBRecord => ({ dynamodb: { SequenceNumber } });
  const batch = { Records: ['1', '2', '3'].map(record) };

  it('the first failed record is reported', async () => {
    const forward = streamFunction(async ({ dynamodb }) => {
      if (dynamodb?.SequenceNumber === '2') throw new Error('no queue');
    });
    let response: unknown;
    await linesOf(async () => {
      response = await forward(batch, lambdaContext);
    });
    expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  it('the function throws when every record failed', async () => {
    const forward = streamFunction(() => Promise.reject(new Error('no queue')));
    await linesOf(async () => {
      await expect(forward(batch, lambdaContext)).rejects.toThrow();
    });
  });
});

describe('WD-8: the payout queue', () => {
  const queue = () => {
    const sent: { readonly input: unknown }[] = [];
    const send = async (command: { readonly input: unknown }) => void sent.push(command);
    return { sqs: { send } as unknown as Parameters<typeof postpone>[0], sent };
  };

  it('a message is sent in the group of its merchant, so that a busy merchant does not delay the others', async () => {
    const { sqs, sent } = queue();
    await sendPayout(sqs, 'https://queue')(MESSAGE);
    expect(sent.map(({ input }) => input)).toEqual([
      {
        QueueUrl: 'https://queue',
        MessageBody: '{"merchantId":"m1","txnId":"T1"}',
        MessageGroupId: 'm1',
      },
    ]);
  });

  it('WD-2: a message may be delayed by whole seconds', async () => {
    const { sqs, sent } = queue();
    await sendPayout(sqs, 'https://queue')(MESSAGE, 7);
    expect(sent).toMatchObject([{ input: { DelaySeconds: 7, MessageGroupId: 'm1' } }]);
  });

  it('a message is postponed by the given number of seconds', async () => {
    const { sqs, sent } = queue();
    await postpone(sqs, 'https://queue')('receipt', 900);
    expect(sent.map(({ input }) => input)).toEqual([
      { QueueUrl: 'https://queue', ReceiptHandle: 'receipt', VisibilityTimeout: 900 },
    ]);
  });
});
