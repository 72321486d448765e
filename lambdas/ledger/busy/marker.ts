import { PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { later } from '../calendar.ts';
import { busyId } from '../keys.ts';
import { expirationFrom, type ResponseStore, readStored } from '../responses.ts';
import type { Batch } from './shedding.ts';

/** What says that requests on a merchant are committed in groups: those that come meanwhile join them at once. */
export type BusyMarker = {
  /** ISO 8601 in UTC. */
  readonly until: string;
  /** ISO 8601 in UTC. */
  readonly markedAt: string;
  /** The last ones of the merchant's queue, the newest last. */
  readonly batches: readonly Batch[];
};

const BUSY_MS = 3_000;

const whole = z.bigint().transform(Number);
const markerRow = z.object({
  until: z.string(),
  markedAt: z.string(),
  batches: z.array(z.object({ receivedAt: whole, sentAt: whole, size: whole, letIn: whole })),
});
/** One of another form is none: the next group replaces it. */
const knownForm = markerRow.optional().catch(undefined);

export const readMarker = (
  store: ResponseStore,
  merchantId: string,
): Promise<BusyMarker | undefined> => readStored(store, busyId(merchantId), knownForm);

/**
 * Outside any transaction, so that no storm on the merchant's rows can stop it. It holds no money and decides
 * nothing: the last one wins.
 */
export const markBusy = (
  store: ResponseStore,
  merchantId: string,
  batches: readonly Batch[],
  now: Date,
): Promise<void> => write(store, merchantId, batches, now, later(now, BUSY_MS));

/** No group is committed: requests try by themselves. */
export const markIdle = (store: ResponseStore, merchantId: string, now: Date): Promise<void> =>
  write(store, merchantId, [], now, now.toISOString());

async function write(
  { dynamo, table }: ResponseStore,
  merchantId: string,
  batches: readonly Batch[],
  now: Date,
  until: string,
): Promise<void> {
  const Item = {
    id: busyId(merchantId),
    markedAt: now.toISOString(),
    until,
    batches,
    expiration: expirationFrom(now),
  };
  await dynamo.send(new PutCommand({ TableName: table, Item }));
}
