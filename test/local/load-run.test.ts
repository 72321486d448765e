import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, it } from '@jest/globals';
import { type Attempt, withdrawAll } from '../../local/load-run.ts';
import { money } from '../../local/money.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** An API that gives each request the same response. */
async function apiThat(respond: (response: ServerResponse) => void): Promise<string> {
  server = createServer((_, response) => respond(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return `http://127.0.0.1:${address.port}`;
}

const attempts: readonly Attempt[] = ['first', 'second', 'third'].map((key) => ({
  merchant: { id: 'm1', account: 'LOAD-1', token: 'token' },
  key,
  amount: money(100n),
}));

it.each([500, 502, 503])(
  'WD-8: the load test reports each response %d without Retry-After as a fault, and does not retry it',
  async (status) => {
    const api = await apiThat((response) => response.writeHead(status).end('{}'));
    const outcome = await withdrawAll(api, attempts, 2);
    expect(outcome.faults).toEqual([status, status, status]);
    expect(outcome.accepted).toEqual([]);
    expect([...outcome.statuses]).toEqual([[status, 3]]);
  },
);

it('WD-8: the load test retries a response 503 with Retry-After, and does not report it as a fault', async () => {
  let requests = 0;
  const api = await apiThat((response) => {
    requests += 1;
    if (requests > 1) response.writeHead(202).end('{"data":{"id":"w1"}}');
    else response.writeHead(503, { 'retry-after': '0' }).end('{}');
  });
  const outcome = await withdrawAll(api, attempts.slice(0, 1), 1);
  expect(outcome.faults).toEqual([]);
  expect(outcome.accepted).toMatchObject([{ key: 'first', id: 'w1' }]);
  expect([...outcome.statuses]).toEqual([
    [503, 1],
    [202, 1],
  ]);
});
