import type { SQSRecord } from 'aws-lambda';

/** A message as SQS delivers it to a function. */
export const sqsRecord = (body: unknown): SQSRecord => ({
  messageId: 'message',
  receiptHandle: 'receipt',
  body: JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: 'sender',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:payouts',
  awsRegion: 'us-east-1',
});
