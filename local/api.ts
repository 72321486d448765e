import { z } from 'zod';
import { API_PREFIX } from '../lambdas/http/routes.ts';
import { Trouble } from './cli-error.ts';

/**
 * The API by path, not by host name: Node cannot resolve `<id>.execute-api.localhost`. `%24default`
 * is the stage `$default`, written so that no shell takes it for a variable.
 */
export const apiAddress = (cloud: string, apiId: string): string =>
  `${cloud.replace(/\/$/, '')}/_aws/execute-api/${apiId}/%24default${API_PREFIX}`;

export type Call = {
  readonly token?: string;
  /** The Idempotency-Key of a POST that moves money. */
  readonly key?: string;
  readonly body?: unknown;
};
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

export async function call(url: string, { token, key, body }: Call = {}): Promise<Answer> {
  const headers = new Headers();
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (key !== undefined) headers.set('idempotency-key', key);
  if (body !== undefined) headers.set('content-type', 'application/json');
  const response = await fetch(url, {
    headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const success = z.object({ data: z.unknown() });

/** The `data` of a successful answer; anything else is an error that shows what came instead. */
export async function ask<Schema extends z.ZodType>(
  url: string,
  data: Schema,
  what: Call = {},
): Promise<z.output<Schema>> {
  const { status, body } = await call(url, what);
  const envelope = success.safeParse(body);
  const found = data.safeParse(envelope.data?.data);
  if (status < 300 && envelope.success && found.success) return found.data;
  throw new Trouble(`${url} answered ${status}: ${JSON.stringify(body)}`);
}

const tokens = z.object({ access_token: z.string() });

export const signIn = async (api: string, username: string, password: string): Promise<string> => {
  const granted = await ask(`${api}/auth/token`, tokens, { body: { username, password } });
  return granted.access_token;
};
