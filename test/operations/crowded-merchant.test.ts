import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import pMap from 'p-map';
import { readCredit } from '../../lambdas/ledger/rows/merchants.ts';
import { readWallet } from '../../lambdas/ledger/rows/wallets.ts';
import { type Harness, type Reply, startHarness, USD } from '../harness/harness.ts';
import { OVERLAPPING } from '../harness/overlaps.ts';

/**
 * Many callers at once on one merchant, on an engine whose transactions exclude each other while they are under way.
 * Each calls once: nothing in this file repeats a request.
 */
let harness: Harness | undefined;
afterEach(() => harness?.close());

/** All callers share one process here: neither deadlines nor the age of a queue may measure this machine. */
async function start(seed: number): Promise<Harness> {
  harness = await startHarness(seed, OVERLAPPING, { pacing: { clock: () => 0 } });
  return harness;
}
const tally = (replies: readonly Reply[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, body } of replies) {
    const kind = body.code === undefined ? `${status}` : `${status} ${body.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
};

describe('OP-3 SA-1: a merchant with many customers', () => {
  it('CR-2: of 200 callers at once on a credit for 120, 120 are accepted and 80 refused, and none is sent away', async () => {
    const { fillPool, merchant, call, context, queue } = await start(3);
    await fillPool('100000.00');
    const id = await merchant('1200.00');
    const replies = await Promise.all(
      Array.from({ length: 200 }, () =>
        call('POST /withdrawals', { as: id, key: randomUUID(), body: { amount: '10.00' } }),
      ),
    );
    expect(tally(replies)).toEqual({ 202: 120, '402 insufficient_credit': 80 });
    expect((await readCredit(context.ledger, id, USD))?.utilised).toBe(1200_00n);
    expect(queue.received).toBeGreaterThan(5);
  }, 60_000);

  it('WA-5: 1,000 transfers of 100 payers to one payee are all made', async () => {
    const { merchant, deposit, call, context, queue } = await start(4);
    const payee = await merchant('1.00');
    const payers = await pMap(
      Array.from({ length: 100 }),
      async () => {
        const payer = await merchant('1.00');
        await deposit(payer, { amount: '100.00' });
        return payer;
      },
      { concurrency: 10 },
    );
    const replies = await Promise.all(
      payers.map(async (as) => {
        const own: Reply[] = [];
        for (let transfers = 0; transfers < 10; transfers += 1) {
          const body = { to: payee, amount: '1.00' };
          own.push(await call('POST /transfers', { as, key: randomUUID(), body }));
        }
        return own;
      }),
    );
    expect(tally(replies.flat())).toEqual({ 201: 1_000 });
    expect((await readWallet(context.ledger, payee, USD))?.available).toBe(1_000_00n);
    expect(queue.received).toBeGreaterThan(50);
  }, 120_000);
});
