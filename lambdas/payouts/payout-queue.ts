import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { WithdrawalMessage } from './settle-rule.ts';

/** Messages of one merchant form a group, so that a busy one does not keep the others waiting. */
export const sendWithdrawal =
  (sqs: SQSClient, queueUrl: string) =>
  async (message: WithdrawalMessage): Promise<void> => {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: JSON.stringify(message),
        MessageGroupId: message.merchantId,
      }),
    );
  };

/** Puts a message off, instead of after the queue's usual time. */
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
