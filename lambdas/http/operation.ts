import type * as z from 'zod';
import type { AmountLimits } from '../ledger/amount-limits.ts';
import type { BusyMerchants } from '../ledger/busy/busy-merchants.ts';
import type { Member } from '../ledger/busy/member.ts';
import type { QueuedRequest } from '../ledger/busy/messages.ts';
import type { LedgerContext } from '../ledger/context.ts';
import type { Currency } from '../ledger/money.ts';
import type { ResponseStore } from '../ledger/responses.ts';
import type { ProposedTransaction } from '../ledger/transactions.ts';
import { type Call, type Endpoint, endpoint } from './endpoint.ts';
import type { HttpResponse } from './response.ts';

export const API_PREFIX = '/api/v1';

export type Route = `${'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'} /${string}`;
/** `anyone` has no authorizer; `merchant` and `admin` need an access token of their own user pool. */
export type Access = 'anyone' | 'merchant' | 'admin';

/** What a function may do at one user pool: the names of Cognito's actions without their prefix `Admin`. */
export type UserAction =
  | 'CreateUser'
  | 'DeleteUser'
  | 'DisableUser'
  | 'GetUser'
  | 'InitiateAuth'
  | 'RespondToAuthChallenge'
  | 'SetUserPassword'
  | 'UserGlobalSignOut';
export type LedgerIndex = 'byTime' | 'byRecipient' | 'byId' | 'byStatus' | 'nextCheck';

/** What a function may do, beyond reading rows of the Ledger by key or partition. */
export type Grant =
  /** Change rows that exist. */
  | 'change'
  /** That, and put rows of merchants and pools. */
  | 'commit'
  | 'store-responses'
  /** Read the stored responses of any caller. */
  | 'read-responses'
  /** Send requests to the groups of busy merchants. */
  | 'hand-over'
  /** Delete pending releases whose funds become available. */
  | 'release'
  /** Put rows of a merchant, its name and its sign-in, and change none. */
  | 'register'
  /** Put the row of a sign-in, and delete the one that it replaces. */
  | 'connect-sign-in'
  /** Read one row that holds nothing, and no other. */
  | 'check-health'
  | { readonly query: LedgerIndex }
  | { readonly merchants: UserAction }
  | { readonly admins: UserAction };

/** The user pools of the API, by their ids. A token of one is none of the other. */
export type Pools = { readonly merchant: string; readonly admin: string };

export type Settings = {
  readonly pools: Pools;
  readonly currency: Currency;
  readonly timeZone: string;
  /** Of a new credit pool. */
  readonly poolShards: number;
  /** How long the stream and a queue have for a new payout before recovery may take it for lost. */
  readonly checkMarginMs: number;
  /** What the platform keeps of a conversion, in parts per million. */
  readonly spreadPpm: bigint;
  /** The amounts above which a second admin has to confirm what one has proposed. */
  readonly secondAdminAbove: AmountLimits;
  /** The most that one request of an admin can move, or set as a limit. */
  readonly mostPerAdminRequest: AmountLimits;
  /** Names of the operations whose requests their callers can look up by key. */
  readonly operationsByKey: Readonly<Record<Exclude<Access, 'anyone'>, readonly string[]>>;
};
export type ApiContext = {
  readonly ledger: LedgerContext;
  readonly responses: ResponseStore;
  readonly busy: BusyMerchants;
  readonly settings: Settings;
};
/** What a request needs that is decided together with others. */
export type GroupContext = Omit<ApiContext, 'busy'>;

/** Decides a proposal of one operation again, for a second admin. */
export type Confirm = (
  proposed: ProposedTransaction,
  /** The name of the operation that confirms, for its own idempotency keys. */
  confirmation: string,
  call: Call,
) => Promise<HttpResponse>;

/**
 * One operation of the API, as one value. The gateway's route, the function it runs in, that function's
 * IAM grants, the lookup by key and the test harness derive from it.
 */
export type Operation<Path extends Route = Route, Context extends ApiContext = ApiContext> = {
  /** Part of every transaction id and of every idempotency key: never rename one. */
  readonly name: string;
  readonly route: Path;
  readonly access: Access;
  readonly grants: readonly Grant[];
  readonly location?: string | undefined;
  /** Whether its caller can look up what became of a request by its key. */
  readonly byKey: boolean;
  readonly endpoint: (context: Context) => Endpoint;
  /** Of an operation that only proposes above the limit. */
  readonly confirm?: (context: ApiContext) => Confirm;
  /**
   * Of an operation whose requests on a busy merchant are decided together. It parses a message as it would parse
   * the request. @returns undefined where that has not the form of a request.
   */
  readonly queued?: (context: GroupContext) => (message: QueuedRequest) => Member | undefined;
};

/** The operations of one capability, and the function that serves them. */
export type Group<
  Operations extends readonly Operation<Route, never>[] = readonly Operation<Route, never>[],
> = {
  /** Of the function and of its entry file. */
  readonly name: string;
  /** What a merchant or admin loses while the function fails: the alarm text. */
  readonly impact: string;
  readonly operations: Operations;
};

export type Described<Path extends Route> = {
  readonly name: string;
  readonly route: Path;
  readonly access: Access;
  /**
   * Where what it creates can be read, for `Location`: the path of a route, with `{id}` of the response. An operation
   * that moves money leaves it out where that is its transaction.
   */
  readonly location?: `/${string}`;
};

/** An operation that reads, or that needs more than the ledger. */
export const operation = <
  const Path extends Route,
  Schema extends z.ZodType,
  Context extends ApiContext = ApiContext,
>({
  input,
  handle,
  grants = [],
  ...described
}: Described<Path> & {
  readonly grants?: readonly Grant[];
  readonly input: (settings: Settings) => Schema;
  readonly handle: (input: z.output<Schema>, call: Call, context: Context) => Promise<HttpResponse>;
}): Operation<Path, Context> => ({
  ...described,
  grants,
  byKey: false,
  endpoint: (context) =>
    endpoint('optional', input(context.settings), (parsed, call) => handle(parsed, call, context)),
});
