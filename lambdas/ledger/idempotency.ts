import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency';
import {
  BasePersistenceLayer,
  IdempotencyRecord,
} from '@aws-lambda-powertools/idempotency/persistence';
import { untilDecided } from '../platform/retry.ts';
import { type Answers, readAnswer } from './responses.ts';

/** Named as what it is to the caller: a busy store, and nothing tried. */
class LookUpFailed extends Error {
  override readonly name = 'ThrottlingException';
}

/**
 * Powertools' view of the answers: look-up, request check and replay. There is no lock to take, keep or
 * lose: the answer is written by the business transaction itself, so nothing here writes (2.35 deletes
 * locks it does not own, and runs again after a crash between commit and save).
 * One instance serves one request, and learns from the look-up what Powertools calls that request.
 */
export class CommittedAnswers extends BasePersistenceLayer {
  readonly #answers: Answers;
  #request = { id: '', hash: '' };

  constructor(answers: Answers) {
    super();
    this.#answers = answers;
  }

  /** The answer's key and the request's hash, as computed by Powertools for this request. */
  get request(): { readonly id: string; readonly hash: string } {
    return this.#request;
  }

  protected async _putRecord(record: IdempotencyRecord): Promise<void> {
    const id = record.idempotencyKey;
    this.#request = { id, hash: record.payloadHash ?? '' };
    const found = await untilDecided(async () => ({
      kind: 'read' as const,
      row: await readAnswer(this.#answers, id),
    }));
    if (found.kind === 'undecided') throw new LookUpFailed(`could not look up ${id}`);
    const { row } = found;
    if (row === undefined) return;
    throw new IdempotencyItemAlreadyExistsError(
      `already answered: ${id}`,
      new IdempotencyRecord({
        idempotencyKey: id,
        status: IdempotencyRecordStatus.COMPLETED,
        responseData: { status: row.status, body: row.body },
        payloadHash: row.requestHash,
        // No expiry: a row that DynamoDB is late to delete still counts.
      }),
    );
  }

  /** Never reached: the look-up hands the record over with its error. */
  protected _getRecord(id: string): Promise<IdempotencyRecord> {
    return Promise.reject(new Error(`unexpected look-up of ${id}`));
  }
  protected async _updateRecord(): Promise<void> {}
  protected async _deleteRecord(): Promise<void> {}
}
