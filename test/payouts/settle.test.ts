import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { creditKey, merchantKey, poolKey } from '../../lambdas/ledger/keys.ts';
import { transactionRow } from '../../lambdas/ledger/transactions.ts';
import type { SettleDeps } from '../../lambdas/payouts/advance.ts';
import { httpBank } from '../../lambdas/payouts/providers/bank.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { settleMessage } from '../../lambdas/payouts/settle-message.ts';
import { startBank } from '../../local/bank/server.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { faultyBank, respondWith } from '../harness/faulty-bank.ts';
import { type Harness, startHarness, USD } from '../harness/harness.ts';
import { sizeOf } from '../harness/size.ts';
import { sqsRecord } from '../harness/sqs-record.ts';
import { TIMERS } from '../harness/timers.ts';

const MINUTE = 60_000;

let harness: Harness;
let simulator: Awaited<ReturnType<typeof startBank>>;
let bank: Provider;
let calls: string[];

beforeAll(async () => {
  harness = await startHarness();
  simulator = await startBank({ port: 0, slowMs: 2_000 });
  await harness.fillPool('100000.00');
});
afterAll(async () => {
  await simulator.close();
  harness.close();
});
beforeEach(() => {
  calls = [];
  const http = httpBank({ url: simulator.url, callMs: 300, secret: async () => 'secret', now });
  bank = {
    pay: (payout, until) => {
      calls.push(`pay ${payout.key}`);
      return http.pay(payout, until);
    },
    inquire: (payout, until) => {
      calls.push(`inquire ${payout.key}`);
      return http.inquire(payout, until);
    },
  };
});

const now = (): Date => harness.clock.now;
const deps = (provider: Provider = bank): SettleDeps => ({
  ledger: harness.context.ledger,
  busy: harness.context.busy,
  providers: bothProviders(provider),
  timers: TIMERS,
});
const advanceClock = (ms: number) => {
  harness.clock.now = new Date(harness.clock.now.getTime() + ms);
};

/** A withdrawal of 30.00 of a merchant with a credit limit of 100.00 and an empty wallet. */
async function withdrawal(account?: string) {
  const merchantId = await harness.merchant('100.00', account);
  const reply = await harness.call('POST /withdrawals', {
    as: merchantId,
    key: 'w',
    body: { amount: '30.00' },
  });
  return { merchantId, txnId: String(reply.body.data.id) };
}
type Order = Awaited<ReturnType<typeof withdrawal>>;

const statusOf = async ({ merchantId, txnId }: Order) =>
  (await harness.call('GET /withdrawals/{id}', { as: merchantId, params: { id: txnId } })).body
    .data;
const balancesOf = async ({ merchantId }: Order) => {
  const me = (await harness.call('GET /me', { as: merchantId })).body.data;
  const pool = { admin: true, params: { currency: 'USD' } };
  const { available, lent } = (await harness.call('GET /admin/pools/{currency}', pool)).body.data;
  return { utilised: me.credit[0].utilised, wallet: me.wallets[0].available, available, lent };
};
const minorUnits = (amount: string): bigint => BigInt(amount.replace('.', ''));
const rowOf = async ({ txnId }: Order) =>
  (await harness.rows()).find((row) => row['txnId'] === txnId);
const attemptOf = async (order: Order): Promise<bigint> => {
  const row = transactionRow.parse(await rowOf(order));
  return row.type === 'withdrawal' ? row.payout.attempt : 0n;
};
const paid = async ({ txnId }: Order) => {
  const payouts = (await (await fetch(`${simulator.url}/payouts`)).json()) as {
    key: string;
    status: string;
  }[];
  return payouts.filter(({ key, status }) => key === txnId && status === 'SUCCEEDED').length;
};

