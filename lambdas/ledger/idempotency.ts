import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  IdempotencyPersistenceLayerError,
  IdempotencyRecordStatus,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import {
  BasePersistenceLayer,
  IdempotencyRecord,
} from '@aws-lambda-powertools/idempotency/persistence';
import type { Context } from 'aws-lambda';
import { untilRead } from '../platform/retry.ts';
import type { RequestIdentity } from './request-identity.ts';
import { type ResponseStore, readResponse, type StoredResponse } from './responses.ts';

/**
 * Powertools over the stored responses: lookup, request check and replay. There is no lock to take, keep
 * or lose, and nothing here writes: the business transaction itself stores the response. (2.35 deletes
 * locks it does not own, and runs again after a crash between commit and save.)
 * One instance serves one request, under the identity that was computed for it.
 */
class StoredResponses extends BasePersistenceLayer {
  readonly #store: ResponseStore;
  readonly #identity: RequestIdentity;

  constructor(store: ResponseStore, identity: RequestIdentity) {
    super();
    this.#store = store;
    this.#identity = identity;
  }

  protected override getHashedIdempotencyKey(): string {
    return this.#identity.responseId;
  }

  protected async _putRecord({ idempotencyKey, payloadHash }: IdempotencyRecord): Promise<void> {
    const found = await untilRead(this.#store.pacing, () =>
      readResponse(this.#store, idempotencyKey),
    );
    if (found === undefined) return;
    const { status, body, requestHash } = found;
    throw new IdempotencyItemAlreadyExistsError(
      `already answered: ${idempotencyKey}`,
      new IdempotencyRecord({
        idempotencyKey,
        status: IdempotencyRecordStatus.COMPLETED,
        responseData: { status, body },
        // Powertools compares its own hash of the request's hash.
        payloadHash: (requestHash === this.#identity.hash ? payloadHash : undefined) ?? requestHash,
        // No expiry: a row that DynamoDB is late to delete still counts.
      }),
    );
  }

  /** Never called: the lookup passes the record on with its error. */
  protected _getRecord(id: string): Promise<IdempotencyRecord> {
    return Promise.reject(new Error(`unexpected lookup of ${id}`));
  }
  protected async _updateRecord(): Promise<void> {}
  protected async _deleteRecord(): Promise<void> {}
}

/** A response, and whether an earlier request with the same key produced it. */
export type Response = StoredResponse & { readonly replayed?: boolean };
export type ReplayResult = Response | 'key_reused';

/**
 * Returns the stored response of a request, or runs it.
 * @returns `key_reused` where the key belongs to another request.
 */
export async function replayOr(
  store: ResponseStore,
  identity: RequestIdentity,
  context: Context,
  run: () => Promise<ReplayResult>,
): Promise<ReplayResult> {
  const config = new IdempotencyConfig({
    payloadValidationJmesPath: 'hash',
    hashFunction: 'sha256',
    lambdaContext: context,
    responseHook: (response) => ({ ...Object(response), replayed: true }),
  });
  const idempotent = makeIdempotent((_identity: RequestIdentity) => run(), {
    persistenceStore: new StoredResponses(store, identity),
    config,
    dataIndexArgument: 0,
  });
  try {
    return await idempotent(identity);
  } catch (error) {
    if (error instanceof IdempotencyValidationError) return 'key_reused';
    // The lookup failed and nothing ran. Rethrow the cause.
    throw error instanceof IdempotencyPersistenceLayerError ? error.cause : error;
  }
}
