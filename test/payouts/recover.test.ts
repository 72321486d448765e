import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { merchantPk, transactionKey } from '../../lambdas/ledger/keys.ts';
import { type SweepDeps, sweep } from '../../lambdas/payouts/recover.ts';
import { type SettleDeps, settle as settler } from '../../lambdas/payouts/settle.ts';
import type { WithdrawalMessage } from '../../lambdas/payouts/settle-rule.ts';
import { startWorld, type World } from '../harness/harness.ts';

const MINUTE = 60_000;
let world: World;
let sent: string[];
beforeAll(async () => {
  world = await startWorld(31, { conflict: 0.1, throttle: 0, lostBefore: 0, lostAfter: 0 });
  await world.fillPool('100000.00');
});
afterAll(() => world.close());
beforeEach(() => {
  sent = [];
});

const deps = (): SweepDeps => ({
  ledger: world.books.ledger,
  now: () => world.clock.now,
  againAfterMs: 15 * MINUTE,
  settle: async ({ txnId }) => {
    sent.push(txnId);
  },
  carryOut: async ({ txnId }) => {
    throw new Error(`${txnId} is not scheduled`);
  },
});
const wait = (ms: number) => {
  world.clock.now = new Date(world.clock.now.getTime() + ms);
};
/** A store that conflicts may leave a row to the next minute. */
const sweepUntilQuiet = async () => {
  for (let runs = 0; runs < 10; runs += 1) await sweep(deps())();
};

async function withdrawal(): Promise<WithdrawalMessage> {
  const merchantId = await world.merchant('100.00');
  const order = { as: merchantId, key: randomUUID(), body: { amount: '1.00' } };
  const reply = await world.insist('POST /withdrawals', order);
  return { merchantId, txnId: reply.body.data.id };
}

const settleWith = (bank: SettleDeps['bank']) =>
  settler({
    ledger: world.books.ledger,
    bank,
    now: () => world.clock.now,
    timers: { claimMs: 1_000, leaseMs: 90_000, visibilityMs: 180_000, quietMs: 600_000 },
  });

describe('the sweep finds again what was lost', () => {
  it('WD-8: a withdrawal whose message never came is sent once it is due, and not before', async () => {
    const { txnId } = await withdrawal();
    await sweepUntilQuiet();
    expect(sent).not.toContain(txnId);
    wait(15 * MINUTE);
    await sweepUntilQuiet();
    expect(sent.filter((id) => id === txnId)).toHaveLength(1);
    wait(14 * MINUTE);
    await sweepUntilQuiet();
    expect(sent.filter((id) => id === txnId)).toHaveLength(1);
    wait(MINUTE);
    await sweepUntilQuiet();
    expect(sent.filter((id) => id === txnId)).toHaveLength(2);
  });

  it('WD-7: a withdrawal in doubt whose message is gone is taken up again', async () => {
    const message = await withdrawal();
    const unclear = async () => ({ kind: 'unclear', why: 'test' }) as const;
    await settleWith({ pay: unclear, inquire: unclear })(message);
    wait(18 * MINUTE);
    await sweepUntilQuiet();
    expect(sent).toContain(message.txnId);
  });

  it('WD-7: twenty sweeps at once send no withdrawal twice, and in the end every one', async () => {
    const ids = (await Promise.all(Array.from({ length: 30 }, withdrawal))).map(
      ({ txnId }) => txnId,
    );
    const ours = () => sent.filter((id) => ids.includes(id));
    wait(15 * MINUTE);
    await Promise.all(Array.from({ length: 20 }, () => sweep(deps())()));
    expect(ours().length).toBeGreaterThan(0);
    expect(new Set(ours()).size).toBe(ours().length);
    await sweepUntilQuiet();
    expect([ours().length, new Set(ours()).size]).toEqual([30, 30]);
  });

  it('WD-8: a lost answer of the store costs no withdrawal its message', async () => {
    const lossy = await startWorld(32, {
      conflict: 0,
      throttle: 0,
      lostBefore: 0.3,
      lostAfter: 0.3,
    });
    try {
      await lossy.fillPool('1000.00');
      const merchantId = await lossy.merchant('100.00');
      const order = { as: merchantId, key: 'w', body: { amount: '1.00' } };
      const { id } = (await lossy.insist('POST /withdrawals', order)).body.data;
      for (let quarters = 1; quarters <= 5; quarters += 1) {
        lossy.clock.now = new Date(lossy.clock.now.getTime() + 15 * MINUTE);
        await sweep({ ...deps(), ledger: lossy.books.ledger, now: () => lossy.clock.now })();
        expect(sent.filter((txnId) => txnId === id)).toHaveLength(quarters);
      }
      expect(lossy.faults.lostBefore + lossy.faults.lostAfter).toBeGreaterThan(0);
    } finally {
      lossy.close();
    }
  });

  it('WD-8: neither a row that cannot be read nor a message that cannot be sent keeps the others', async () => {
    const [broken, unsendable, fine] = [await withdrawal(), await withdrawal(), await withdrawal()];
    await world.calm.send(
      new UpdateCommand({
        TableName: world.books.ledger.table,
        Key: { ...transactionKey(merchantPk(broken.merchantId), broken.txnId) },
        UpdateExpression: 'SET phases = :nonsense',
        ExpressionAttributeValues: { ':nonsense': 'by hand' },
      }),
    );
    wait(15 * MINUTE);
    const settle = async (message: WithdrawalMessage) => {
      if (message.txnId === unsendable.txnId) throw new Error('queue is gone');
      sent.push(message.txnId);
    };
    for (let runs = 0; runs < 10; runs += 1) await sweep({ ...deps(), settle })();
    expect(sent).toContain(fine.txnId);
    expect(sent).not.toContain(unsendable.txnId);
    wait(15 * MINUTE);
    await sweepUntilQuiet();
    expect(sent).toContain(unsendable.txnId);
    expect(sent).not.toContain(broken.txnId);
  });

  it('WD-8: one that is final is never due', async () => {
    const message = await withdrawal();
    const paid = async () => ({ kind: 'succeeded', reference: 'r' }) as const;
    while ((await settleWith({ pay: paid, inquire: paid })(message)) !== 'done') wait(2 * MINUTE);
    wait(60 * MINUTE);
    await sweepUntilQuiet();
    expect(sent).not.toContain(message.txnId);
  });
});
