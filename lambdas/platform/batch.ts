import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, DynamoDBRecord, DynamoDBStreamEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { log, logger } from './logger.ts';

/** Thrown to keep a message or record. Anything a retry cannot cure must not be thrown. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
}

const bundle = <Event>() => middy<Event>().use(injectLambdaContext(logger, { resetKeys: true }));

/** Every queue's function: each message by itself, and only those that must come again are kept. */
export const queueFunction = (handle: (record: SQSRecord) => Promise<void>) =>
  bundle<SQSEvent>().handler((event: SQSEvent, context: Context) =>
    processPartialResponse(event, watched(handle), new BatchProcessor(EventType.SQS), {
      context,
      // A batch of which all must wait is no failure of the function.
      throwOnFullBatchFailure: false,
    }),
  );

/** Every stream's function: a batch of which every record failed throws, so that it comes again. */
export const streamFunction = (handle: (record: DynamoDBRecord) => Promise<void>) =>
  bundle<DynamoDBStreamEvent>().handler((event: DynamoDBStreamEvent, context: Context) =>
    processPartialResponse(event, watched(handle), new BatchProcessor(EventType.DynamoDBStreams), {
      context,
    }),
  );

/** A function that the clock calls; what it cannot finish is there the next time. */
export const timedFunction = (run: () => Promise<void>) => bundle<unknown>().handler(run);

/** Powertools keeps a failed record without a word about why. */
const watched =
  <Item>(handle: (record: Item) => Promise<void>) =>
  async (record: Item): Promise<void> => {
    try {
      await handle(record);
    } catch (error) {
      if (!(error instanceof RetryLater)) log('error', 'RECORD_FAILED', {}, error);
      throw error;
    }
  };
