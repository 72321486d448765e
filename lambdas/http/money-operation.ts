import type * as z from 'zod';
import { boundedBy } from '../ledger/amount-limits.ts';
import { annotationsOf } from '../ledger/annotations.ts';
import type { Handing } from '../ledger/busy/joining.ts';
import type { Member } from '../ledger/busy/member.ts';
import type { QueuedRequest } from '../ledger/busy/messages.ts';
import type { LedgerContext } from '../ledger/context.ts';
import type { Refusal } from '../ledger/decision.ts';
import { merchantPk, merchantsOf } from '../ledger/keys.ts';
import { confirming, type Recording } from '../ledger/recording.ts';
import { identityOf, type RequestIdentity, requestIdentity } from '../ledger/request-identity.ts';
import { type Decider, requestRun } from '../ledger/request-run.ts';
import { runOperation } from '../ledger/run-operation.ts';
import type {
  NewTransaction,
  NewTransactionOf,
  Transaction,
  TransactionOf,
  TransactionType,
} from '../ledger/transactions.ts';
import { type Annotated, annotated, annotating, withAnnotations } from './annotations.ts';
import { adminOf } from './caller.ts';
import { type Call, type Caller, endpoint } from './endpoint.ts';
import type { MoneyOperation } from './money-description.ts';
import type { ApiContext, Confirm, GroupContext, Operation, Route, Settings } from './operation.ts';
import { asksForPreview, previewOf } from './preview.ts';
import { callerIn, currencyIn, messageOf } from './queued-request.ts';
import { failure, type HttpResponse, success } from './response.ts';
import { OUTDATED, proposing, reconsidering, storedInput } from './second-admin.ts';

const isOf = <Type extends TransactionType>(
  row: Transaction,
  type: Type,
): row is TransactionOf<Type> => row.type === type;

/** An operation that moves money or a limit, exactly once for each (caller, operation, key). */
export const moneyOperation = <
  const Path extends Route,
  const Type extends TransactionType,
  Schema extends z.ZodType,
  Facts,