describe('settlement pays a payout once', () => {
  it('WD-1 WD-3: a payout goes from PENDING to PROCESSING to SUCCEEDED and is paid once', async () => {
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
    const row = await rowOf(order);
    expect(row).not.toHaveProperty('nextCheckAt');
    expect(row).not.toHaveProperty('nextCheckKey');
    expect(row).toHaveProperty('payout.attempt', 1n);
    expect(row).not.toHaveProperty('payout.leaseUntil');
    expect(row?.['phases']).toMatchObject([
      { name: 'accept' },
      { name: 'settle', postings: [['clearing', 'bank', 3000n]] },
    ]);
  });

  it('WD-5: a second message for a settled payout does not call the provider', async () => {
    const order = await withdrawal();
    await settle(deps())(order);
    calls = [];
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([]);
  });

  it('WD-6: a refused payout is refunded once to credit and pool, and its counters are lowered', async () => {
    const order = await withdrawal('IRTEST0001-REFUSE');
    const [{ spent }] = (await harness.rows()).filter(({ id }) => id === order.merchantId) as [
      { spent: Record<string, unknown> },
    ];
    expect(spent['USD']).toMatchObject({ dayAmount: 3000n, monthAmount: 3000n });
    const before = await balancesOf(order);
    expect(before.utilised).toBe('30.00');
    expect(await settle(deps())(order)).toBe('done');
    expect(await settle(deps())(order)).toBe('done');
    const after = await balancesOf(order);
    expect(after).toMatchObject({ utilised: '0.00', wallet: '0.00' });
    expect(minorUnits(after.available) - minorUnits(before.available)).toBe(3000n);
    expect(await statusOf(order)).toMatchObject({ status: 'FAILED' });
    const [merchant] = (await harness.rows()).filter(({ id }) => id === order.merchantId);
    expect(merchant).toMatchObject({ spent: { USD: { dayAmount: 0n, monthAmount: 0n } } });
  });

  it('CR-4 WD-6: the part of a refund that is no longer utilised goes to the wallet', async () => {
    const order = await withdrawal('IRTEST0002-REFUSE');
    await reduceUtilised(order, 2000n);
    const before = await balancesOf(order);
    await settle(deps())(order);
    const after = await balancesOf(order);
    expect(after).toMatchObject({ utilised: '0.00', wallet: '20.00' });
    expect(minorUnits(after.available) - minorUnits(before.available)).toBe(1000n);
    expect((await rowOf(order))?.['phases']).toMatchObject([
      { name: 'accept' },
      {
        name: 'refund',
        postings: [
          ['clearing', 'pool', 1000n],
          ['credit', 'lent', 1000n],
          ['clearing', 'wallet', 2000n],
        ],
        shares: [['ROOT', 1000n]],
      },
    ]);
  });

  it('WD-6: a refund on another local day lowers only the counters that still count the payout', async () => {
    const order = await withdrawal('IRTEST0003-REFUSE');
    await change(merchantKey(order.merchantId), 'SET spent.USD.#day = :x', '2099-01-01', {
      '#day': 'day',
    });
    await settle(deps())(order);
    const [merchant] = (await harness.rows()).filter(({ id }) => id === order.merchantId);
    expect(merchant).toMatchObject({ spent: { USD: { dayAmount: 3000n, monthAmount: 0n } } });
  });
});

