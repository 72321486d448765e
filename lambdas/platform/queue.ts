import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { log } from './logger.ts';
import { isCertainlyLost } from './retry.ts';

/**
 * Sends a message. Those of one group do not delay those of others.
 * @param delaySeconds before it can be received, at most 900.
 */
export const sendTo =
  <Message>(groupOf: (message: Message) => string) =>
  (sqs: SQSClient, queueUrl: string) =>
  async (message: Message, delaySeconds?: number): Promise<void> => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: groupOf(message),
        DelaySeconds: delaySeconds,
      }),
    );
  };

/**
 * Sends a message to a FIFO queue. A copy with the same id is dropped for five minutes.
 * @returns false where it was certainly not sent. Where that is unknown, it may have been.
 */
export const sendInOrder =
  <Message extends { readonly merchantId: string }>(sqs: SQSClient, queueUrl: string) =>
  async (message: Message, deduplicationId: string): Promise<boolean> => {
    try {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: message.merchantId,
          MessageDeduplicationId: deduplicationId,
        }),
      );
      return true;
    } catch (error) {
      log('error', 'HANDOVER_FAILED', { merchant: message.merchantId }, error);
      return !isCertainlyLost(error);
    }
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
