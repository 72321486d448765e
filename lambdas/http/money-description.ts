import type * as z from 'zod';
import type { LedgerContext } from '../ledger/context.ts';
import type { Decision } from '../ledger/decision.ts';
import type {
  NewTransactionOf,
  PayoutTransaction,
  TransactionOf,
  TransactionType,
} from '../ledger/transactions.ts';
import type { SuccessWith } from './annotations.ts';
import type { Caller, KeyRule } from './endpoint.ts';
import type { Described, Grant, Route, Settings } from './operation.ts';
import type { Success } from './response.ts';

/** What one operation that moves money or a limit says about itself. */
export type MoneyOperation<
  Path extends Route,
  Type extends TransactionType,
  Schema extends z.ZodType,
  Facts,
> = Described<Path> & {
  /** Of the transaction that an acceptance writes. */
  readonly type: Type;
  /** Where it is required, the body may also hold a `reference` and `metadata` (AP-8): nothing here names them. */
  readonly key: KeyRule;
  /**
   * It brings money in, gives it back or raises a limit: above the stage's limit it only proposes, and a
   * second admin confirms. Refuses then, in addition: proposal_too_large. A payout cannot be proposed: the
   * relay knows only those that are new.
   */
  readonly secondAdmin?: Type extends PayoutTransaction['type'] ? never : true;
  /** It writes rows of its subject, if that is a merchant, and of the payee: while one is busy, it is decided with others. */
  readonly handsOver?: {
    readonly payee?: (
      ledger: LedgerContext,
      input: z.output<Schema>,
    ) => Promise<{ readonly id: string } | undefined>;
  };
  /** Beyond what every operation that moves money may do. */
  readonly grants?: readonly Grant[];
  readonly input: (settings: Settings) => Schema;
  /**
   * The partition of the row it concerns; the caller's own where it is left out. It may have to be looked up, and
   * never changes. Undefined: transaction_not_found, which is not stored, since an index may lag behind.
   */
  readonly subject?: (
    input: z.output<Schema>,
    ledger: LedgerContext,
  ) => string | Promise<string | undefined>;
  /** At one instant, which is also the decision's. The last argument is the partition. */
  readonly read: (
    ledger: LedgerContext,
    input: z.output<Schema>,
    caller: Caller,
    now: Date,
    pk: string,
  ) => Promise<Facts>;
  /** Makes rows ready for an acceptance, also for the next try. @returns whether it changed what was read. */
  readonly prepare?: (
    ledger: LedgerContext,
    facts: Facts,
    input: z.output<Schema>,
    now: Date,
  ) => Promise<boolean>;
  /** The rule. */
  readonly decide: (
    facts: Facts,
    input: z.output<Schema>,
    now: Date,
    txnId: string,
  ) => Decision<NewTransactionOf<Type>>;
  /** A pure function of what never changes in the row: a replay years later is rendered from it. */
  readonly respond: (transaction: TransactionOf<Type>) => SuccessWith<object>;
  /** With `?preview=true`: what it would do now. Nothing is written. */
  readonly preview?: (transaction: NewTransactionOf<Type>) => Success;
};