describe('a refund returns the money to its source', () => {
  it('WD-6: a refund is split again when the utilised credit changed after it was read', async () => {
    const order = await withdrawal('IRTEST0010-REFUSE');
    await reduceUtilised(order, 2000n);
    const before = await balancesOf(order);
    const { ledger } = harness.context;
    let reads = 0;
    const racing: SettleDeps['ledger'] = {
      ...ledger,
      load: async (key) => {
        const row = await ledger.load(key);
        if (key.sk !== 'CREDIT#USD') return row;
        reads += 1;
        if (reads === 1) await reduceUtilised(order, 400n);
        return row;
      },
    };
    expect(await settle({ ...deps(), ledger: racing })(order)).toBe('done');
    expect(reads).toBe(2);
    const after = await balancesOf(order);
    expect(after).toMatchObject({ utilised: '0.00', wallet: '24.00' });
    // 4.00 by the reduction, and 6.00 by the refund.
    expect(minorUnits(after.available) - minorUnits(before.available)).toBe(1000n);
    expect((await rowOf(order))?.['phases']).toMatchObject([
      { name: 'accept' },
      {
        name: 'refund',
        postings: [
          ['clearing', 'pool', 600n],
          ['credit', 'lent', 600n],
          ['clearing', 'wallet', 2400n],
        ],
      },
    ]);
  });

  it('WD-6: nothing returns to credit when no credit is utilised any more', async () => {
    const order = await withdrawal('IRTEST0011-REFUSE');
    await reduceUtilised(order, 3000n);
    const before = await balancesOf(order);
    expect(await settle(deps())(order)).toBe('done');
    expect(await balancesOf(order)).toEqual({ ...before, utilised: '0.00', wallet: '30.00' });
  });

  it('WD-6: a refused payout from the wallet returns to the wallet', async () => {
    const merchantId = await harness.merchant('100.00', 'IRTEST0012-REFUSE');
    await harness.deposit(merchantId, { amount: '50.00' });
    const reply = await harness.call('POST /withdrawals', {
      as: merchantId,
      key: 'w',
      body: { amount: '30.00', source: 'wallet' },
    });
    const order = { merchantId, txnId: String(reply.body.data.id) };
    const before = await balancesOf(order);
    expect(before.wallet).toBe('20.00');
    expect(await settle(deps())(order)).toBe('done');
    expect(await settle(deps())(order)).toBe('done');
    expect(await balancesOf(order)).toEqual({ ...before, wallet: '50.00' });
    expect(await statusOf(order)).toMatchObject({ status: 'FAILED', failure: 'account_closed' });
  });

  it('LE-1: each changed balance row names the refund as its last change', async () => {
    const order = await withdrawal('IRTEST0013-REFUSE');
    const balanceRows = async () => {
      const rows = await harness.rows();
      const ofMerchant = (name: string) =>
        rows.find(({ pk, sk }) => pk === `M#${order.merchantId}` && sk === name);
      const versionOf = (row: Record<string, unknown> | undefined) =>
        BigInt(String(row?.['version']));
      const [credit, wallet] = [ofMerchant('CREDIT#USD'), ofMerchant('WALLET#USD')];
      const pool = rows.find(({ sk }) => sk === 'POOL');
      return { credit, wallet, pool, versions: [credit, pool].map(versionOf) };
    };
    const before = await balanceRows();
    await settle(deps())(order);
    const after = await balanceRows();
    for (const row of [after.credit, after.pool]) {
      expect(row).toMatchObject({ by: [`${order.txnId}:refund`] });
    }
    expect(after.versions).toEqual(before.versions.map((version) => version + 1n));
    // No posting touches the wallet.
    expect(after.wallet).toEqual(before.wallet);
  });

  it('WD-6: a success that arrives after a refund changes nothing', async () => {
    const order = await withdrawal();
    let respond: () => void = () => {};
    const slow: Provider = {
      ...bank,
      pay: () =>
        new Promise((resolve) => {
          respond = () => resolve({ kind: 'succeeded', reference: 'late' });
        }),
    };
    const first = settle(deps(slow))(order);
    await untilClaimed(order);
    advanceClock(TIMERS.leaseMs + 1);
    const refusing: Provider = { ...bank, inquire: async () => ({ kind: 'refused', code: 'no' }) };
    expect(await settle(deps(refusing))(order)).toBe('done');
    const [refunded, balances] = [await rowOf(order), await balancesOf(order)];
    expect(refunded).toMatchObject({ status: 'FAILED' });
    respond();
    expect(await first).toBe('done');
    expect(await rowOf(order)).toEqual(refunded);
    expect(await balancesOf(order)).toEqual(balances);
  });
});

