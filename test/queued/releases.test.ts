import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BusyMerchants } from '../../lambdas/ledger/busy/busy-merchants.ts';
import { markBusy } from '../../lambdas/ledger/busy/marker.ts';
import type { QueuedMessage } from '../../lambdas/ledger/busy/messages.ts';
import { releasePrefix } from '../../lambdas/ledger/keys.ts';
import { releaseRun } from '../../lambdas/ledger/release.ts';
import { readWallet } from '../../lambdas/ledger/rows/wallets.ts';
import { recoverReleases } from '../../lambdas/payouts/recover-releases.ts';
import { cancelledWith } from '../harness/faults.ts';
import { type Harness, startHarness, USD } from '../harness/harness.ts';
import { notBusy } from '../harness/not-busy.ts';

/** What recovery leaves to the group of a busy merchant: deposits whose time has come. */
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => {
  harness.queue.gather = 1;
});
afterAll(() => harness.close());

/** A busy merchant with matured deposits of 1.00 each. Its group is received when it has so many messages. */
async function matured(deposits: number, messages: number): Promise<string> {
  const id = await harness.merchant('1.00');
  const release_at = new Date(harness.clock.now.getTime() + 1_000).toISOString();
  await Promise.all(
    Array.from({ length: deposits }, () => harness.deposit(id, { amount: '1.00', release_at })),
  );
  harness.clock.now = new Date(harness.clock.now.getTime() + 1_000);
  await markBusy(harness.context.responses, id, [], harness.clock.now);
  harness.queue.gather = messages;
  return id;
}
const recover = () => recoverReleases(harness.context, harness.clock.now);
const wallet = (id: string) => readWallet(harness.context.ledger, id, USD);
const waiting = async () =>
  (await harness.rows()).filter(({ sk }) => String(sk).startsWith(releasePrefix(USD)));
const untilReleased = async (): Promise<void> => {
  while ((await waiting()).length > 0) await pause(5);
};

describe('WA-3: matured funds of a busy merchant', () => {
  it('are released in its group, in one transaction with what others ask for, and once', async () => {
    const id = await matured(3, 2);
    const before = await wallet(id);
    expect(before).toMatchObject({ available: 0n, pending: 300n });
    const transfer = harness.call('POST /transfers', {
      as: id,
      key: randomUUID(),
      body: { to: await harness.merchant('1.00'), amount: '2.00' },
    });
    await recover();
    expect((await transfer).status).toBe(201);
    await untilReleased();
    expect(await wallet(id)).toMatchObject({
      // After the transfer and its fee.
      available: 96n,
      pending: 0n,
      version: (before?.version ?? 0n) + 1n,
    });
  });

  it('are released alone: what is not due stays', async () => {
    const id = await matured(2, 1);
    const release_at = new Date(harness.clock.now.getTime() + 1_000).toISOString();
    await harness.deposit(id, { amount: '5.00', release_at });
    await recover();
    while ((await wallet(id))?.available !== 200n) await pause(5);
    expect(await wallet(id)).toMatchObject({ available: 200n, pending: 500n });
    expect(await waiting()).toMatchObject([{ amount: 500n }]);
    harness.clock.now = new Date(release_at);
    await recover();
    await untilReleased();
  });

  it('are none from a position that is ahead of the function’s clock', async () => {
    const id = await matured(1, 1);
    const ahead = new Date(harness.clock.now.getTime() + 1).toISOString();
    const run = releaseRun(harness.context.ledger, id, USD, `${ahead}#0`);
    expect((await run.read(harness.clock.now)).decide()).toMatchObject({ kind: 'done' });
    await recover();
    await untilReleased();
  });

  it('are left again by the next run, where the message of this one was too late', async () => {
    const id = await matured(1, 2);
    await recover();
    harness.clock.now = new Date(harness.clock.now.getTime() + 60_000);
    await markBusy(harness.context.responses, id, [], harness.clock.now);
    await recover();
    await untilReleased();
    expect(await wallet(id)).toMatchObject({ available: 100n, pending: 0n });
  });

  it('are released forty at a time', async () => {
    const id = await matured(100, 3);
    await recover();
    await untilReleased();
    expect(await wallet(id)).toMatchObject({ available: 10_000n, pending: 0n });
  });

  it('are released once where recovery runs beside itself, also without seeing that the merchant is busy', async () => {
    const id = await matured(100, 1);
    const { ledger } = harness.context;
    const unseen = { ledger, busy: notBusy(ledger) };
    await Promise.all([recover(), recover(), recoverReleases(unseen, harness.clock.now)]);
    await untilReleased();
    expect(await wallet(id)).toMatchObject({ available: 10_000n, pending: 0n });
  });

  it('are left to the group in eight messages at most: requests wait behind them', async () => {
    const id = await matured(400, 1);
    const { ledger, responses } = harness.context;
    const sent: QueuedMessage[] = [];
    const busy = new BusyMerchants(ledger, responses, async (message) => sent.push(message) > 0);
    await recoverReleases({ ledger, busy }, harness.clock.now);
    const parts = sent.flatMap((each) => ('from' in each ? [each.from] : []));
    expect([sent.length, parts.length, new Set(parts).size]).toEqual([8, 8, 8]);
    const unseen = { ledger, busy: notBusy(ledger) };
    while ((await waiting()).length > 0) await recoverReleases(unseen, harness.clock.now);
    expect(await wallet(id)).toMatchObject({ available: 40_000n, pending: 0n });
  }, 30_000);

  it('are left to the next run where recovery itself has lost a race: others would keep losing', async () => {
    const id = await matured(100, 1);
    const { ledger } = harness.context;
    let transactions = 0;
    ledger.dynamo.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'TransactWriteItemsCommand') return next(args);
          transactions += 1;
          const { TransactItems = [] } = args.input as { TransactItems?: unknown[] };
          throw cancelledWith(TransactItems.map(() => 'TransactionConflict'));
        },
      { step: 'build', name: 'conflictInTest' },
    );
    const unseen = { ledger, busy: notBusy(ledger) };
    await recoverReleases(unseen, harness.clock.now);
    ledger.dynamo.middlewareStack.remove('conflictInTest');
    expect(transactions).toBe(1);
    await recoverReleases(unseen, harness.clock.now);
    expect(await wallet(id)).toMatchObject({ available: 10_000n, pending: 0n });
  });

  it('are released by recovery itself where the message is certainly not sent', async () => {
    const id = await matured(2, 1);
    const { ledger, responses } = harness.context;
    const busy = new BusyMerchants(ledger, responses, async () => false);
    await recoverReleases({ ledger, busy }, harness.clock.now);
    expect(await wallet(id)).toMatchObject({ available: 200n, pending: 0n });
  });
});
