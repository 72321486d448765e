import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { creditKey, merchantKey, poolKey } from '../../lambdas/ledger/keys.ts';
import { httpBank } from '../../lambdas/payouts/providers/bank.ts';
import type { Bank } from '../../lambdas/payouts/providers/provider.ts';
import { type SettleDeps, settle } from '../../lambdas/payouts/settle.ts';
import { settleMessage } from '../../lambdas/payouts/settle-message.ts';
import { startBank } from '../../local/bank/server.ts';
import { startWorld, USD, type World } from '../harness/harness.ts';
import { sizeOf } from '../harness/size.ts';
import { sqsRecord } from '../harness/sqs-record.ts';

const TIMERS = { claimMs: 2_000, leaseMs: 90_000, visibilityMs: 180_000, quietMs: 600_000 };
const MINUTE = 60_000;

let world: World;
let simulator: Awaited<ReturnType<typeof startBank>>;
let bank: Bank;
let calls: string[];

beforeAll(async () => {
  world = await startWorld();
  simulator = await startBank({ port: 0, slowMs: 2_000 });
  await world.fillPool('100000.00');
});
afterAll(async () => {
  await simulator.close();
  world.close();
});
beforeEach(() => {
  calls = [];
  const http = httpBank({ url: simulator.url, callMs: 300, secret: async () => 'secret' });
  bank = {
    pay: (payout, until) => {
      calls.push(`pay ${payout.key}`);
      return http.pay(payout, until);
    },
    inquire: (payout, until) => {
      calls.push(`ask ${payout.key}`);
      return http.inquire(payout, until);
    },
  };
});

const deps = (with_: Partial<SettleDeps> = {}): SettleDeps => ({
  ledger: world.books.ledger,
  bank,
  now: () => world.clock.now,
  timers: TIMERS,
  ...with_,
});
const wait = (ms: number) => {
  world.clock.now = new Date(world.clock.now.getTime() + ms);
};

async function withdrawal(account?: string) {
  const merchantId = await world.merchant('100.00', account);
  const reply = await world.call('POST /withdrawals', {
    as: merchantId,
    key: 'w',
    body: { amount: '30.00' },
  });
  return { merchantId, txnId: String(reply.body.data.id) };
}
type Order = Awaited<ReturnType<typeof withdrawal>>;

const statusOf = async ({ merchantId, txnId }: Order) =>
  (await world.call('GET /withdrawals/{id}', { as: merchantId, params: { id: txnId } })).body.data;
const balancesOf = async ({ merchantId }: Order) => {
  const me = (await world.call('GET /me', { as: merchantId })).body.data;
  const pool = { admin: true, params: { currency: 'USD' } };
  const { available, lent } = (await world.call('GET /admin/pools/{currency}', pool)).body.data;
  return { utilised: me.credit[0].utilised, wallet: me.wallets[0].available, available, lent };
};
const rowOf = async ({ txnId }: Order) =>
  (await world.rows()).find((row) => row['txnId'] === txnId);
const paid = async ({ txnId }: Order) => {
  const payouts = (await (await fetch(`${simulator.url}/payouts`)).json()) as {
    key: string;
    status: string;
  }[];
  return payouts.filter(({ key, status }) => key === txnId && status === 'SUCCEEDED').length;
};