describe('WD-1: settlement handles transactions with a payout, and no other', () => {
  it('a message for a transaction without a payout is deleted, and nothing changes', async () => {
    const merchantId = await harness.merchant('100.00');
    const { id } = (await harness.deposit(merchantId, { amount: '5.00' })).body.data;
    const before = await harness.rows();
    expect(await settle(deps())({ merchantId, txnId: String(id) })).toBe('done');
    expect(calls).toEqual([]);
    expect(await harness.rows()).toEqual(before);
  });

  it('a message for an unknown transaction or another merchant’s payout is deleted', async () => {
    const order = await withdrawal();
    const other = await harness.merchant('100.00');
    expect(await settle(deps())({ ...order, txnId: 'UNKNOWN' })).toBe('done');
    expect(await settle(deps())({ ...order, merchantId: other })).toBe('done');
    expect(calls).toEqual([]);
    expect(await rowOf(order)).toMatchObject({ status: 'PENDING', payout: { attempt: 0n } });
  });
});

describe('after an unclear response settlement inquires before it sends again, and never refunds', () => {
  it('WD-6: an inquiry finds a payout whose response was lost, and it is not paid again', async () => {
    const order = await withdrawal('IRTEST0004-LOST');
    expect(await settle(deps())(order)).toBe('again');
    expect((await statusOf(order)).status).toBe('PROCESSING');
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`pay ${order.txnId}`, `inquire ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it('WD-5: a call that exceeds its time limit is unclear, and a later inquiry finds the payout paid', async () => {
    const order = await withdrawal('IRTEST0005-SLOW');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: an unreadable success is unclear', async () => {
    const order = await withdrawal('IRTEST0006-GARBLED');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: after a 503 the payout is sent again under the same key, but only after the quiet period', async () => {
    const order = await withdrawal('IRTEST0007-503');
    expect(await settle(deps())(order)).toBe('again');
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([`pay ${order.txnId}`, `inquire ${order.txnId}`]);
    expect((await balancesOf(order)).utilised).toBe('30.00');
    advanceClock(11 * MINUTE);
    expect(await settle(deps())(order)).toBe('done');
    expect(calls.slice(2)).toEqual([`inquire ${order.txnId}`, `pay ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it('WD-6: what an inquiry finds after the quiet period is recorded, and nothing is sent again', async () => {
    const order = await withdrawal('IRTEST0014-LOST');
    expect(await settle(deps())(order)).toBe('again');
    advanceClock(11 * MINUTE);
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`pay ${order.txnId}`, `inquire ${order.txnId}`]);
    expect((await statusOf(order)).status).toBe('SUCCEEDED');
  });

  it('WD-6: an inquiry within the quiet period proves nothing, however late its answer', async () => {
    const order = await withdrawal();
    const unclear: Provider = { ...bank, pay: async () => ({ kind: 'unclear', why: 'test' }) };
    await settle(deps(unclear))(order);
    advanceClock(TIMERS.claimMs + TIMERS.quietMs);
    const slow: Provider = {
      ...bank,
      inquire: async () => {
        advanceClock(TIMERS.claimMs);
        return { kind: 'not_found' };
      },
    };
    expect(await settle(deps(slow))(order)).toBe('again');
    expect(calls).toEqual([]);
    // An inquiry after it does.
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`inquire ${order.txnId}`, `pay ${order.txnId}`]);
  });

  it('WD-5: an unreachable bank leaves the payout PENDING, and it is sent again without a quiet period', async () => {
    const order = await withdrawal();
    const gone = await startBank({ port: 0 });
    await gone.close();
    const unreachable = httpBank({ url: gone.url, callMs: 300, secret: async () => 's', now });
    expect(await settle(deps(unreachable))(order)).toBe('again');
    expect((await statusOf(order)).status).toBe('PENDING');
    expect(await rowOf(order)).not.toHaveProperty('payout.sentAt');
    // Nothing was sent, so no quiet period applies.
    expect(await settle(deps())(order)).toBe('done');
    expect(calls).toEqual([`inquire ${order.txnId}`, `pay ${order.txnId}`]);
    expect(await paid(order)).toBe(1);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['readable', () => Promise.reject(new Error('denied'))],
    ['usable', async () => '{"clientId":"a","clientSecret":"b"}'],
  ])(
    'WD-6: without a %s secret nothing is sent or refunded, and a retry pays',
    async (_, secret) => {
      const order = await withdrawal();
      const secretless = httpBank({ url: simulator.url, callMs: 300, now, secret });
      expect(await settle(deps(secretless))(order)).toBe('again');
      expect(await paid(order)).toBe(0);
      expect((await statusOf(order)).status).toBe('PENDING');
      expect((await balancesOf(order)).utilised).toBe('30.00');
      expect(await settle(deps())(order)).toBe('done');
      expect(await paid(order)).toBe(1);
    },
  );
});

