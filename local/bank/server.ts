import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { control, faultModes } from './fault-modes.ts';
import { BANK, OPERATOR, orderIn, payoutStore, stated, type Words } from './payouts.ts';

/**
 * A simulator of the bank and of the operator for local runs and tests: the third parties of WD-9 and SA-1, over HTTP.
 * The bank is at /, the operator at /operator.
 *
 *   POST /payouts        Authorization: Bearer …, Idempotency-Key; {account, amount, currency}
 *                        201 paid · 422 refused, or key used for another order · 400 · 401
 *   GET /payouts/{key}   Authorization: Bearer …; inquiry: 200, or 404 payout_not_found
 *   GET /payouts         all decisions, oldest first, without authorization
 *   POST /control, DELETE /control   set and clear a fault mode (fault-modes.ts)
 *
 *   /operator/charges    the same for {phone_number, amount, currency}, with 404 charge_not_found; its faults are
 *                        its own: /operator/control
 */
export type BankOptions = {
  readonly port: number;
  /** The address to listen on. A cloud in containers cannot reach the loopback address. */
  readonly host?: string;
  /** The delay of a SLOW response. */
  readonly slowMs?: number;
  readonly clock?: Clock;
};
/** Tests replace it to control SLOW responses. */
type Clock = { readonly wait: (ms: number) => Promise<unknown> };
export type Bank = {
  readonly url: string;
  readonly operatorUrl: string;
  close(): Promise<void>;
};

type BankResponse = { status: number; body: unknown; headers?: Record<string, string> };
/** Undefined closes the connection without a response. */
type Handler = (request: IncomingMessage, path: string) => Promise<BankResponse | undefined>;

const SLOW_MS = 4_000;
const MAX_BODY_LENGTH = 16_384;
const idempotencyKey = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

const errorResponse = (status: number, code: string, detail?: string): BankResponse => ({
  status,
  body: { code, detail },
});
const badRequest = (detail: string): BankResponse => errorResponse(400, 'invalid_request', detail);

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  if (body.length > MAX_BODY_LENGTH) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const hasBearer = ({ headers }: IncomingMessage): boolean =>
  /^Bearer \S+$/i.test(headers.authorization ?? '');

const OPERATOR_PREFIX = '/operator';

function bankHandler(slowMs: number, clock: Clock): Handler {
  const bank = providerHandler(BANK, slowMs, clock);
  const operator = providerHandler(OPERATOR, slowMs, clock);
  return (request, path) =>
    path.startsWith(`${OPERATOR_PREFIX}/`)
      ? operator(request, path.slice(OPERATOR_PREFIX.length))
      : bank(request, path);
}

function providerHandler(words: Words, slowMs: number, clock: Clock): Handler {
  const payouts = payoutStore(words);
  const faults = faultModes(words.modeOf);
  const orderSchema = orderIn(words);

  const pay = async (
    key: string,
    order: z.output<typeof orderSchema>,
  ): Promise<BankResponse | undefined> => {
    const fault = faults.next(order.destination, payouts.firstAttempt(key));
    if (fault === '503') return errorResponse(503, 'unavailable');
    if (fault === 'RATE') {
      return { ...errorResponse(429, 'too_many'), headers: { 'retry-after': '1' } };
    }
    const payout = payouts.decide(key, order, fault === 'REFUSE');
    if (payout === 'reused') return errorResponse(422, 'idempotency_key_reused');
    // The payout is decided. The faults below affect only the response.
    if (fault === 'LOST') return undefined;
    if (fault === 'GARBLED') return { status: 200, body: '{"key": "…' };
    if (fault === 'SLOW') await clock.wait(slowMs);
    return { status: payout.status === 'SUCCEEDED' ? 201 : 422, body: stated(words, payout) };
  };

  const orderPayout = async (request: IncomingMessage): Promise<BankResponse | undefined> => {
    if (!hasBearer(request)) return errorResponse(401, 'unauthorized');
    const order = orderSchema.safeParse(await readJson(request));
    const key = idempotencyKey.safeParse(request.headers['idempotency-key']);
    if (!key.success) return badRequest('Idempotency-Key is missing or malformed');
    if (!order.success) return badRequest(z.prettifyError(order.error));
    return pay(key.data, order.data);
  };

  const inquire = (request: IncomingMessage, key: string): BankResponse => {
    if (!hasBearer(request)) return errorResponse(401, 'unauthorized');
    const payout = payouts.find(key);
    return payout
      ? { status: 200, body: stated(words, payout) }
      : errorResponse(404, words.notFound);
  };

  const listPayouts = (): BankResponse => ({
    status: 200,
    body: payouts.all().map(({ key, destination, amount, currency, status }) => ({
      key,
      [words.destination]: destination,
      amount,
      currency,
      status,
    })),
  });

  const setFault = async (request: IncomingMessage): Promise<BankResponse> => {
    const body = control.safeParse(await readJson(request));
    if (!body.success) return badRequest(z.prettifyError(body.error));
    faults.set(body.data);
    return { status: 200, body: body.data };
  };

  return async (request, path) => {
    const [, key = ''] = path.split(`${words.path}/`);
    if (/^[^/]+$/.test(key) && request.method === 'GET') return inquire(request, key);
    switch (`${request.method} ${path}`) {
      case `POST ${words.path}`:
        return orderPayout(request);
      case `GET ${words.path}`:
        return listPayouts();
      case 'POST /control':
        return setFault(request);
      case 'DELETE /control':
        faults.clear();
        return { status: 200, body: { behaviour: null } };
      default:
        return errorResponse(404, 'not_found');
    }
  };
}

function send(response: ServerResponse, result: BankResponse | undefined): void {
  if (result === undefined) {
    response.destroy();
    return;
  }
  // A garbled body is a string. JSON.stringify would make it valid JSON.
  const body = typeof result.body === 'string' ? result.body : JSON.stringify(result.body);
  response.writeHead(result.status, { 'content-type': 'application/json', ...result.headers });
  response.end(body);
}

/** Where the operator is, beside a bank. */
export const operatorOf = (bankUrl: string): string => `${bankUrl}${OPERATOR_PREFIX}`;

const listen = async (server: Server, port: number, host: string): Promise<number> => {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
};

export async function startBank(options: BankOptions): Promise<Bank> {
  const { port, host = '127.0.0.1', slowMs = SLOW_MS, clock = { wait: pause } } = options;
  const handle = bankHandler(slowMs, clock);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://bank');
    handle(request, pathname).then(
      (result) => send(response, result),
      // Reading the body fails only if the client has closed the connection.
      () => response.destroy(),
    );
  });
  const listening = await listen(server, port, host);
  const url = `http://127.0.0.1:${listening}`;
  return {
    url,
    operatorUrl: operatorOf(url),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

// No top-level await: Jest loads the e2e harness with require, and so this file.
if (import.meta.main) {
  const { SURETY_BANK_PORT = '8010' } = process.env;
  void startBank({ port: Number(SURETY_BANK_PORT) }).then(({ url, operatorUrl }) =>
    process.stdout.write(
      `Bank simulator on ${url}, operator on ${operatorUrl} (Ctrl-C stops both)\n`,
    ),
  );
}