>(
  described: MoneyOperation<Path, Type, Schema, Facts>,
): Operation<Path> => {
  const { name, route, access, key, subject, type, preview, secondAdmin, handsOver } = described;

  const responderOf = (requestId: string) => ({
    name,
    respond: (transaction: Transaction): HttpResponse => {
      // The operation's name is part of the id.
      if (!isOf(transaction, type)) throw new Error(`${transaction.txnId} is no ${type}`);
      return success(withAnnotations(described.respond(transaction), transaction));
    },
    refuse: (refusal: Refusal, tries?: number) =>
      failure(refusal, requestId, tries === undefined ? {} : { tries }),
  });

  type Asked = Annotated<z.output<Schema>>;
  /** Where each request is one movement of money, it takes annotations (AP-8). */
  const schemaIn = (settings: Settings) => annotated(described.input(settings), key === 'required');

  const deciderOf = (
    { ledger, settings }: GroupContext,
    { input, annotations }: Omit<Asked, 'sent'>,
    caller: Caller,
    { pk, txnId }: Pick<RequestIdentity, 'pk' | 'txnId'>,
    requestId: string,
  ): Decider<Facts, NewTransactionOf<Type>> => ({
    ...responderOf(requestId),
    read: (now) => described.read(ledger, input, caller, now, pk),
    prepare: async (facts, now) => (await described.prepare?.(ledger, facts, input, now)) ?? false,
    decide: (facts, now) => {
      const decision = annotating(described.decide(facts, input, now, txnId), annotations);
      return access === 'admin' ? boundedBy(settings.mostPerAdminRequest, decision) : decision;
    },
  });

  /** What a request of this operation does: it may only propose it. */
  const requestedBy = (
    context: GroupContext,
    asked: Asked,
    caller: Caller,
    identity: RequestIdentity,
    requestId: string,
  ): Decider<Facts, NewTransaction> => {
    const decider = deciderOf(context, asked, caller, identity, requestId);
    if (secondAdmin === undefined) return decider;
    const order = { operation: name, input: storedInput(asked.sent), by: caller.id };
    return proposing(decider, context.settings.secondAdminAbove, order);
  };
  const pkOf = ({ input }: Asked, { id }: Caller, ledger: LedgerContext) =>
    subject === undefined ? merchantPk(id) : subject(input, ledger);
  const adminIn = ({ id }: Caller) => ({ admin: access === 'admin' ? id : undefined });

  const queued = (context: GroupContext) => {
    const schema = schemaIn(context.settings);
    return (message: QueuedRequest): Member | undefined => {
      const parsed = schema.safeParse(message.input);
      if (!parsed.success) return undefined;
      const asked = parsed.data;
      const caller = callerIn(message);
      const { key: sentKey, pk, hash, requestId, deadline } = message;
      const identity = {
        ...identityOf(caller.name, name, sentKey, pk, hash),
        ...adminIn(caller),
      };
      return {
        id: identity.responseId,
        deadline,
        currency: currencyIn(asked.input),
        open: (ledger) => {
          const stores = { ...context, ledger };
          const decider = requestedBy(stores, asked, caller, identity, requestId);
          return requestRun(stores, decider, identity, { requestId });
        },
      };
    };
  };

  const confirm = (context: ApiContext): Confirm => {
    const schema = described.input(context.settings);
    return async (proposed, confirmation, call) => {
      const { pk, txnId, proposal } = proposed;
      const { id: admin, name: caller } = call.caller;
      const input = schema.safeParse(JSON.parse(proposal.input));
      const own = requestIdentity(caller, confirmation, call.key, pk, call.request);
      const again = <Read>(decider: Decider<Read, NewTransaction>) => {
        const recording = confirming(decider, proposed, admin);
        const reconsidered = reconsidering(decider, proposed, admin);
        return run(context, reconsidered, { ...own, txnId }, call, { recording });
      };
      if (!input.success) return again({ ...responderOf(call.id), ...OUTDATED });
      const asked = { input: input.data, annotations: annotationsOf(proposed) };
      return again(deciderOf(context, asked, adminOf(proposal.by), proposed, call.id));
    };
  };

  return {
    name,
    route,
    access,
    location: described.location ?? `${access === 'admin' ? '/admin' : ''}/transactions/{id}`,
    byKey: true,
    grants: [
      'commit',
      'store-responses',
      ...(described.grants ?? []),
      ...(described.prepare === undefined ? [] : (['release'] as const)),
      ...(handsOver === undefined ? [] : (['hand-over'] as const)),
    ],
    endpoint: (context) => {
      const schema = schemaIn(context.settings);
      return endpoint(
        (raw) => (preview !== undefined && asksForPreview(raw) ? 'optional' : key),
        schema,
        async (asked, call, raw) => {
          const { caller } = call;
          const pk = await pkOf(asked, caller, context.ledger);
          if (pk === undefined) return failure('transaction_not_found', call.id);
          const identity = {
            ...requestIdentity(caller.name, name, call.key, pk, call.request),
            ...adminIn(caller),
          };
          if (preview !== undefined && asksForPreview(raw)) {
            const decider = deciderOf(context, asked, caller, identity, call.id);
            return previewOf(context, decider, preview, call.id);
          }
          const decider = requestedBy(context, asked, caller, identity, call.id);
          const handing = handsOver && {
            busy: context.busy,
            merchants: async () => {
              const payee = await handsOver
                .payee?.(context.ledger, asked.input)
                .catch(() => undefined);
              return [...merchantsOf(pk), ...(payee === undefined ? [] : [payee.id])];
            },
            messageFor: messageOf(name, identity, call, raw),
          };
          return run(context, decider, identity, call, { handing });
        },
      );
    },
    ...(secondAdmin && { confirm }),
    ...(handsOver && { queued }),
  };
};

async function run<Facts>(
  context: ApiContext,
  decider: Decider<Facts, NewTransaction>,
  identity: RequestIdentity,
  { id: requestId, context: lambda }: Call,
  {
    recording,
    handing,
  }: { readonly recording?: Recording; readonly handing?: Handing | undefined },
): Promise<HttpResponse> {
  const request = { requestId, context: lambda, recording };
  const result = await runOperation(context, decider, identity, request, handing);
  return result === 'key_reused' ? failure('idempotency_key_reused', requestId) : result;
}
