import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { later } from '../calendar.ts';
import { busyId } from '../keys.ts';
import type { ResponseStore } from '../responses.ts';

/** What says that requests on a merchant are committed in groups: those that come meanwhile join them at once. */
export type BusyMarker = {
  /** ISO 8601 in UTC. */
  readonly until: string;
  /** ISO 8601 in UTC. */
  readonly markedAt: string;
  /** Of the oldest message of the group, in milliseconds. */
  readonly ageMs: number;
};

const BUSY_MS = 3_000;
const STORED_DAYS = 90;

const markerRow = z.object({
  until: z.string(),
  markedAt: z.string(),
  ageMs: z.bigint().transform(Number),
});

/** A strong read. */
export async function readMarker(
  { dynamo, table }: ResponseStore,
  merchantId: string,
): Promise<BusyMarker | undefined> {
  const id = busyId(merchantId);
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }),
  );
  return Item && markerRow.parse(Item);
}

/**
 * Outside any transaction, so that no storm on the merchant's rows can stop it. It holds no money and decides
 * nothing: the last one wins.
 */
export const markBusy = (
  store: ResponseStore,
  merchantId: string,
  ageMs: number,
  now: Date,
): Promise<void> => write(store, merchantId, ageMs, now, later(now, BUSY_MS));

/** No group is committed: requests try by themselves. */
export const markIdle = (store: ResponseStore, merchantId: string, now: Date): Promise<void> =>
  write(store, merchantId, 0, now, now.toISOString());

async function write(
  { dynamo, table }: ResponseStore,
  merchantId: string,
  ageMs: number,
  now: Date,
  until: string,
): Promise<void> {
  const Item = {
    id: busyId(merchantId),
    markedAt: now.toISOString(),
    until,
    ageMs: Math.round(ageMs),
    expiration: Math.floor(now.getTime() / 1_000) + STORED_DAYS * 86_400,
  };
  await dynamo.send(new PutCommand({ TableName: table, Item }));
}
