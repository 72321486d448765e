import type { ReceivedResponse, SentRequest } from './exchange.ts';
import type { FuzzOutcome } from './fuzz.ts';

const MOST_CHARACTERS = 2_000;
const shortened = (text: string): string =>
  text.length > MOST_CHARACTERS
    ? `${text.slice(0, MOST_CHARACTERS)}… (${text.length} characters)`
    : text;

/** A request with its response, and what is wrong with it. The caller's name stands for its token. */
export function describeExchange(
  index: number,
  { kind, caller, method, path, headers, body }: SentRequest,
  response: ReceivedResponse | undefined,
  wrong: readonly string[],
): string {
  const lines = [
    `request ${index} (${kind}): ${wrong.join('; ')}`,
    `  ${method} ${shortened(path)}`,
    `  as ${caller.name} ${JSON.stringify(headers)}`,
    ...(body === undefined ? [] : [`  body ${shortened(JSON.stringify(body.toString('utf8')))}`]),
    ...(response === undefined
      ? []
      : [`  response ${response.status} ${shortened(response.text)}`]),
  ];
  return lines.join('\n');
}

/** One line for each figure of a run. */
export function summary({ statuses, changes, accepted, seconds }: FuzzOutcome): string {
  const total = [...statuses.values()].reduce((a, b) => a + b, 0);
  const byStatus = [...statuses].toSorted(([a], [b]) => a - b);
  return [
    `  responses            ${byStatus.map(([status, n]) => `${n} × ${status}`).join(', ')}`,
    `  a second             ${(total / seconds).toFixed(0)}`,
    `  accepted changes     ${changes} of ${total}`,
    `  routes that accepted ${accepted.size}`,
  ].join('\n');
}
