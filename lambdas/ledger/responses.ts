import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { LedgerContext } from './context.ts';
import type { RequestIdentity } from './request-identity.ts';
import type { RowWrite } from './row-writes.ts';

/** The Idempotency table: the response to each key, so that a repeat returns the same. */
export type ResponseStore = Pick<LedgerContext, 'dynamo' | 'pacing'> & { readonly table: string };

/** A response as it was sent: the status and the body, byte for byte (AP-1). */
export type StoredResponse = { readonly status: number; readonly body: string };

const responseRow = z.object({
  status: z.bigint().transform(Number),
  body: z.string(),
  requestHash: z.string(),
  /** Of the request that produced it: to any other one the response is replayed. */
  requestId: z.string(),
});
export type ResponseRow = z.infer<typeof responseRow>;

/** How long a refusal is stored. An acceptance is rendered from its transaction row for ever. */
const STORED_DAYS = 90;

/** When DynamoDB may delete a row that is written now, in seconds since 1970. */
export const expirationFrom = (now: Date): number =>
  Math.floor(now.getTime() / 1000) + STORED_DAYS * 86_400;

/** A strong read. `expiration` only tells DynamoDB when it may delete: a row that is still there counts. */
export async function readStored<Schema extends z.ZodType>(
  { dynamo, table }: ResponseStore,
  id: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const { Item } = await dynamo.send(
    new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }),
  );
  return Item && schema.parse(Item);
}

export const readResponse = (store: ResponseStore, id: string): Promise<ResponseRow | undefined> =>
  readStored(store, id, responseRow);

/** Stores the response, if the request has none: the first condition that makes it exactly once. */
export const storeResponse = (
  { table }: ResponseStore,
  { responseId, hash }: Pick<RequestIdentity, 'responseId' | 'hash'>,
  requestId: string,
  { status, body }: StoredResponse,
  now: Date,
): RowWrite => ({
  row: { kind: 'response', table, id: responseId },
  action: 'put',
  conditions: [{ must: 'be new' }],
  item: {
    requestHash: hash,
    requestId,
    status,
    body,
    expiration: expirationFrom(now),
  },
});
