import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

type ReceivedRequest = {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type BankResponse = (response: ServerResponse) => void;

export const respondWith =
  (status: number, body: unknown, headers: Record<string, string> = {}): BankResponse =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const resetConnection: BankResponse = (response) => void response.socket?.destroy();
export const resetDuringBody: BankResponse = (response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' });
  response.write('{"status":', () => response.socket?.destroy());
};
export const neverRespond: BankResponse = () => {};

/**
 * A bank with faults that the simulator does not have. It sends the responses in order and repeats the
 * last one.
 */
export async function faultyBank(...responses: readonly [BankResponse, ...BankResponse[]]) {
  const requests: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    void text(request).then((body) => {
      requests.push({ line: `${method} ${url}`, headers, body });
      responses[Math.min(requests.length, responses.length) - 1]?.(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Every request received, oldest first. */
    requests,
    close: async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
