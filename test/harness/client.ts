import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { signIn } from '../../local/api.ts';
import { createMerchant, signInAsAdmin } from '../../local/seed.ts';
import { localCloud } from './local-cloud.ts';

export const PASSWORD = 'Correct-horse-9';

export type HttpReply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: the body is whatever the API returns
  readonly body: any;
};

type Send = {
  readonly method?: string;
  readonly token?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent unchanged, anything else as JSON. */
  readonly body?: unknown;
};

/** One HTTP request to the deployed API. A request with a body is a POST by default. */
export async function send(
  path: string,
  { method, token, key, headers, body }: Send = {},
): Promise<HttpReply> {
  const response = await fetch(`${localCloud().api}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

export const adminToken = (): Promise<string> => signInAsAdmin(localCloud().api);

/** A new approved merchant. The ending of its bank account selects the bank's fault mode. */
export async function newMerchant(bankAccount: string, limit = '100.00') {
  const { api } = localCloud();
  const username = `m-${randomUUID()}`;
  const id = await createMerchant(
    api,
    await adminToken(),
    { username, password: PASSWORD },
    { limit, bankAccount },
  );
  return { id, username, token: await signIn(api, { username, password: PASSWORD }) };
}

/**
 * Polls until the condition holds, as a client does. The limit only bounds a failing test: a passing one
 * never depends on it.
 */
export async function eventually<Found>(
  read: () => Promise<Found>,
  holds: (found: Found) => boolean,
  seconds = 60,
): Promise<Found> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await read();
    if (holds(found)) return found;
    if (Date.now() > deadline) {
      throw new Error(`after ${seconds} s the value is still ${JSON.stringify(found)}`);
    }
    await pause(200);
  }
}

export const statusOf = async (token: string, id: string): Promise<string> =>
  (await send(`/withdrawals/${id}`, { token })).body.data.status;

/** The payouts that the bank lists for one account. */
export async function payouts(
  account: string,
): Promise<{ key: string; status: string; amount: string }[]> {
  const all = (await (await fetch(`${localCloud().bank}/payouts`)).json()) as {
    key: string;
    account: string;
    status: string;
    amount: string;
  }[];
  return all.filter((payout) => payout.account === account);
}
