import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { formatAmount } from '../../ledger/money.ts';
import { type Payout, type Provider, type ProviderAnswer, providerText } from './provider.ts';
import { tokenIn } from './token-secret.ts';

/** The words of one provider's API. */
export type Words = {
  /** Of its payouts. */
  readonly path: string;
  /** The field that says whom it pays. */
  readonly destination: string;
  /** The code of its answer about a key that it does not know. */
  readonly unknownKey: string;
};

/** What a provider says of a payout, when it pays and when it is queried. Whom it pays is in a field of its own. */
const statement = z.looseObject({
  key: z.string(),
  amount: z.string(),
  currency: z.string(),
  status: z.enum(['SUCCEEDED', 'REFUSED']),
  reference: providerText.nullish(),
  code: providerText.nullish(),
});
const problem = z.object({ code: z.string() });

export type ProviderSettings = {
  readonly url: string;
  /** The stored secret: a token, or one key with a token as its value. */
  readonly secret: () => Promise<unknown>;
  /** Time for one call, in milliseconds. */
  readonly callMs: number;
  readonly now: () => Date;
};

/** No part of the request can have left: no name, no connection, no TLS. */
const NEVER_LEFT = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Rejected before the payout was looked at: a fault of ours, or the provider's rate limit. */
const NOT_ACCEPTED = new Set([400, 401, 403, 404, 405, 413, 415, 429]);
const UNUSABLE_SECRET = 'the secret is neither a token nor one key with a token';
const MOST_TRIES = 3;
const BASE_MS = 200;

type Reply = { readonly status: number; readonly body: unknown };
type Outcome = Reply | Extract<ProviderAnswer, { kind: 'not_executed' | 'unclear' }>;

/** A provider over HTTP, with a time limit for each call (WD-5). */
export function httpProvider(
  words: Words,
  { url, secret, callMs, now }: ProviderSettings,
): Provider {
  const leftUntil = (until: Date): number => until.getTime() - now().getTime();

  const call = async (path: string, init: RequestInit, until: Date): Promise<Outcome> => {
    const stored = await secret().catch(() => undefined);
    if (stored === undefined) return { kind: 'not_executed', why: 'no secret' };
    const token = tokenIn(stored);
    if (token === undefined) return { kind: 'not_executed', why: UNUSABLE_SECRET };
    // By the clock: a process that was frozen has no timers that tell.
    const left = leftUntil(until);
    if (left <= 0) return { kind: 'not_executed', why: 'out of time' };
    try {
      const response = await fetch(`${url}${path}`, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(Math.min(callMs, left)),
        headers: { ...init.headers, authorization: `Bearer ${token}` },
      });
      const text = await response.text();
      return { status: response.status, body: parsed(text) };
    } catch (error) {
      const code = causeOf(error);
      return NEVER_LEFT.has(code)
        ? { kind: 'not_executed', why: code }
        : { kind: 'unclear', why: code };
    }
  };

  const payOnce = async (payout: Payout, until: Date): Promise<ProviderAnswer> => {
    const { key, destination, amount, currency } = payout;
    const money = { amount: formatAmount(amount, currency), currency };
    const body = JSON.stringify({ [words.destination]: destination, ...money });
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const outcome = await call(words.path, { method: 'POST', headers, body }, until);
    if ('kind' in outcome) return outcome;
    if (NOT_ACCEPTED.has(outcome.status))
      return { kind: 'not_executed', why: `HTTP ${outcome.status}` };
    return stated(words, outcome, payout);
  };

  return {
    pay: async (payout, until) => {
      for (let tries = 1; ; tries += 1) {
        const answer = await payOnce(payout, until);
        if (answer.kind !== 'not_executed' || tries === MOST_TRIES) return answer;
        const wait = Math.random() * BASE_MS * 2 ** tries;
        if (wait >= leftUntil(until)) return answer;
        await pause(wait);
      }
    },
    inquire: async (payout, until) => {
      const path = `${words.path}/${encodeURIComponent(payout.key)}`;
      const outcome = await call(path, { method: 'GET' }, until);
      if ('kind' in outcome) return { kind: 'unclear', why: outcome.why };
      const code = problem.safeParse(outcome.body).data?.code;
      // Any other 404 may come from a wrong address.
      if (outcome.status === 404 && code === words.unknownKey) return { kind: 'not_found' };
      return stated(words, outcome, payout);
    },
  };
}

/** Only a statement about this very payout counts; anything else is unclear. */
function stated(words: Words, { status, body }: Reply, payout: Payout): ProviderAnswer {
  const said = statement.safeParse(body).data;
  const isOurs =
    said?.key === payout.key &&
    said[words.destination] === payout.destination &&
    said.currency === payout.currency &&
    said.amount === formatAmount(payout.amount, payout.currency);
  if (!isOurs) return { kind: 'unclear', why: `HTTP ${status}` };
  if (status >= 200 && status < 300 && said.status === 'SUCCEEDED') {
    return { kind: 'succeeded', reference: said.reference ?? undefined };
  }
  if (said.status === 'REFUSED' && (status === 422 || status === 200)) {
    return { kind: 'refused', code: said.code ?? 'refused' };
  }
  return { kind: 'unclear', why: `HTTP ${status}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch wraps the system's error, which has the code. */
const thrown = z.object({
  name: z.string(),
  cause: z.object({ code: z.string() }).optional().catch(undefined),
});

function causeOf(error: unknown): string {
  const { data } = thrown.safeParse(error);
  return data?.cause?.code ?? data?.name ?? 'unknown';
}
