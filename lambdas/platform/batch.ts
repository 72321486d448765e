import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, DynamoDBRecord, DynamoDBStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { log, logger } from './logger.ts';
import { publishMetrics } from './metrics.ts';

/** Thrown to keep a message or record. What a retry cannot cure must not be thrown. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
}

const wrapped = <Event>() =>
  middy<Event>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(publishMetrics());

/** A queue's function: handles each message by itself and reports only those that failed. */
export const queueFunction = (handle: (record: SQSRecord) => Promise<void>) =>
  wrapped<SQSEvent>().handler((event: SQSEvent, context: Context) =>
    processPartialResponse(event, logged(handle), new BatchProcessor(EventType.SQS), {
      context,
      // A batch whose messages are all kept is no failure of the function.
      throwOnFullBatchFailure: false,
    }),
  );

/** A stream's function. Throws when every record fails, so that Lambda retries the batch. */
export const streamFunction = (handle: (record: DynamoDBRecord) => Promise<void>) =>
  wrapped<DynamoDBStreamEvent>().handler((event: DynamoDBStreamEvent, context: Context) =>
    processPartialResponse(event, logged(handle), new BatchProcessor(EventType.DynamoDBStreams), {
      context,
    }),
  );

/** A queue's function that handles all messages together, and reports none for another receipt. */
export const wholeBatchFunction = (handle: (event: SQSEvent) => Promise<void>) =>
  wrapped<SQSEvent>().handler(handle);

/** A function that runs on a schedule. What it cannot finish is left to its next run. */
export const timedFunction = (run: () => Promise<void>) => wrapped<unknown>().handler(run);

/** Powertools keeps a failed record without logging the error. */
const logged =
  <Item>(handle: (record: Item) => Promise<void>) =>
  async (record: Item): Promise<void> => {
    try {
      await handle(record);
    } catch (error) {
      if (!(error instanceof RetryLater)) log('error', 'RECORD_FAILED', {}, error);
      throw error;
    }
  };
