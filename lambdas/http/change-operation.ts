import type * as z from 'zod';
import type { LedgerContext } from '../ledger/context.ts';
import { merchantPk } from '../ledger/keys.ts';
import type { PlainReason } from '../ledger/reasons.ts';
import { requestIdentity } from '../ledger/request-identity.ts';
import { type ChangeDecision, runChange } from '../ledger/run-change.ts';
import { type LogCode, type LogKind, log } from '../platform/logger.ts';
import { type Call, type Caller, endpoint } from './endpoint.ts';
import type { ApiContext, Described, Grant, Operation, Route } from './operation.ts';
import { failure, type Success, success } from './response.ts';

/**
 * An operation that changes a row without moving money: no key is needed, a repeat finds it changed. Its rule
 * may record the change as a transaction.
 */
export const changeOperation = <
  const Path extends Route,
  Schema extends z.ZodType,
  Facts,
  More = unknown,
>({
  input,
  permit,
  subject,
  grants = [],
  read,
  decide,
  isDone,
  versionOf = () => undefined,
  respond,
  logged,
  ...described
}: Described<Path> & {
  readonly grants?: readonly Grant[];
  readonly input: Schema;
  /** Asks another system than the ledger, before anything is read there. @returns why not. */
  readonly permit?: (
    input: z.output<Schema>,
    call: Call,
    more: More,
  ) => Promise<PlainReason | undefined>;
  /** The partition of a transaction that records it; the caller's own where it is left out. */
  readonly subject?: (input: z.output<Schema>) => string;
  readonly read: (ledger: LedgerContext, input: z.output<Schema>, caller: Caller) => Promise<Facts>;
  readonly decide: (facts: Facts, input: z.output<Schema>, now: Date) => ChangeDecision;
  /** Whether the rows show the change. Asked only after a commit whose answer was lost. */
  readonly isDone: (facts: Facts, input: z.output<Schema>) => boolean;
  /** Raised by every change that could hide this one; left out where none can. */
  readonly versionOf?: (facts: Facts) => bigint | undefined;
  /** From the rows as they are after the change. */
  readonly respond: (facts: Facts, ledger: LedgerContext) => Success | Promise<Success>;
  readonly logged: {
    readonly kind: LogKind;
    readonly code: LogCode;
    /** Which row changed, and to what. */
    readonly fields: (facts: Facts) => Readonly<Record<string, string | undefined>>;
  };
}): Operation<Path, ApiContext & More> => ({
  ...described,
  grants: ['change', ...grants],
  byKey: false,
  endpoint: (context) =>
    endpoint('optional', input, async (parsed, call) => {
      const { ledger } = context;
      const barred = await permit?.(parsed, call, context);
      if (barred !== undefined) return failure(barred, call.id);
      const { caller } = call;
      const pk = subject?.(parsed) ?? merchantPk(caller.id);
      // The rows say whether it was made before. So each request has an id of its own.
      const key = crypto.randomUUID();
      const result = await runChange(ledger, {
        read: () => read(ledger, parsed, caller),
        decide: (facts, now) => decide(facts, parsed, now),
        isDone: (facts) => isDone(facts, parsed),
        versionOf,
        committed: (facts) => {
          log(logged.kind, logged.code, { request_id: call.id, ...logged.fields(facts) });
        },
        identity: {
          ...requestIdentity(caller.name, described.name, key, pk, call.request),
          ...(described.access === 'admin' && { admin: caller.id }),
        },
      });
      if (result.kind === 'undecided') return failure('busy', call.id, result);
      if (result.kind === 'refused') return failure(result, call.id);
      return success(await respond(result.facts, ledger));
    }),
});
