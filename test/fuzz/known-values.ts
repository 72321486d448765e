import * as z from 'zod';
import { REASONS, type Reason } from '../../lambdas/ledger/reasons.ts';
import type { User } from '../../local/running.ts';
import type { Caller } from './caller.ts';
import { type Exchange, jsonOf, type ReceivedResponse, type SentRequest } from './exchange.ts';
import type { PoolName } from './value.ts';

/** A merchant of the run: it is part of the final check. */
export type FuzzMerchant = User & { readonly id: string; readonly isStable: boolean };
type Known = { readonly value: string; readonly owner: Caller };
type Page = { readonly request: SentRequest; readonly cursor: string };

const created = z.object({
  data: z.object({
    id: z.string(),
    type: z.string().optional(),
    status: z.string().optional(),
    username: z.string().optional(),
    amount: z.string().optional(),
    currency: z.string().optional(),
  }),
});
const listed = z.object({ data: z.object({ next_cursor: z.string() }) });
const tokens = z.object({ data: z.object({ refresh_token: z.string() }) });
const password = z.object({ password: z.string() });
const problem = z.object({ code: z.string() });

/** Refusals in the form of a request. No response of them is stored. */
const FORM: ReadonlySet<string> = new Set<Reason>([
  'malformed_json',
  'body_too_large',
  'invalid_request',
  'access_token_required',
  'admin_only',
  'idempotency_key_required',
  'idempotency_key_reused',
  'request_in_progress',
  'too_many_requests',
]);

/** A confirmation is stored once there is a proposal that it is about. */
const CONFIRM = 'POST /admin/transactions/{id}/confirm';
const NOTHING_TO_CONFIRM: ReadonlySet<string> = new Set<Reason>([
  'transaction_not_found',
  'transaction_not_proposed',
]);

/** Whether a repeat of a request must return this very response. */
function isStored({ target, headers, query }: SentRequest, response: ReceivedResponse): boolean {
  if (target.kind !== 'operation' || !target.storesResponses) return false;
  if (headers['idempotency-key'] === undefined || response.status >= 500) return false;
  // A preview is not stored.
  if (query.length > 0) return false;
  if (response.status < 300) return true;
  const { data } = problem.safeParse(jsonOf(response.text));
  if (data === undefined || !Object.hasOwn(REASONS, data.code)) return false;
  return !FORM.has(data.code) && !(target.route === CONFIRM && NOTHING_TO_CONFIRM.has(data.code));
}

/** A quote is soon expired: only the last ones can still be used. */
const LAST_QUOTES = 6;

/** What earlier responses returned, for later requests. */
export function knownValues(run: string) {
  const pools = new Map<PoolName, Known[]>();
  const merchants = new Map<string, FuzzMerchant>();
  const topUps = new Map<string, { readonly currency: string; readonly amount: string }>();
  const stored: Exchange[] = [];
  const pages: Page[] = [];
  let count = 0;

  const add = (pool: PoolName, value: string, owner: Caller): void => {
    const values = pools.get(pool) ?? [];
    values.push({ value, owner });
    if (pool === 'quote') values.splice(0, values.length - LAST_QUOTES);
    pools.set(pool, values);
  };
  const addMerchant = (merchant: User & { readonly id: string }, owner: Caller): void => {
    merchants.set(merchant.id, { ...merchant, isStable: owner.kind === 'stable' });
    add('merchant', merchant.id, owner);
    add('username', merchant.username, owner);
    if (owner.kind !== 'stable') add('changeable', merchant.id, owner);
  };
  const chosen = <Item>(items: readonly Item[], at: number): Item | undefined =>
    items[at % Math.max(1, items.length)];

  const learnCreated = ({ request, response }: Exchange): void => {
    const { data: found } = created.safeParse(jsonOf(response.text));
    if (found === undefined) return;
    const { id, type, status, username, amount, currency } = found.data;
    // By its response: a gateway may also find the route of a path with escapes.
    if (type === 'top_up' && amount && currency) topUps.set(id, { amount, currency });
    if (request.target.kind !== 'operation') return;
    const { caller, target } = request;
    if (target.route === 'POST /auth/register' && username) {
      const sent = password.safeParse(jsonOf(request.body?.toString('utf8') ?? ''));
      const own = sent.data?.password;
      if (own !== undefined) addMerchant({ id, username, password: own }, caller);
    }
    if (target.route === 'POST /conversions/quotes') add('quote', id, caller);
    if (type !== undefined && caller.id !== undefined && request.method === 'POST') {
      add('transaction', id, caller);
      if (type === 'sale') add('sale', id, caller);
      if (type === 'withdrawal')
        add(status === 'SCHEDULED' ? 'scheduled' : 'withdrawal', id, caller);
    }
  };

  const learn = (exchange: Exchange): void => {
    const { request, response } = exchange;
    if (isStored(request, response)) stored.push(exchange);
    if (response.status >= 300) return;
    const { caller, headers, method } = request;
    const { 'idempotency-key': key } = headers;
    if (key !== undefined && caller.id !== undefined) add('key', key, caller);
    if (method !== 'GET') learnCreated(exchange);
    const body = jsonOf(response.text);
    const { data: refreshed } = tokens.safeParse(body);
    if (refreshed !== undefined) add('refresh-token', refreshed.data.refresh_token, caller);
    const { data: list } = listed.safeParse(body);
    if (list === undefined) return;
    add('cursor', list.data.next_cursor, caller);
    pages.push({ request, cursor: list.data.next_cursor });
  };

  return {
    learn,
    addMerchant,
    merchants: (): readonly FuzzMerchant[] => [...merchants.values()],
    topUps: () => [...topUps.values()],
    pick: (pool: PoolName, at: number): Known | undefined => chosen(pools.get(pool) ?? [], at),
    stored: (at: number): Exchange | undefined => chosen(stored, at),
    page: (at: number): Page | undefined => chosen(pages, at),
    fresh: (prefix: string): string => {
      count += 1;
      return `${prefix}${run}-${count}`;
    },
  };
}
export type KnownValues = ReturnType<typeof knownValues>;
