import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { PayoutMessage } from './settle-rule.ts';

/** Messages of one merchant form a group, so that a busy merchant does not delay the others. */
export const sendPayout =
  (sqs: SQSClient, queueUrl: string) =>
  async (message: PayoutMessage): Promise<void> => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.merchantId,
      }),
    );
  };

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
