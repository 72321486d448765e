import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { markBusy, readMarker } from '../../lambdas/ledger/busy/marker.ts';
import { busyId } from '../../lambdas/ledger/keys.ts';
import { runQueued } from '../../lambdas/queued/run-queued.ts';
import { type Harness, startHarness } from '../harness/harness.ts';

/** What run-queued tells of its batches. Pauses end at once, and move the clock of the pacing. */
let harness: Harness;
let clockMs = 0;
let failsFor: string | undefined;
beforeAll(async () => {
  const pause = async (ms: number) => {
    clockMs += ms;
  };
  harness = await startHarness(1, undefined, { pacing: { clock: () => clockMs, pause } });
  harness.context.ledger.dynamo.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { Key } = args.input as { Key?: { id?: unknown } };
        if (commandName !== 'GetItemCommand' || failsFor === undefined || Key?.id !== failsFor)
          return next(args);
        throw Object.assign(new Error('slow down'), {
          name: 'ThrottlingException',
          $fault: 'client',
        });
      },
    { step: 'initialize', name: 'failInTest', priority: 'low' },
  );
});
beforeEach(() => {
  failsFor = undefined;
});
afterAll(() => harness.close());

/** A batch of so many messages that are decided at once, received so many milliseconds after the last one. */
async function receive(merchantId: string, messages: number, laterMs = 0): Promise<void> {
  harness.clock.now = new Date(harness.clock.now.getTime() + laterMs);
  const deadline = new Date(harness.clock.now.getTime() + 1_000).toISOString();
  const run = runQueued({
    ...harness.context,
    memberOf: (message) => ({
      id: 'txnId' in message ? message.txnId : '',
      deadline,
      open: () => ({
        read: async () => ({
          decide: () => ({ kind: 'done', outcome: 'decided' }),
          prepare: async () => false,
        }),
      }),
    }),
    stopAfterMs: 4_000,
  });
  const Records = Array.from({ length: messages }, (_, index) => ({
    messageId: `${index}`,
    attributes: {
      MessageGroupId: merchantId,
      SentTimestamp: String(harness.clock.now.getTime()),
    },
    body: JSON.stringify({ work: 'execution', merchantId, txnId: `t${index}`, deadline }),
  }));
  await run({ Records } as never);
}
const marker = (id: string) => readMarker(harness.context.responses, id);
const sizes = async (id: string) => (await marker(id))?.batches.map(({ size }) => size);
const put = (Item: Record<string, unknown>) =>
  harness.faultless.send(new PutCommand({ TableName: harness.context.responses.table, Item }));

describe('OP-3: a batch', () => {
  it('is remembered with those before it, until the marker has expired', async () => {
    await receive('remembered', 3);
    await receive('remembered', 5, 80);
    // The first message only begins the count.
    expect(await sizes('remembered')).toEqual([0, 2, 5]);
    await receive('remembered', 4, 3_081);
    expect(await sizes('remembered')).toEqual([0, 3]);
  });

  it('of one message leaves no marker, unless requests are sent away', async () => {
    await receive('single', 1);
    expect(await marker('single')).toBeUndefined();
    const at = harness.clock.now.getTime();
    const shedding = [{ receivedAt: at, sentAt: at, size: 10, letIn: 20 }];
    await markBusy(harness.context.responses, 'single', shedding, harness.clock.now);
    await receive('single', 1, 500);
    expect(await sizes('single')).toEqual([10, 1]);
  });

  it('does not wait for a marker that cannot be read, and is remembered by itself', async () => {
    await receive('unreadable', 3);
    failsFor = busyId('unreadable');
    const start = clockMs;
    await receive('unreadable', 5, 80);
    expect(clockMs - start).toBeLessThan(500);
    failsFor = undefined;
    expect(await sizes('unreadable')).toEqual([0, 4]);
  });
});

describe('OP-3: a marker of another form', () => {
  const stored = {
    markedAt: '2026-11-20T11:00:00.000Z',
    until: '2027-11-20T11:00:00.000Z',
    ageMs: 12,
  };

  it('is replaced by the next batch', async () => {
    await put({ id: busyId('replaced'), ...stored });
    await receive('replaced', 3);
    expect(await sizes('replaced')).toEqual([0, 2]);
  });

  it('is none to requests and to admins', async () => {
    await harness.fillPool('100.00');
    const id = await harness.merchant('10.00');
    await put({ id: busyId(id), ...stored });
    const order = { as: id, key: 'k', body: { amount: '1.00', currency: 'USD' } };
    expect((await harness.call('POST /withdrawals', order)).status).toBe(202);
    const shown = await harness.call('GET /admin/merchants/{id}', { admin: true, params: { id } });
    expect([shown.status, shown.body.data.last_busy_at]).toEqual([200, null]);
  });
});
