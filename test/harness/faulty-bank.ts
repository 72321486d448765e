import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

type Heard = {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
export type Answer = (response: ServerResponse) => void;

export const answerWith =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const hangUp: Answer = (response) => void response.socket?.destroy();
export const hangUpHalfWay: Answer = (response) => {
  response.writeHead(201, { 'content-type': 'application/json', 'content-length': '500' });
  response.write('{"status":', () => response.socket?.destroy());
};
export const neverAnswer: Answer = () => {};

/** A bank that does what the simulator does not: the first answers in order, then the last again and again. */
export async function unrulyBank(...answers: readonly [Answer, ...Answer[]]) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    void text(request).then((body) => {
      heard.push({ line: `${method} ${url}`, headers, body });
      answers[Math.min(heard.length, answers.length) - 1]?.(response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : address;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    close: async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