describe('a worker that loses its lease is replaced and cannot refund', () => {
  const hanging: Provider = {
    pay: () => new Promise(() => {}),
    inquire: () => new Promise(() => {}),
  };

  it('WD-7: other workers leave a leased payout alone, and the first one after the lease inquires', async () => {
    const order = await withdrawal();
    void settle(deps(hanging))(order);
    await untilClaimed(order);
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([]);
    advanceClock(TIMERS.leaseMs + 1);
    expect(await settle(deps())(order)).toBe('again');
    expect(calls).toEqual([`inquire ${order.txnId}`]);
    advanceClock(TIMERS.quietMs);
    expect(await settle(deps())(order)).toBe('done');
    expect(await paid(order)).toBe(1);
  });

  /** A payout whose last sending is unclear. A worker inquires for it, and oversleeps its lease there. */
  async function oversleep(pay: Provider['pay']) {
    const order = await withdrawal();
    const unclear: Provider = { ...bank, pay: async () => ({ kind: 'unclear', why: 'test' }) };
    await settle(deps(unclear))(order);
    advanceClock(TIMERS.claimMs + TIMERS.quietMs + 1);
    const inquired = Promise.withResolvers<void>();
    const awake = Promise.withResolvers<void>();
    const overslept: Provider = {
      inquire: async () => {
        inquired.resolve();
        await awake.promise;
        return { kind: 'not_found' };
      },
      pay,
    };
    const settled = settle(deps(overslept))(order);
    await inquired.promise;
    advanceClock(TIMERS.leaseMs + 1);
    return { order, settled, wake: awake.resolve };
  }

  it('WD-7: a worker whose lease was taken while it inquired sends nothing', async () => {
    const { order, settled, wake } = await oversleep(bank.pay);
    void settle(deps(hanging))(order);
    while ((await attemptOf(order)) < 3n);
    wake();
    expect(await settled).toBe('again');
    expect(calls).toEqual([]);
  });

  it('WD-7: a claim loses against a worker that overslept its lease and sent meanwhile', async () => {
    const sent = Promise.withResolvers<void>();
    const { order, wake } = await oversleep(() => {
      sent.resolve();
      return new Promise(() => {});
    });
    // The next worker reads the row before that send, and claims after it.
    const { ledger } = harness.context;
    const late: SettleDeps['ledger'] = {
      ...ledger,
      load: async (key) => {
        const row = await ledger.load(key);
        if (!key.sk.startsWith('TXN#')) return row;
        wake();
        await sent.promise;
        return row;
      },
    };
    expect(await settle({ ...deps(), ledger: late })(order)).toBe('again');
    expect(calls).toEqual([]);
  });

  it('WD-7: a refusal that arrives after the lease was lost refunds nothing', async () => {
    const order = await withdrawal();
    let respond: () => void = () => {};
    const slow: Provider = {
      ...hanging,
      pay: () =>
        new Promise((resolve) => {
          respond = () => resolve({ kind: 'refused', code: 'late' });
        }),
    };
    const first = settle(deps(slow))(order);
    await untilClaimed(order);
    advanceClock(TIMERS.leaseMs + 1);
    await settle(deps())(order);
    respond();
    expect(await first).toBe('again');
    expect((await statusOf(order)).status).toBe('PROCESSING');
    expect((await balancesOf(order)).utilised).toBe('30.00');
  });

  it('WD-6: a success that arrives after the lease was lost is accepted', async () => {
    const order = await withdrawal();
    let respond: () => void = () => {};
    const slow: Provider = {
      ...hanging,
      pay: () =>
        new Promise((resolve) => {
          respond = () => resolve({ kind: 'succeeded', reference: 'r' });
        }),
    };
    const first = settle(deps(slow))(order);
    await untilClaimed(order);
    advanceClock(TIMERS.leaseMs + 1);
    await settle(deps())(order);
    respond();
    expect(await first).toBe('done');
    expect(await statusOf(order)).toMatchObject({ status: 'SUCCEEDED', bank_reference: 'r' });
  });

  it('WD-7: workers that handle the same message make one claim', async () => {
    const order = await withdrawal();
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => settle(deps())(order)));
    expect(outcomes.filter((outcome) => outcome === 'done').length).toBeGreaterThan(0);
    expect(calls.filter((call) => call.startsWith('pay'))).toHaveLength(1);
    expect(await paid(order)).toBe(1);
  });
});

