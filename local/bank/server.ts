import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { control, moods } from './behaviour.ts';
import { type PayoutOrder, payoutBook, payoutOrder } from './payouts.ts';

/**
 * A bank that pays out, for local runs and tests: the third party of WD-9, over real HTTP.
 *
 *   POST /payouts        Authorization: Bearer …, Idempotency-Key; {account, amount, currency}
 *                        201 paid · 422 refused, or the key was used for another order · 400 · 401
 *   GET /payouts/{key}   Authorization: Bearer …; what became of a key: 200, or 404 payout_not_found
 *   GET /payouts         all it decided, oldest first: the bank's own ledger, open to whoever checks it
 *   POST /control, DELETE /control   misbehave, behave again (behaviour.ts)
 */
export type BankOptions = {
  readonly port: number;
  /** Where it listens. A cloud in containers cannot reach the loopback address. */
  readonly host?: string;
  /** How late a SLOW answer is. */
  readonly slowMs?: number;
  readonly clock?: { readonly wait: (ms: number) => Promise<unknown> };
};
export type Bank = { readonly url: string; close(): Promise<void> };

type Answer = { status: number; body: unknown; headers?: Record<string, string> };
/** Undefined: the connection is to break without an answer. */
type Handle = (request: IncomingMessage, path: string) => Promise<Answer | undefined>;

const SLOW_MS = 4_000;
const LONGEST_BODY = 16_384;
const idempotencyKey = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

const refusal = (status: number, code: string, detail?: string): Answer => ({
  status,
  body: { code, detail },
});
const badRequest = (detail: string): Answer => refusal(400, 'invalid_request', detail);

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await text(request);
  if (body.length > LONGEST_BODY) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const hasBearer = ({ headers }: IncomingMessage): boolean =>
  /^Bearer \S+$/i.test(headers.authorization ?? '');

function bankHandler(slowMs: number, clock: { wait: (ms: number) => Promise<unknown> }): Handle {
  const book = payoutBook();
  const mood = moods();

  const pay = async (key: string, order: PayoutOrder): Promise<Answer | undefined> => {
    const behaves = mood.next(order.account, book.firstTry(key));
    if (behaves === '503') return refusal(503, 'unavailable');
    if (behaves === 'RATE') return { ...refusal(429, 'too_many'), headers: { 'retry-after': '1' } };

    const payout = book.decide(key, order, behaves === 'REFUSE');
    if (payout === 'reused') return refusal(422, 'idempotency_key_reused');
    // From here on it is done, whatever the caller hears.
    if (behaves === 'LOST') return undefined;
    if (behaves === 'GARBLED') return { status: 200, body: '{"key": "…' };
    if (behaves === 'SLOW') await clock.wait(slowMs);
    return { status: payout.status === 'SUCCEEDED' ? 201 : 422, body: payout };
  };

  const orderPayout = async (request: IncomingMessage): Promise<Answer | undefined> => {
    if (!hasBearer(request)) return refusal(401, 'unauthorized');
    const order = payoutOrder.safeParse(await readJson(request));
    const key = idempotencyKey.safeParse(request.headers['idempotency-key']);
    if (!key.success) return badRequest('Idempotency-Key is missing or malformed');
    if (!order.success) return badRequest(z.prettifyError(order.error));
    return pay(key.data, order.data);
  };

  const inquire = (request: IncomingMessage, key: string): Answer => {
    if (!hasBearer(request)) return refusal(401, 'unauthorized');
    const payout = book.find(key);
    return payout ? { status: 200, body: payout } : refusal(404, 'payout_not_found');
  };

  const ledger = (): Answer => ({
    status: 200,
    body: book.all().map(({ key, account, amount, currency, status }) => ({
      key,
      account,
      amount,
      currency,
      status,
    })),
  });

  const misbehave = async (request: IncomingMessage): Promise<Answer> => {
    const order = control.safeParse(await readJson(request));
    if (!order.success) return badRequest(z.prettifyError(order.error));
    mood.order(order.data);
    return { status: 200, body: order.data };
  };

  return async (request, path) => {
    const key = /^\/payouts\/([^/]+)$/.exec(path)?.[1];
    if (key !== undefined && request.method === 'GET') return inquire(request, key);
    switch (`${request.method} ${path}`) {
      case 'POST /payouts':
        return orderPayout(request);
      case 'GET /payouts':
        return ledger();
      case 'POST /control':
        return misbehave(request);
      case 'DELETE /control':
        mood.calm();
        return { status: 200, body: { behaviour: null } };
      default:
        return refusal(404, 'not_found');
    }
  };
}

function send(response: ServerResponse, answer: Answer | undefined): void {
  if (answer === undefined) {
    response.destroy();
    return;
  }
  // A garbled body is text already, and must not be made readable.
  const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(body);
}

const listen = async (server: Server, port: number, host: string): Promise<number> => {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
};

export async function startBank(options: BankOptions): Promise<Bank> {
  const { port, host = '127.0.0.1', slowMs = SLOW_MS, clock = { wait } } = options;
  const handle = bankHandler(slowMs, clock);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://bank');
    handle(request, pathname).then(
      (answer) => send(response, answer),
      // Only a caller that hung up gets here: there is nobody left to answer.
      () => response.destroy(),
    );
  });
  const listening = await listen(server, port, host);
  return {
    url: `http://127.0.0.1:${listening}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

// No top-level await: Jest loads the e2e harness, and so this file, by require.
if (import.meta.main) {
  const { SURETY_BANK_PORT = '8010' } = process.env;
  void startBank({ port: Number(SURETY_BANK_PORT) }).then(({ url }) =>
    process.stdout.write(`Bank simulator on ${url} (Ctrl-C stops it)\n`),
  );
}
