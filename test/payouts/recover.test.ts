import { randomUUID } from 'node:crypto';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { type Key, merchantKey, merchantPk, transactionKey } from '../../lambdas/ledger/keys.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { type RecoverDeps, recover } from '../../lambdas/payouts/recover.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import type { PayoutMessage } from '../../lambdas/payouts/settle-rule.ts';
import { logger } from '../../lambdas/platform/logger.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { type Harness, startHarness } from '../harness/harness.ts';
import { REAL } from '../harness/pacing.ts';
import { TIMERS } from '../harness/timers.ts';

const MINUTE = 60_000;
let harness: Harness;
let sent: string[];
beforeAll(async () => {
  harness = await startHarness(31, { conflict: 0.1, throttle: 0, lostBefore: 0, lostAfter: 0 });
  await harness.fillPool('100000.00');
});
afterAll(() => harness.close());
beforeEach(() => {
  sent = [];
});

const deps = (): RecoverDeps => ({
  ...harness.context,
  againAfterMs: 15 * MINUTE,
  settle: async ({ txnId }) => {
    sent.push(txnId);
  },
  execute: async ({ txnId }) => {
    throw new Error(`${txnId} is not scheduled`);
  },
  rebalance: async () => {},
});
/** Without injected conflicts: one run finds every overdue row. */
const faultlessDeps = (dynamo: DynamoDBDocumentClient = harness.faultless): RecoverDeps => ({
  ...deps(),
  ledger: openLedger(dynamo, harness.context.ledger.table, REAL, () => harness.clock.now),
});
const advanceClock = (ms: number) => {
  harness.clock.now = new Date(harness.clock.now.getTime() + ms);
};
/** A run may leave a row to the next one after a conflict. */
const recoverRepeatedly = async (with_: Partial<RecoverDeps> = {}) => {
  for (let runs = 0; runs < 10; runs += 1) await recover({ ...deps(), ...with_ })();
};

async function withdrawal(of?: string): Promise<PayoutMessage> {
  const merchantId = of ?? (await harness.merchant('100.00'));
  const order = { as: merchantId, key: randomUUID(), body: { amount: '1.00' } };
  const reply = await harness.insist('POST /withdrawals', order);
  return { merchantId, txnId: reply.body.data.id };
}
async function withdrawals(count: number): Promise<readonly PayoutMessage[]> {
  const merchantId = await harness.merchant('100.00');
  return Promise.all(Array.from({ length: count }, () => withdrawal(merchantId)));
}
const idsOf = (messages: readonly PayoutMessage[]) => messages.map(({ txnId }) => txnId);

const rowOf = async ({ txnId }: PayoutMessage) =>
  (await harness.rows()).find((row) => row['txnId'] === txnId);

const settleWith = (bank: Provider) =>
  settle({
    ledger: harness.context.ledger,
    busy: harness.context.busy,
    providers: bothProviders(bank),
    timers: TIMERS,
  });