describe('the payouts of a suspended merchant', () => {
  it('ID-2: a payout that was not sent is held for 15 minutes at a time and paid after the reactivation', async () => {
    const order = await withdrawal();
    await harness.call('POST /admin/merchants/{id}/suspend', {
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
      String((await rowOf(order))?.['nextCheckAt']) >
        new Date(harness.clock.now.getTime() + 15 * MINUTE).toISOString(),
    ).toBe(true);
    await harness.call('POST /admin/merchants/{id}/reactivate', {
      admin: true,
      params: { id: order.merchantId },
    });
    await expect(handle(sqsRecord(order))).resolves.toBeUndefined();
    expect((await statusOf(order)).status).toBe('SUCCEEDED');
  });

  it('ID-2: a payout that is PROCESSING finishes, and its refund has no condition on the status', async () => {
    const order = await withdrawal('IRTEST0008-REFUSE');
    const unclear: Provider = { ...bank, pay: async () => ({ kind: 'unclear', why: 'test' }) };
    await settle(deps(unclear))(order);
    await harness.call('POST /admin/merchants/{id}/suspend', {
      admin: true,
      params: { id: order.merchantId },
    });
    advanceClock(11 * MINUTE);
    expect(await settle(deps())(order)).toBe('done');
    expect((await balancesOf(order)).utilised).toBe('0.00');
  });
});

describe('WD-8: the next check of a payout is after the next visibility of its message', () => {
  const untilCheck = async (order: Order) =>
    Date.parse(String((await rowOf(order))?.['nextCheckAt'])) - harness.clock.now.getTime();
  const answering = (kind: 'unclear' | 'not_executed'): Provider => {
    const answer = async () => ({ kind, why: 'test' }) as const;
    return { pay: answer, inquire: answer };
  };

  it('it is 15 minutes after the acceptance, and 15 minutes after the visibility of each try', async () => {
    const order = await withdrawal('IRTEST0009-503');
    expect(await untilCheck(order)).toBe(15 * MINUTE);
    await settle(deps())(order);
    expect(await untilCheck(order)).toBe(TIMERS.visibilityMs + 15 * MINUTE);
    expect(await rowOf(order)).toMatchObject({ nextCheckKey: expect.stringMatching(/^PAYOUT#/) });
  });

  it.each([
    ['unclear', 'PROCESSING'],
    ['not_executed', 'PENDING'],
  ] as const)(
    'it moves on after an answer that is %s, and the lease ends',
    async (kind, status) => {
      const order = await withdrawal();
      advanceClock(MINUTE);
      expect(await settle(deps(answering(kind)))(order)).toBe('again');
      expect(await untilCheck(order)).toBe(TIMERS.visibilityMs + 15 * MINUTE);
      const row = await rowOf(order);
      expect(row).toMatchObject({ status, payout: { attempt: 1n } });
      expect(row).not.toHaveProperty('payout.leaseUntil');
    },
  );

  it('it moves on with the claim, before the provider answers', async () => {
    const order = await withdrawal();
    advanceClock(MINUTE);
    void settle(deps({ pay: () => new Promise(() => {}), inquire: () => new Promise(() => {}) }))(
      order,
    );
    await untilClaimed(order);
    expect(await untilCheck(order)).toBe(TIMERS.visibilityMs + 15 * MINUTE);
    const leaseUntil = new Date(harness.clock.now.getTime() + TIMERS.leaseMs).toISOString();
    expect(await rowOf(order)).toMatchObject({ payout: { attempt: 1n, leaseUntil } });
  });
});

describe('WD-6: what the bank sends', () => {
  it('a refusal with a code of 500 KB is refunded once, and its row stays under 1 KB', async () => {
    const order = await withdrawal();
    const said = {
      key: order.txnId,
      account: 'IRTEST0000000000001',
      amount: '30.00',
      currency: 'USD',
      status: 'REFUSED',
      code: 'x'.repeat(500_000),
    };
    const verbose = await faultyBank(respondWith(422, said));
    const provider = httpBank({ url: verbose.url, callMs: 5_000, secret: async () => 's', now });
    expect(await settle(deps(provider))(order)).toBe('done');
    await verbose.close();
    expect(await statusOf(order)).toMatchObject({ status: 'FAILED', failure: 'x'.repeat(64) });
    expect((await balancesOf(order)).utilised).toBe('0.00');
    expect(sizeOf(await rowOf(order))).toBeLessThan(1024);
  });
});

describe('the size of rows', () => {
  const largest = async () =>
    Math.max(...[...(await harness.rows()), ...(await harness.responses())].map(sizeOf));
  const accept = async (body: object) => {
    const merchantId = await harness.merchant('100.00', 'IRTEST-34-CHARACTERS-LONG00-REFUSE');
    await harness.deposit(merchantId, { amount: '50.00' });
    const order = { as: merchantId, key: 'w', body: { amount: '30.00', ...body } };
    const reply = await harness.call('POST /withdrawals', order);
    expect(reply.status).toBe(202);
    return { merchantId, txnId: String(reply.body.data.id) };
  };

  it.each([
    ['from credit', {}],
    ['from the wallet', { source: 'wallet' }],
    ['scheduled', { execute_at: '2026-11-30T12:00:00.000Z' }],
  ])('an accepted withdrawal %s stays under 1 KB', async (_, body) => {
    expect(sizeOf(await rowOf(await accept(body)))).toBeLessThan(1024);
  });

  it('every row stays under 1 KB after a split refund', async () => {
    const order = await accept({});
    await reduceUtilised(order, 500n);
    await settle(deps())(order);
    expect(await largest()).toBeLessThan(1024);
  });
});

async function untilClaimed(order: Order): Promise<void> {
  while ((await rowOf(order))?.['status'] !== 'PROCESSING');
}

/** Reduces what a merchant utilises by some minor units, and returns them to the pool. */
async function reduceUtilised({ merchantId }: Order, by: bigint): Promise<void> {
  await change(
    creditKey(merchantId, USD),
    'SET utilised = utilised - :x, version = version + :one',
    by,
  );
  await change(
    poolKey(USD, 'ROOT'),
    'SET available = available + :x, lent = lent - :x, version = version + :one',
    by,
  );
}

/** Changes a row as no part of the app can. */
async function change(
  key: object,
  update: string,
  x: unknown,
  names?: Record<string, string>,
): Promise<void> {
  const { dynamo, table } = harness.context.ledger;
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
