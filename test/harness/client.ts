import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { signIn } from '../../local/api.ts';
import { createMerchant } from '../../local/seed.ts';
import { localCloud } from './local-cloud.ts';

export const PASSWORD = 'Correct-horse-9';

export type HttpReply = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's body is whatever the API says
  readonly body: any;
};

type Send = {
  readonly method?: string;
  readonly token?: string;
  readonly key?: string;
  /** Text is sent as it is. */
  readonly body?: unknown;
};

/** One request over HTTP to the deployed API, as any client makes it. */
export async function send(
  path: string,
  { method, token, key, body }: Send = {},
): Promise<HttpReply> {
  const response = await fetch(`${localCloud().api}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { 'idempotency-key': key }),
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

export const adminToken = (): Promise<string> => {
  const { api, admin } = localCloud();
  return signIn(api, admin.username, admin.password);
};

/** A new approved merchant; the ending of its account tells the bank how to behave. */
export async function newMerchant(bankAccount: string, limit = '100.00') {
  const { api } = localCloud();
  const username = `m-${randomUUID()}`;
  const id = await createMerchant(
    api,
    await adminToken(),
    { username, password: PASSWORD },
    { limit, bankAccount },
  );
  return { id, username, token: await signIn(api, username, PASSWORD) };
}

/** Asks until it is so, as a client that polls; the limit is a failure's, not a race's. */
export async function eventually<Found>(
  look: () => Promise<Found>,
  isSo: (found: Found) => boolean,
  seconds = 60,
): Promise<Found> {
  const until = Date.now() + seconds * 1_000;
  for (;;) {
    const found = await look();
    if (isSo(found)) return found;
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(found)}`);
    await pause(200);
  }
}

export const statusOf = async (token: string, id: string): Promise<string> =>
  (await send(`/withdrawals/${id}`, { token })).body.data.status;

/** The bank's own list, for one account. */
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