describe('recovery finds payouts whose message was lost', () => {
  it('WD-8: a payout without a message is sent once its check time has passed, and not before', async () => {
    const { txnId } = await withdrawal();
    await recoverRepeatedly();
    expect(sent).not.toContain(txnId);
    advanceClock(15 * MINUTE);
    await recoverRepeatedly();
    expect(sent.filter((id) => id === txnId)).toHaveLength(1);
    advanceClock(14 * MINUTE);
    await recoverRepeatedly();
    expect(sent.filter((id) => id === txnId)).toHaveLength(1);
    advanceClock(MINUTE);
    await recoverRepeatedly();
    expect(sent.filter((id) => id === txnId)).toHaveLength(2);
  });

  it('WD-7: an unclear payout whose message is gone is sent again', async () => {
    const message = await withdrawal();
    const unclear = async () => ({ kind: 'unclear', why: 'test' }) as const;
    await settleWith({ pay: unclear, inquire: unclear })(message);
    advanceClock(18 * MINUTE);
    await recoverRepeatedly();
    expect(sent).toContain(message.txnId);
  });

  it('WD-7: twenty concurrent runs send no payout twice, and further runs send the rest', async () => {
    const ids = idsOf(await withdrawals(30));
    const ours = () => sent.filter((id) => ids.includes(id));
    advanceClock(15 * MINUTE);
    await Promise.all(Array.from({ length: 20 }, () => recover(deps())()));
    expect(ours().length).toBeGreaterThan(0);
    expect(new Set(ours()).size).toBe(ours().length);
    await recoverRepeatedly();
    expect([ours().length, new Set(ours()).size]).toEqual([30, 30]);
  });

  it('WD-8: a payout is sent although the response of DynamoDB was lost', async () => {
    const lossy = await startHarness(32, {
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
        await recover({ ...deps(), ledger: lossy.context.ledger })();
        expect(sent.filter((txnId) => txnId === id)).toHaveLength(quarters);
      }
      expect(lossy.faults.lostBefore + lossy.faults.lostAfter).toBeGreaterThan(0);
    } finally {
      lossy.close();
    }
  });

  it('WD-8: a payout whose check moved on after the index was read is not sent', async () => {
    const message = await withdrawal();
    advanceClock(15 * MINUTE);
    const unclear = async () => ({ kind: 'unclear', why: 'test' }) as const;
    const { ledger } = faultlessDeps();
    let isFirst = true;
    const load = async (key: Key): Promise<unknown> => {
      if (isFirst && key.sk === `TXN#${message.txnId}`) {
        isFirst = false;
        while ((await rowOf(message))?.['status'] === 'PENDING')
          await settleWith({ pay: unclear, inquire: unclear })(message);
      }
      return ledger.load(key);
    };
    await recover({ ...deps(), ledger: { ...ledger, load } })();
    expect(isFirst).toBe(false);
    expect(sent).not.toContain(message.txnId);
  });

  it('WD-8: a final payout is never sent', async () => {
    const message = await withdrawal();
    const paid = async () => ({ kind: 'succeeded', reference: 'r' }) as const;
    while ((await settleWith({ pay: paid, inquire: paid })(message)) !== 'done')
      advanceClock(2 * MINUTE);
    advanceClock(60 * MINUTE);
    await recoverRepeatedly();
    expect(sent).not.toContain(message.txnId);
  });
});

