import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { markBusy } from '../../../lambdas/ledger/busy/marker.ts';
import { busyId, merchantPk } from '../../../lambdas/ledger/keys.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';

/** What a process knows of a busy merchant. Its clock stands still unless a test moves it. */
let harness: Harness;
let clockMs = 0;
let watch: (text: string, commandName: string) => void;
let waiting: (ms: number) => Promise<unknown>;
beforeAll(async () => {
  harness = await startHarness(1, undefined, {
    pacing: { clock: () => clockMs, pause: async (ms) => void (await waiting(ms)) },
  });
  await harness.fillPool('100000.00');
  onEach(harness.context.ledger.dynamo, (text, commandName) => watch(text, commandName));
});
beforeEach(() => {
  watch = () => undefined;
  waiting = (ms) => pause(ms);
  // What another test's process knew is forgotten.
  clockMs += 60_000;
});
afterAll(() => harness.close());

function onEach(
  { middlewareStack }: DynamoDBDocumentClient,
  see: (text: string, commandName: string) => void,
): void {
  middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        see(
          JSON.stringify(args.input, (_, value) =>
            typeof value === 'bigint' ? String(value) : value,
          ),
          commandName,
        );
        return next(args);
      },
    { step: 'initialize', name: 'seeInTest', priority: 'low' },
  );
}
const withdraw = (as: string, key: string = randomUUID()) =>
  harness.call('POST /withdrawals', { as, key, body: { amount: '1.00', currency: 'USD' } });
/** Of a thousand requests on the merchant, so many are let in. */
const letIn = (merchantId: string, thousandths: number) => {
  const at = harness.clock.now.getTime();
  const batch = { receivedAt: at, sentAt: at, size: 10, letIn: thousandths };
  return markBusy(harness.context.responses, merchantId, [batch], harness.clock.now);
};
const failReadsOf = (id: string) => {
  watch = (text, commandName) => {
    if (commandName !== 'GetItemCommand' || !text.includes(id)) return;
    throw Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
  };
};

describe('OP-3: a request on a merchant with too many', () => {
  it('is sent away, and told to come back the later the fewer are let in', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 0);
    const replies = await Promise.all(Array.from({ length: 40 }, () => withdraw(id)));
    expect(new Set(replies.map(({ body }) => body.code))).toEqual(new Set(['busy']));
    const after = replies.map(({ headers }) => Number(headers['retry-after']));
    expect(Math.max(...after)).toBeGreaterThan(20);
    expect(Math.max(...after)).toBeLessThanOrEqual(32);
  });

  it('reads no row of the merchant in a process that knows it: thousands would throttle the groups', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 0);
    const reads: string[] = [];
    watch = (text) => {
      if (text.includes(merchantPk(id))) reads.push(text);
    };
    expect((await withdraw(id)).status).toBe(503);
    expect(reads.length).toBeGreaterThan(0);
    reads.splice(0);
    expect((await withdraw(id)).status).toBe(503);
    expect(reads).toEqual([]);
    clockMs += 3_000;
    expect((await withdraw(id)).status).toBe(503);
    expect(reads.length).toBeGreaterThan(0);
  });

  it('AP-1: gets its stored response all the same', async () => {
    const [id, key] = [await harness.merchant('100.00'), randomUUID()];
    const first = await withdraw(id, key);
    await letIn(id, 0);
    await withdraw(id);
    const again = await withdraw(id, key);
    expect([first.status, again.status, again.text]).toEqual([202, 202, first.text]);
  });

  it('is handed over where it is let in, also by a process that knows it', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 1_000);
    const before = harness.queue.received;
    expect([(await withdraw(id)).status, (await withdraw(id)).status]).toEqual([202, 202]);
    expect(harness.queue.received).toBe(before + 2);
  });
});

describe('CR-2: a request that has waited for its group in vain', () => {
  it('is decided on what is true now, not on what it read before', async () => {
    const id = await harness.merchant('1.00');
    await letIn(id, 1_000);
    harness.queue.isEnabled = false;
    let isPaidIn = false;
    waiting = async (ms) => {
      clockMs += ms;
      if (isPaidIn) return;
      isPaidIn = true;
      harness.clock.now = new Date(harness.clock.now.getTime() + 3_000);
      await harness.deposit(id, { amount: '5.00' });
    };
    const body = { amount: '1.00', currency: 'USD', source: 'wallet' };
    const reply = await harness.call('POST /withdrawals', { as: id, key: randomUUID(), body });
    harness.queue.isEnabled = true;
    expect([reply.status, isPaidIn]).toEqual([202, true]);
  });
});

describe('OP-3: a marker that cannot be read', () => {
  it('is as the process last found it, for three seconds', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 0);
    expect((await withdraw(id)).status).toBe(503);
    failReadsOf(busyId(id));
    expect((await withdraw(id)).status).toBe(503);
    clockMs += 3_000;
    expect((await withdraw(id)).status).toBe(202);
  });

  it('is none where the process knows nothing', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 0);
    failReadsOf(busyId(id));
    expect((await withdraw(id)).status).toBe(202);
  });

  it('is none where the process has found that it is over', async () => {
    const id = await harness.merchant('100.00');
    await letIn(id, 0);
    expect((await withdraw(id)).status).toBe(503);
    harness.clock.now = new Date(harness.clock.now.getTime() + 3_000);
    expect((await withdraw(id)).status).toBe(202);
    failReadsOf(busyId(id));
    expect((await withdraw(id)).status).toBe(202);
  });
});
