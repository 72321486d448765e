import { z } from 'zod';
import { API_PREFIX } from '../lambdas/http/operation.ts';
import { CliError } from './cli-error.ts';

/**
 * The API by path instead of host name: Node cannot resolve `<id>.execute-api.localhost`. `%24default`
 * is the stage `$default`, encoded so that a shell does not expand it.
 */
export const apiAddress = (cloud: string, apiId: string): string =>
  `${cloud.replace(/\/$/, '')}/_aws/execute-api/${apiId}/%24default${API_PREFIX}`;

export type RequestOptions = {
  readonly token?: string;
  /** The Idempotency-Key of a POST that moves money. */
  readonly key?: string;
  /** Sent as JSON. A request with a body is a POST, without one a GET. */
  readonly body?: unknown;
};
export type HttpResponse = {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, or the text if it is not JSON. */
  readonly body: unknown;
};

export async function request(
  url: string,
  { token, key, body }: RequestOptions = {},
): Promise<HttpResponse> {
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

/** The `data` of a successful response. Throws a CliError with the response otherwise. */
export async function requestData<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  options: RequestOptions = {},
): Promise<z.output<Schema>> {
  const { status, body } = await request(url, options);
  const envelope = success.safeParse(body);
  const data = schema.safeParse(envelope.data?.data);
  if (status < 300 && envelope.success && data.success) return data.data;
  throw new CliError(`${url} responded ${status}: ${JSON.stringify(body)}`);
}

const tokens = z.object({ access_token: z.string() });

/** An access token. `api` ends in `/admin` for an admin. */
export const signIn = async (
  api: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<string> => {
  const body = { username, password };
  const { access_token: token } = await requestData(`${api}/auth/token`, tokens, { body });
  return token;
};
