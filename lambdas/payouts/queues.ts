import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { PoolMessage } from '../ledger/pool/pool.ts';
import type { PayoutMessage } from './settle-rule.ts';

/** Messages of one group do not delay those of others. */
const sendTo =
  <Message>(groupOf: (message: Message) => string) =>
  (sqs: SQSClient, queueUrl: string) =>
  async (message: Message): Promise<void> => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: groupOf(message),
      }),
    );
  };

export const sendPayout = sendTo<PayoutMessage>(({ merchantId }) => merchantId);
export const sendPool = sendTo<PoolMessage>(({ currency }) => currency);

/** Changes when a message becomes visible again. */
export const postpone =
  (sqs: SQSClient, queueUrl: string) =>
  async (receiptHandle: string, seconds: number): Promise<void> => {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  };