describe('settlement pays a withdrawal once', () => {
  it('WD-1 WD-3: PENDING, PROCESSING, SUCCEEDED, each change timed, and paid by the bank under one key', async () => {
    const order = await withdrawal();
    expect(await settle(deps())(order)).toBe('done');
    const view = await statusOf(order);
    expect(view.status).toBe('SUCCEEDED');
    expect(view.history.map(({ status }: { status: string }) => status)).toEqual([
      'PENDING',
      'PROCESSING',
      'SUCCEEDED',
    ]);
    expect(await paid(order)).toBe(1);
    expect(await rowOf(order)).not.toHaveProperty('due');
    expect(await rowOf(order)).not.toHaveProperty('leaseUntil');
  });

  it('WD-5: a second message of the same withdrawal calls nobody', async () => {
    const order = await withdrawal();
    await settle(deps())(order);
    calls = [];
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([]);
  });

  it('WD-6: a refused payout goes back to where it came from, once, with the counters', async () => {
    const order = await withdrawal('IRTEST0001-REFUSE');
    const [{ spent }] = (await world.rows()).filter(({ id }) => id === order.merchantId) as [
      { spent: Record<string, unknown> },
    ];
    expect(spent['USD']).toMatchObject({ dayAmount: 3000n, monthAmount: 3000n });
    const before = await balancesOf(order);
    expect(before.utilised).toBe('30.00');
    expect(await settle(deps())(order)).toBe('done');
    expect(await settle(deps())(order)).toBe('done');
    const after = await balancesOf(order);
    expect(after).toMatchObject({ utilised: '0.00', wallet: '0.00' });
    expect(
      BigInt(after.available.replace('.', '')) - BigInt(before.available.replace('.', '')),
    ).toBe(3000n);
    expect(await statusOf(order)).toMatchObject({ status: 'FAILED' });
    const [merchant] = (await world.rows()).filter(({ id }) => id === order.merchantId);
    expect(merchant).toMatchObject({ spent: { USD: { dayAmount: 0n, monthAmount: 0n } } });
  });

  it('CR-4 WD-6: what was repaid while the payout was in flight comes back to the wallet', async () => {
    const order = await withdrawal('IRTEST0002-REFUSE');
    // A repayment of 20.00 as the books will make it: utilised falls, the pool has it back.
    await change(
      creditKey(order.merchantId, USD),
      'SET utilised = utilised - :x, seq = seq + :one',
      2000n,
    );
    await change(
      poolKey(USD, 'ROOT'),
      'SET available = available + :x, lent = lent - :x, seq = seq + :one',
      2000n,
    );
    const before = await balancesOf(order);
    await settle(deps())(order);
    const after = await balancesOf(order);
    expect(after).toMatchObject({ utilised: '0.00', wallet: '20.00' });
    expect(
      BigInt(after.available.replace('.', '')) - BigInt(before.available.replace('.', '')),
    ).toBe(1000n);
    expect((await rowOf(order))?.['phases']).toMatchObject([
      { name: 'accept' },
      {
        name: 'refund',
        postings: { clearing: -3000n, pool: 1000n, credit: -1000n, lent: 1000n, wallet: 2000n },
      },
    ]);
  });

  it('WD-6: a refund on another local day gives back only the counters that still count it', async () => {
    const order = await withdrawal('IRTEST0003-REFUSE');
    await change(merchantKey(order.merchantId), 'SET spent.USD.#day = :x', '2099-01-01', {
      '#day': 'day',
    });
    await settle(deps())(order);
    const [merchant] = (await world.rows()).filter(({ id }) => id === order.merchantId);
    expect(merchant).toMatchObject({ spent: { USD: { dayAmount: 3000n, monthAmount: 0n } } });
  });
});

