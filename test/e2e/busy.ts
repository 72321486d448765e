import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pMap from 'p-map';
import {
  adminToken,
  eventually,
  type HttpReply,
  newMerchant,
  payouts,
  send,
} from '../harness/client.ts';
import {
  type ConflictProxy,
  killWorkers,
  startConflictProxy,
  useDynamoAt,
} from '../harness/conflict-proxy.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot } from '../harness/root-access.ts';

/**
 * Outcomes, not rates: the local cloud runs one batch of a FIFO queue at a time, and hides the messages of a batch that
 * failed for the visibility timeout.
 */
const MINUTE = 60_000;
const BEHIND_PROXY = ['withdrawals', 'run-queued'];
let proxy: ConflictProxy;
beforeAll(async () => {
  proxy = await startConflictProxy(BEHIND_PROXY);
  for (const [name, url] of proxy.urls) await useDynamoAt(name, url);
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '500.00' } };
  await send('/admin/pools/USD/topups', topUp);
}, MINUTE);
afterAll(async () => {
  for (const name of BEHIND_PROXY) await useDynamoAt(name, undefined);
  proxy.close();
});

/** As a client does: repeats 503 with the same key after its Retry-After. */
async function withdraw(token: string): Promise<HttpReply> {
  const order = { token, key: randomUUID(), body: { amount: '1.00' } };
  for (let tries = 1; ; tries += 1) {
    const reply = await send('/withdrawals', order);
    const isFinal = reply.status < 500 && reply.body.code !== 'request_in_progress';
    if (isFinal || tries === 20) return reply;
    await pause(1_000 * Number(reply.headers.get('retry-after') ?? 1));
  }
}
function tally(replies: readonly HttpReply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const kind = body.code === undefined ? `${status}` : `${status} ${body.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
/** All accepted withdrawals are paid, each once. */
const expectPaidOnce = async (account: string, replies: readonly HttpReply[]): Promise<void> => {
  const ids = replies.flatMap(({ status, body }) => (status === 202 ? [String(body.data.id)] : []));
  const paid = await eventually(
    () => payouts(account),
    (all) => all.length >= ids.length,
  );
  expect(paid.map(({ key }) => key).toSorted()).toEqual(ids.toSorted());
};
const creditOf = async (token: string) => (await send('/me', { token })).body.data.credit;

it(
  'OP-3 SA-1: of 60 callers on a credit for 20, 20 at a time, 20 are accepted and 40 refused',
  async () => {
    const account = `E2E-${randomUUID().slice(0, 8)}`;
    const { token } = await newMerchant(account, '20.00');
    // Each request under way is a process of its own on this machine.
    const callers = Array.from({ length: 60 });
    const replies = await pMap(callers, () => withdraw(token), { concurrency: 20 });
    expect(tally(replies)).toEqual({ 202: 20, '402 insufficient_credit': 40 });
    expect(proxy.conflicts).toBeGreaterThan(10);
    // Several requests in one transaction: a single one writes five rows.
    expect(Math.max(...proxy.sizes)).toBeGreaterThan(6);
    expect(await creditOf(token)).toMatchObject([{ available: '0.00' }]);
    await expectPaidOnce(account, replies);
  },
  3 * MINUTE,
);

it.each(['before', 'after', 'before'])(
  'WD-8: run-queued may be killed in the middle of a group, %s its commit, and nothing is lost or made twice',
  async (when) => {
    const account = `E2E-${randomUUID().slice(0, 8)}`;
    const { id, token } = await newMerchant(account, '4.00');
    // As run-queued marks it: requests join a group at once.
    const now = new Date();
    const Item = {
      id: { S: `BUSY#${id}` },
      markedAt: { S: now.toISOString() },
      until: { S: new Date(now.getTime() + MINUTE).toISOString() },
      batches: { L: [] },
    };
    const { IdempotencyTableName: TableName } = localCloud().outputs;
    await new DynamoDBClient(asRoot()).send(new PutItemCommand({ TableName, Item }));
    let isKilled = false;
    proxy.around = (functionName) => {
      if (functionName !== 'run-queued' || isKilled) return 'let through';
      isKilled = true;
      if (when === 'after') return { after: () => void killWorkers('run-queued') };
      killWorkers('run-queued');
      return 'drop';
    };
    const replies = await Promise.all(Array.from({ length: 6 }, () => withdraw(token)));
    expect(tally(replies)).toEqual({ 202: 4, '402 insufficient_credit': 2 });
    expect(isKilled).toBe(true);
    expect(await creditOf(token)).toMatchObject([{ available: '0.00' }]);
    await expectPaidOnce(account, replies);
  },
  2 * MINUTE,
);
