import pMap from 'p-map';
import type { Running } from '../../local/running.ts';
import { prepareCallers } from './callers.ts';
import type { Exchange, SentRequest } from './exchange.ts';
import { isNamedAlike } from './forged-cursor.ts';
import { knownValues } from './known-values.ts';
import { checkMoney, poolTotals } from './money.ts';
import { operationFields } from './operation-fields.ts';
import { findingsIn } from './oracle.ts';
import { type Cast, render } from './render.ts';
import { describeExchange } from './report.ts';
import { generate } from './requests.ts';
import { sender } from './send.ts';
import { targets } from './target.ts';

/** Different operations at once, as in production. */
const CONCURRENCY = 8;

export type FuzzOptions = {
  readonly requests: number;
  readonly seed: number;
  readonly report: (line: string) => void;
};
export type FuzzOutcome = {
  readonly findings: readonly string[];
  /** Number of responses by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Accepted requests that are no reads. */
  readonly changes: number;
  /** Routes that accepted at least one request. */
  readonly accepted: ReadonlySet<string>;
  readonly seconds: number;
};

/** A cursor of a list that `forged-cursor.ts` would name differently: forging would then prove nothing. */
function foreignName({ request, response }: Exchange): readonly string[] {
  const { target, caller, query } = request;
  const cursor = /"next_cursor":"([\w-]+)"/.exec(response.text)?.[1];
  if (cursor === undefined || target.kind !== 'operation') return [];
  const filters = Object.fromEntries(query.filter(([name]) => name !== 'cursor'));
  const list = { route: target.route, callerId: caller.id, params: target.params, query: filters };
  return isNamedAlike(list, cursor) ? [] : [`${target.route}: forged-cursor.ts names another list`];
}

/** Sends generated requests to a running cloud, checks each response, and then the money. */
export async function fuzz(
  running: Pick<Running, 'api' | 'bank' | 'operator' | 'admins'>,
  { requests, seed, report }: FuzzOptions,
): Promise<FuzzOutcome> {
  const operations = await operationFields();
  const planned = generate(operations, seed, requests);
  const run = Date.now().toString(36);
  const known = knownValues(run);
  const cast: Cast = {
    callers: await prepareCallers(running, run, known),
    known,
    targetOf: targets(operations),
  };
  const before = await poolTotals(running);
  const findings: string[] = [];
  const statuses = new Map<number, number>();
  const accepted = new Set<string>();
  let changes = 0;

  const { send, close } = sender(CONCURRENCY);
  const exchange = async (request: SentRequest): Promise<Exchange> => {
    const { method, headers, body } = request;
    const authorization = await request.caller.authorization();
    const all = { ...headers, ...(authorization !== undefined && { authorization }) };
    const url = `${running.api}${request.path}`;
    return { request, response: await send({ url, method, headers: all, body }) };
  };
  const count = ({ request: { method, target }, response: { status } }: Exchange): void => {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 300 || target.kind !== 'operation') return;
    accepted.add(target.route);
    if (method !== 'GET') changes += 1;
  };

  const start = performance.now();
  await pMap(
    planned.entries(),
    async ([index, plan]) => {
      const request = render(plan, cast);
      const done = await exchange(request).catch((error: unknown) => String(error));
      if (typeof done === 'string') {
        findings.push(describeExchange(index, request, undefined, [done]));
        return;
      }
      count(done);
      known.learn(done);
      const wrong = [...findingsIn(done), ...foreignName(done)];
      if (wrong.length > 0) findings.push(describeExchange(index, request, done.response, wrong));
    },
    { concurrency: CONCURRENCY },
  );
  close();
  const seconds = (performance.now() - start) / 1_000;
  report(`${requests} requests in ${seconds.toFixed(1)} s; checking wallets, credit and pools`);
  findings.push(...(await checkMoney(running, known, before, report)));
  return { findings, statuses, changes, accepted, seconds };
}