describe('settlement in doubt asks before it sends, and never refunds', () => {
  it('WD-6: an answer lost after execution is found by asking, not paid again', async () => {
    const order = await withdrawal('IRTEST0004-LOST');
    expect(await settle(deps())(order)).toBe('again');
    expect((await statusOf(order)).status).toBe('PROCESSING');
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`pay ${order.txnId}`, `ask ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it('WD-5: a slow bank is cut off at the time limit, stays PROCESSING and is found paid later', async () => {
    const order = await withdrawal('IRTEST0005-SLOW');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: an unreadable success is a doubt, not a success', async () => {
    const order = await withdrawal('IRTEST0006-GARBLED');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: after a 503 it asks, waits out the quiet period, and only then sends again, under the same key', async () => {
    const order = await withdrawal('IRTEST0007-503');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([`pay ${order.txnId}`, `ask ${order.txnId}`]);
    expect((await balancesOf(order)).utilised).toBe('30.00');
    wait(11 * MINUTE);
    expect(await settle(deps())(order)).toBe('done');
    expect(calls.slice(2)).toEqual([`ask ${order.txnId}`, `pay ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it('WD-5: a bank that cannot be reached leaves the withdrawal PENDING and its money where it is', async () => {
    const order = await withdrawal();
    const gone = await startBank({ port: 0 });
    await gone.close();
    const unreachable = httpBank({ url: gone.url, callMs: 300, secret: async () => 's' });
    expect(await settle(deps({ bank: unreachable }))(order)).toBe('again');
    expect((await statusOf(order)).status).toBe('PENDING');
    expect(await rowOf(order)).not.toHaveProperty('sentAt');
    // Nothing was sent, so asking and sending follow at once; no quiet period.
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`ask ${order.txnId}`, `pay ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: a bank whose secret cannot be read is not called, and nobody is refunded', async () => {
    const order = await withdrawal();
    const secretless = httpBank({
      url: simulator.url,
      callMs: 300,
      secret: () => Promise.reject(new Error('denied')),
    });
    expect(await settle(deps({ bank: secretless }))(order)).toBe('again');
    expect(await paid(order)).toBe(0);
    expect((await balancesOf(order)).utilised).toBe('30.00');
  });
});

describe('a worker that dies is replaced, and cannot harm when it wakes', () => {
  const dies: Bank = {
    pay: () => new Promise(() => {}),
    inquire: () => new Promise(() => {}),
  };

  it('WD-7: while its lease lives nobody else touches the withdrawal; afterwards the next asks first', async () => {
    const order = await withdrawal();
    void settle(deps({ bank: dies }))(order);
    await untilClaimed(order);
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([]);
    wait(TIMERS.leaseMs + 1);
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([`ask ${order.txnId}`]);
    wait(TIMERS.quietMs);
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  it('WD-7: the old worker that wakes with a refusal after its successor took over refunds nothing', async () => {
    const order = await withdrawal();
    let wake: () => void = () => {};
    const sleeper: Bank = {
      ...dies,
      pay: () =>
        new Promise((resolve) => {
          wake = () => resolve({ kind: 'refused', code: 'late' });
        }),
    };
    const old = settle(deps({ bank: sleeper }))(order);
    await untilClaimed(order);
    wait(TIMERS.leaseMs + 1);
    await settle(deps())(order);
    wake();
    expect(await old).toBe('again');
    expect((await statusOf(order)).status).toBe('PROCESSING');
    expect((await balancesOf(order)).utilised).toBe('30.00');
  });

  it('WD-6: a late success of the old worker is a fact and is taken', async () => {
    const order = await withdrawal();
    let wake: () => void = () => {};
    const sleeper: Bank = {
      ...dies,
      pay: () =>
        new Promise((resolve) => {
          wake = () => resolve({ kind: 'succeeded', reference: 'r' });
        }),
    };
    const old = settle(deps({ bank: sleeper }))(order);
    await untilClaimed(order);
    wait(TIMERS.leaseMs + 1);
    await settle(deps())(order);
    wake();
    expect(await old).toBe('done');
    expect(await statusOf(order)).toMatchObject({ status: 'SUCCEEDED', bank_reference: 'r' });
  });

  it('WD-7: two workers with the same message make one claim', async () => {
    const order = await withdrawal();
    const verdicts = await Promise.all([1, 2, 3, 4].map(() => settle(deps())(order)));
    expect(verdicts.filter((verdict) => verdict === 'done').length).toBeGreaterThan(0);
    expect(calls.filter((call) => call.startsWith('pay'))).toHaveLength(1);
    expect(await paid(order)).toBe(1);
  });
});

describe('a suspended merchant', () => {
  it('ID-2: its withdrawals that have not left are held, 15 minutes a time, and leave once it is active again', async () => {
    const order = await withdrawal();
    await world.call('POST /admin/merchants/{id}/suspend', {
      admin: true,
      params: { id: order.merchantId },
    });
    const postponed: number[] = [];
    const handle = settleMessage(settle(deps()), async (_receipt, seconds) => {
      postponed.push(seconds);
    });
    await expect(handle(sqsRecord(order))).rejects.toThrow('held');
    expect(postponed).toEqual([900]);
    expect(calls).toEqual([]);
    expect(
      String((await rowOf(order))?.['due']) >
        new Date(world.clock.now.getTime() + 15 * MINUTE).toISOString(),
    ).toBe(true);
    await world.call('POST /admin/merchants/{id}/reactivate', {
      admin: true,
      params: { id: order.merchantId },
    });
    await expect(handle(sqsRecord(order))).resolves.toBeUndefined();
    expect((await statusOf(order)).status).toBe('SUCCEEDED');
  });

  it('ID-2: one that is already PROCESSING finishes, and its refund does not ask the status', async () => {
    const order = await withdrawal('IRTEST0008-REFUSE');
    const doubtful: Bank = { ...bank, pay: async () => ({ kind: 'unclear', why: 'test' }) };
    await settle(deps({ bank: doubtful }))(order);
    await world.call('POST /admin/merchants/{id}/suspend', {
      admin: true,
      params: { id: order.merchantId },
    });
    wait(11 * MINUTE);
    expect(await settle(deps())(order)).toBe('done');
    expect((await balancesOf(order)).utilised).toBe('0.00');
  });
});

it('WD-8: every row that is not final is due after its message comes again, and a final one never', async () => {
  const order = await withdrawal('IRTEST0009-503');
  const dueOf = async () =>
    Date.parse(String((await rowOf(order))?.['due'])) - world.clock.now.getTime();
  expect(await dueOf()).toBe(15 * MINUTE);
  await settle(deps())(order);
  expect(await dueOf()).toBe(TIMERS.visibilityMs + 15 * MINUTE);
});

it('keeps every row under 1 KB, whatever happened to it', async () => {
  const order = await withdrawal('IRTEST-34-CHARACTERS-LONG00-REFUSE');
  await change(
    creditKey(order.merchantId, USD),
    'SET utilised = utilised - :x, seq = seq + :one',
    500n,
  );
  await settle(deps())(order);
  const rows = [...(await world.rows()), ...(await world.answers())];
  const largest = Math.max(...rows.map(sizeOf));
  expect(largest).toBeLessThan(1024);
});

async function untilClaimed(order: Order): Promise<void> {
  while ((await rowOf(order))?.['status'] !== 'PROCESSING');
}

async function change(
  key: object,
  update: string,
  x: unknown,
  names?: Record<string, string>,
): Promise<void> {
  const { dynamo, table } = world.books.ledger;
  await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { ...key },
      UpdateExpression: update,
      ExpressionAttributeValues: { ':x': x, ...(update.includes(':one') && { ':one': 1n }) },
      ...(names && { ExpressionAttributeNames: names }),
    }),
  );
}
