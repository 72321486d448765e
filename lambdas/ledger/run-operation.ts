import {
  IdempotencyConfig,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import type { Acceptance, MoneyOperation } from '../http/operation.ts';
import { PROBLEMS } from '../http/problems.ts';
import { type Answer, failure, success } from '../http/response.ts';
import type { Call } from '../http/router.ts';
import { log } from '../platform/logger.ts';
import { type Undecided, undecided, untilDecided } from '../platform/retry.ts';
import { commit, type LabelledWrite } from './commit.ts';
import type { Books } from './context.ts';
import { CommittedAnswers } from './idempotency.ts';
import { transactionId } from './keys.ts';
import type { Reason } from './reasons.ts';
import { foldAhead } from './release.ts';
import { putAnswer, readAnswer } from './responses.ts';
import { noTransaction, putTransaction, readTransaction } from './rows/transactions.ts';
import type { Transaction } from './transactions.ts';

type Decided = { readonly kind: 'decided'; readonly answer: Answer };
const decided = (answer: Answer): Decided => ({ kind: 'decided', answer });

/**
 * Runs a money operation exactly once for each (caller, operation, Idempotency-Key), and tells every
 * repeat what the first was told. Nothing here depends on a lock: two conditions
 * in the one transaction, on the answer's row and on the transaction's, let exactly one of them win.
 */
export const exactlyOnce =
  (books: Books) =>
  <Input, Facts, Accepted extends Acceptance>(operation: MoneyOperation<Input, Facts, Accepted>) =>
  async (input: Input, call: Call): Promise<Answer> => {
    const layer = new CommittedAnswers(books.answers);
    const attempt = new Attempt(books, operation, input, call, layer);
    // Read while the look-up is under way: one round trip for both. A replay does not wait for it.
    const reading = Promise.allSettled([attempt.read()]);
    const firstRead = async (): Promise<Read<Facts>> => {
      const [outcome] = await reading;
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    };
    const run = (_request: unknown): Promise<Answer> => attempt.run(firstRead);

    const config = new IdempotencyConfig({
      eventKeyJmesPath: 'key',
      payloadValidationJmesPath: 'request',
      throwOnNoIdempotencyKey: true,
      hashFunction: 'sha256',
      lambdaContext: call.context,
      responseHook: (answer) => ({ ...Object(answer), replayed: true }),
    });
    try {
      return await makeIdempotent(run, {
        persistenceStore: layer,
        config,
        // A constant: the default is the function's name, which a redeploy may change.
        keyPrefix: 'surety',
        dataIndexArgument: 0,
      })({ key: [call.caller.sub, operation.name, call.key], request: call.request });
    } catch (error) {
      if (error instanceof IdempotencyValidationError)
        return failure('idempotency_key_reused', call.id);
      // The look-up failed, so nothing was tried: what stood in its way decides what the caller hears.
      throw error instanceof IdempotencyPersistenceLayerError ? error.cause : error;
    }
  };

/** What a decision is made on, when, and the transaction that is there if the request was accepted. */
type Read<Facts> = {
  readonly facts: Facts;
  readonly at: Date;
  readonly earlier: Transaction | undefined;
};

/** One request's tries. A class only because everything in it concerns the same request. */
class Attempt<Input, Facts, Accepted extends Acceptance> {
  readonly #books: Books;
  readonly #operation: MoneyOperation<Input, Facts, Accepted>;
  readonly #input: Input;
  readonly #call: Call;
  readonly #layer: CommittedAnswers;
  readonly #pk: string;
  readonly #txnId: string;

  constructor(
    books: Books,
    operation: MoneyOperation<Input, Facts, Accepted>,
    input: Input,
    call: Call,
    layer: CommittedAnswers,
  ) {
    this.#books = books;
    this.#operation = operation;
    this.#input = input;
    this.#call = call;
    this.#layer = layer;
    this.#pk = operation.subject(input, call);
    this.#txnId = transactionId(call.caller.sub, this.#pk, operation.name, call.key);
  }

  async read(): Promise<Read<Facts>> {
    const at = this.#books.now();
    const [facts, earlier] = await Promise.all([
      this.#operation.read(this.#input, this.#call, at),
      readTransaction(this.#books.ledger, this.#pk, this.#txnId),
    ]);
    return { facts, at, earlier };
  }

  async run(firstRead: () => Promise<Read<Facts>>): Promise<Answer> {
    let read = firstRead;
    const result = await untilDecided(async () => {
      const tried = this.#try(read);
      read = () => this.read();
      return tried;
    });
    if (result.kind === 'decided') return result.answer;
    // Only the first copy of this very request can stand in the way of these two rows.
    const first = result.by === 'answer' || result.by === 'transaction';
    return failure(first ? 'request_in_progress' : 'busy', this.#call.id);
  }

  async #try(read: () => Promise<Read<Facts>>): Promise<Decided | Undecided> {
    const { ledger } = this.#books;
    const { facts, at, earlier } = await read();
    if (earlier !== undefined) return decided(this.#replay(earlier));
    const decision = this.#operation.decide(facts, this.#input, at);
    if (decision.kind === 'refused') return this.#refuse(decision.reason, at);

    const { merchantId = '', currency } = decision.transaction;
    if (await foldAhead(ledger, merchantId, currency, decision.folds ?? [], at)) {
      return undecided('release');
    }

    const transaction: Transaction = {
      ...decision.transaction,
      pk: this.#pk,
      txnId: this.#txnId,
      requestHash: this.#layer.request.hash,
    };
    const answer = success(this.#operation.reply(transaction));
    return this.#commit(answer, at, [
      putTransaction(ledger, transaction),
      ...this.#operation.writes(decision, this.#txnId),
    ]);
  }

  /** A refusal is committed like an acceptance: it may not contradict one that is under way. */
  async #refuse(reason: Reason, at: Date): Promise<Decided | Undecided> {
    const answer = failure(reason, this.#call.id);
    if (PROBLEMS[reason].stored) {
      return this.#commit(answer, at, [noTransaction(this.#books.ledger, this.#pk, this.#txnId)]);
    }
    return decided((await this.#earlierAnswer()) ?? answer);
  }

  async #commit(
    answer: Answer,
    at: Date,
    writes: readonly LabelledWrite[],
  ): Promise<Decided | Undecided> {
    const { ledger, answers } = this.#books;
    const { id, hash } = this.#layer.request;
    const result = await commit(ledger.dynamo, [
      putAnswer(answers, id, hash, answer, at),
      ...writes,
    ]);
    switch (result.kind) {
      case 'committed':
        log('money', answer.status < 400 ? 'TRANSACTION_ACCEPTED' : 'TRANSACTION_REFUSED', {
          request_id: this.#call.id,
          operation: this.#operation.name,
          txn: this.#txnId,
          status: answer.status,
        });
        return decided(answer);
      case 'refused': {
        if (result.by !== 'answer' && result.by !== 'transaction') return undecided(result.by);
        const earlier = await this.#earlierAnswer();
        return earlier === undefined ? undecided(result.by) : decided(earlier);
      }
      case 'contended':
        return undecided(result.by);
      case 'unknown':
        return undecided('unknown');
    }
  }

  /** What this request was answered before, if it was: from the answer's row, else from the transaction's. */
  async #earlierAnswer(): Promise<Answer | undefined> {
    const [stored, transaction] = await Promise.all([
      readAnswer(this.#books.answers, this.#layer.request.id),
      readTransaction(this.#books.ledger, this.#pk, this.#txnId),
    ]);
    if (stored === undefined) return transaction && this.#replay(transaction);
    if (stored.requestHash !== this.#layer.request.hash) {
      return failure('idempotency_key_reused', this.#call.id);
    }
    return { status: stored.status, body: stored.body, replayed: true };
  }

  #replay(transaction: Transaction): Answer {
    return transaction.requestHash === this.#layer.request.hash
      ? { ...success(this.#operation.reply(transaction)), replayed: true }
      : failure('idempotency_key_reused', this.#call.id);
  }
}
