import { Agent, request as httpRequest } from 'node:http';
import type { ReceivedResponse } from './exchange.ts';

type ToSend = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
};

export type Sender = {
  readonly send: (request: ToSend) => Promise<ReceivedResponse>;
  readonly close: () => void;
};

const TIMEOUT_MS = 30_000;

/** A server may close an idle connection at the moment at which a request reuses it. */
class ConnectionReused extends Error {}

/**
 * Sends requests as they are. `fetch` would resolve `..` in a path, drop some methods and refuse a body
 * with GET.
 */
export function sender(connections: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const once = (
    { url, method, headers, body }: ToSend,
    connection: Agent | false,
  ): Promise<ReceivedResponse> =>
    new Promise((resolve, reject) => {
      const { hostname, port, origin } = new URL(url);
      // Not the path of the parsed URL, which is normalized.
      const path = url.slice(origin.length);
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const options = {
        agent: connection,
        hostname,
        port,
        path,
        method,
        headers: { ...headers, ...length },
      };
      const sent = httpRequest({ ...options, timeout: TIMEOUT_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            ),
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`no response within ${TIMEOUT_MS} ms`)));
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new ConnectionReused() : error),
      );
      sent.end(body);
    });

  const send = async (request: ToSend): Promise<ReceivedResponse> => {
    try {
      return await once(request, agent);
    } catch (error) {
      if (error instanceof ConnectionReused) return once(request, false);
      throw error;
    }
  };
  return { send, close: () => agent.destroy() };
}
