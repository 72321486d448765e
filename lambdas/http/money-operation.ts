import * as z from 'zod';
import type { LedgerContext } from '../ledger/context.ts';
import type { Decision } from '../ledger/decision.ts';
import { merchantPk } from '../ledger/keys.ts';
import { requestIdentity } from '../ledger/request-identity.ts';
import { type Decider, runOperation } from '../ledger/run-operation.ts';
import type {
  NewTransactionOf,
  Transaction,
  TransactionOf,
  TransactionType,
} from '../ledger/transactions.ts';
import { untilDecided } from '../platform/retry.ts';
import { type Call, type Caller, endpoint, type KeyRule, type RawInput } from './endpoint.ts';
import type { ApiContext, Described, Operation, Route, Settings } from './operation.ts';
import { failure, type HttpResponse, type Success, success } from './response.ts';

type MoneyOperation<
  Path extends Route,
  Type extends TransactionType,
  Schema extends z.ZodType,
  Facts,
> = Described<Path> & {
  /** Of the transaction that an acceptance writes. */
  readonly type: Type;
  readonly key: KeyRule;
  readonly input: (settings: Settings) => Schema;
  /** The partition of the row it concerns; the caller's own where it is left out. */
  readonly subject?: (input: z.output<Schema>) => string;
  /** At one instant, which is also the decision's. */
  readonly read: (
    ledger: LedgerContext,
    input: z.output<Schema>,
    caller: Caller,
    now: Date,
  ) => Promise<Facts>;
  /** Makes rows ready for an acceptance. @returns whether it changed what was read. */
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
  readonly respond: (transaction: TransactionOf<Type>) => Success;
  /** With `?preview=true`: what the operation would do now. Nothing is written. */
  readonly preview?: (transaction: NewTransactionOf<Type>) => Success;
};

const isOf = <Type extends TransactionType>(
  transaction: Transaction,
  type: Type,
): transaction is TransactionOf<Type> => transaction.type === type;

/** An operation that moves money or a limit, exactly once for each (caller, operation, key). */
export const moneyOperation = <
  const Path extends Route,
  const Type extends TransactionType,
  Schema extends z.ZodType,
  Facts,
>(
  described: MoneyOperation<Path, Type, Schema, Facts>,
): Operation<Path> => {
  const { name, route, access, key, subject, type, preview } = described;

  const deciderOf = (
    { ledger }: ApiContext,
    input: z.output<Schema>,
    call: Call,
    txnId: string,
  ): Decider<Facts, NewTransactionOf<Type>> => ({
    name,
    read: (now) => described.read(ledger, input, call.caller, now),
    prepare: async (facts, now) => (await described.prepare?.(ledger, facts, input, now)) ?? false,
    decide: (facts, now) => described.decide(facts, input, now, txnId),
    respond: (transaction) => {
      // The operation's name is part of the id.
      if (!isOf(transaction, type)) throw new Error(`${transaction.txnId} is no ${type}`);
      return success(described.respond(transaction));
    },
    refuse: (reason) => failure(reason, call.id),
  });

  return {
    name,
    route,
    access,
    byKey: access === 'merchant',
    grants: [
      'commit',
      'store-responses',
      ...(described.prepare === undefined ? [] : (['release'] as const)),
    ],
    endpoint: (context) => {
      const schema = described.input(context.settings);
      return endpoint(
        (raw) => (preview !== undefined && asksForPreview(raw) ? 'optional' : key),
        schema,
        async (input, call, raw) => {
          const pk = subject?.(input) ?? merchantPk(call.caller.id);
          const identity = requestIdentity(call.caller.name, name, call.key, pk, call.request);
          const decider = deciderOf(context, input, call, identity.txnId);
          if (preview !== undefined && asksForPreview(raw))
            return previewOf(context, decider, preview, call.id);
          const run = { requestId: call.id, context: call.context };
          const result = await runOperation(context, decider, identity, run);
          return result === 'key_reused' ? failure('idempotency_key_reused', call.id) : result;
        },
      );
    },
  };
};

const previewQuery = z.object({ preview: z.literal('true') });
const asksForPreview = ({ query }: RawInput): boolean => previewQuery.safeParse(query).success;

/** What an operation would do now, by its own read and rule. Nothing is written; it may differ next time. */
async function previewOf<Facts, Type extends TransactionType>(
  { ledger }: ApiContext,
  { read, decide }: Decider<Facts, NewTransactionOf<Type>>,
  preview: (transaction: NewTransactionOf<Type>) => Success,
  requestId: string,
): Promise<HttpResponse> {
  const decision = await untilDecided(async () => {
    const now = ledger.now();
    const decided = decide(await read(now), now);
    return decided.kind === 'retry' ? { kind: 'undecided', by: decided.why } : decided;
  });
  switch (decision.kind) {
    case 'undecided':
      return failure('busy', requestId);
    case 'refused':
      return failure(decision.reason, requestId);
    case 'accepted':
      return success(preview(decision.transaction));
  }
}