describe('recovery handles many payouts at a time', () => {
  it('WD-8: an unreadable row or a failed send does not stop the others', async () => {
    const [broken, unsendable, fine] = [await withdrawal(), await withdrawal(), await withdrawal()];
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.context.ledger.table,
        Key: { ...transactionKey(merchantPk(broken.merchantId), broken.txnId) },
        UpdateExpression: 'SET phases = :nonsense',
        ExpressionAttributeValues: { ':nonsense': 'a manual edit' },
      }),
    );
    advanceClock(15 * MINUTE);
    const failOne = async (message: PayoutMessage) => {
      if (message.txnId === unsendable.txnId) throw new Error('no queue');
      sent.push(message.txnId);
    };
    await recoverRepeatedly({ settle: failOne });
    expect(sent).toContain(fine.txnId);
    expect(sent).not.toContain(unsendable.txnId);
    advanceClock(15 * MINUTE);
    await recoverRepeatedly();
    expect(sent).toContain(unsendable.txnId);
    expect(sent).not.toContain(broken.txnId);
  });

  it('WD-8: more failed sends than run at a time do not stop the others in the same run', async () => {
    const messages = await withdrawals(24);
    const failing = new Set(idsOf(messages.slice(0, 18)));
    advanceClock(15 * MINUTE);
    const tried: string[] = [];
    const run = recover({
      ...faultlessDeps(),
      settle: async ({ txnId }) => {
        tried.push(txnId);
        if (failing.has(txnId)) throw new Error('no queue');
        sent.push(txnId);
      },
    });
    await expect(run()).resolves.toBeUndefined();
    expect(tried).toEqual(expect.arrayContaining(idsOf(messages)));
    expect(sent).toEqual(expect.arrayContaining(idsOf(messages.slice(18))));
    // Found again at their next check, and not earlier.
    sent = [];
    await recover(faultlessDeps())();
    expect(sent.filter((id) => failing.has(id))).toEqual([]);
    advanceClock(15 * MINUTE);
    await recover(faultlessDeps())();
    expect(sent.filter((id) => failing.has(id)).toSorted()).toEqual([...failing].toSorted());
  });

  it('WD-8: a write that throws does not stop the others, and its payout is not sent', async () => {
    const messages = await withdrawals(20);
    const [unwritable, ...others] = messages;
    advanceClock(15 * MINUTE);
    const send = async (command: Parameters<DynamoDBDocumentClient['send']>[0]) => {
      const isTheirs =
        command instanceof TransactWriteCommand &&
        command.input.TransactItems?.some(
          ({ Update }) => Update?.Key?.['sk'] === `TXN#${unwritable?.txnId}`,
        );
      if (isTheirs) throw new Error('access denied');
      return harness.faultless.send(command);
    };
    const dynamo = { send } as unknown as DynamoDBDocumentClient;
    await recover(faultlessDeps(dynamo))();
    expect(sent).toEqual(expect.arrayContaining(idsOf(others)));
    expect(sent).not.toContain(unwritable?.txnId);
    await recover(faultlessDeps())();
    expect(sent).toContain(unwritable?.txnId);
  });

  it('WD-8: sixteen payouts are sent at a time', async () => {
    const messages = await withdrawals(24);
    advanceClock(15 * MINUTE);
    const gate = Promise.withResolvers<void>();
    let sending = 0;
    let most = 0;
    const run = recover({
      ...faultlessDeps(),
      settle: async ({ txnId }) => {
        sending += 1;
        most = Math.max(most, sending);
        await gate.promise;
        sending -= 1;
        sent.push(txnId);
      },
    })();
    const { ledger } = faultlessDeps();
    const read = () => ledger.load(merchantKey('none'));
    while (sending < 16) await read();
    // Round trips in which a further send would start.
    for (let reads = 0; reads < 40; reads += 1) await read();
    expect(sending).toBe(16);
    gate.resolve();
    await run;
    expect(most).toBe(16);
    expect(sent).toEqual(expect.arrayContaining(idsOf(messages)));
  });
});

describe('CR-1: recovery sends every pool to be levelled', () => {
  const topUp = (currency: string) =>
    harness.insist('POST /admin/pools/{currency}/topups', {
      admin: true,
      key: randomUUID(),
      params: { currency },
      body: { amount: '10.00' },
    });
  const levelled = async (
    rebalance: (currency: string) => Promise<void>,
    ledger = faultlessDeps().ledger,
  ) => recover({ ...faultlessDeps(), ledger, rebalance: ({ currency }) => rebalance(currency) })();

  it('each pool gets one message in each run', async () => {
    for (const currency of ['EUR', 'GBP']) await topUp(currency);
    for (let runs = 0; runs < 2; runs += 1) {
      const tried: string[] = [];
      await levelled(async (currency) => void tried.push(currency));
      expect(tried.toSorted()).toEqual(['EUR', 'GBP', 'USD']);
    }
  });

  it('WD-8: a failed send is logged and does not stop the others', async () => {
    await topUp('EUR');
    const tried: string[] = [];
    const failed = jest.spyOn(logger, 'error').mockImplementation(() => {});
    await levelled(async (currency) => {
      tried.push(currency);
      if (currency !== 'EUR') throw new Error('no queue');
    });
    expect(tried).toEqual(expect.arrayContaining(['EUR', 'USD']));
    const logged = failed.mock.calls.map(([code, more]) => [code, more]);
    failed.mockRestore();
    expect(logged).toContainEqual(['RECORD_FAILED', expect.objectContaining({ currency: 'USD' })]);
  });

  it('WD-8: an unreadable root does not stop the others', async () => {
    for (const currency of ['EUR', 'CHF']) await topUp(currency);
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.context.ledger.table,
        Key: { pk: 'POOL#CHF#ROOT', sk: 'POOL' },
        UpdateExpression: 'SET shards = :nonsense',
        ExpressionAttributeValues: { ':nonsense': 'a manual edit' },
      }),
    );
    const tried: string[] = [];
    await levelled(async (currency) => void tried.push(currency));
    expect(tried).toContain('EUR');
    expect(tried).not.toContain('CHF');
  });
});
