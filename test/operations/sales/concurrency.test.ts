import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from '@jest/globals';
import { walletKey } from '../../../lambdas/ledger/keys.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, type Reply, startHarness, USD } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';
import { untilDone } from '../../harness/until-done.ts';

/** Conflicts, throttling and lost answers are injected: local engines have none. */
let harness: Harness;
afterEach(() => harness.close());

const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
const available = async (as: string): Promise<bigint> => {
  const request = { as, params: { currency: 'USD' } };
  return cents((await harness.insist('GET /wallets/{currency}', request)).body.data.available);
};
const sell = (as: string, key: string, amount: string, suffix = '567') =>
  harness.insist('POST /sales', { as, key, body: { phone_number: `+989121234${suffix}`, amount } });
const refuse = async () => ({ kind: 'refused' as const, code: 'TEST' });

type Row = Record<string, unknown>;
type Phase = { readonly name: string; readonly postings: readonly [string, string, bigint][] };

/** Every state of one wallet's row, in order: transactions are let through to the engine one after the other. */
function statesOf(as: string): readonly Row[] {
  const states: Row[] = [];
  let last: Promise<unknown> = Promise.resolve();
  harness.context.ledger.dynamo.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'TransactWriteItemsCommand') return next(args);
        const before = last;
        const sent = (async () => {
          await before.catch(() => undefined);
          const result = await next(args);
          const row = await walletRow(as);
          if (row !== undefined && row['version'] !== states.at(-1)?.['version']) states.push(row);
          return result;
        })();
        last = sent;
        return sent;
      },
    // Behind the faults: what is lost afterwards has been committed all the same.
    { step: 'finalizeRequest', priority: 'high', name: 'states' },
  );
  return states;
}
async function walletRow(as: string): Promise<Row | undefined> {
  const { table } = harness.context.ledger;
  const Key = { ...walletKey(as, USD) };
  const get = new GetCommand({ TableName: table, Key, ConsistentRead: true });
  return (await harness.faultless.send(get)).Item;
}

/** What each sale must have stated, by its id: the wallet as the phases before it had left it. */
async function expectedBalances(states: readonly Row[]) {
  const rows = new Map((await harness.rows()).map((row) => [row['txnId'], row]));
  const effect = (id: string, name: string): bigint => {
    const phases = (rows.get(id)?.['phases'] ?? []) as Phase[];
    const { postings = [] } = phases.find((phase) => phase.name === name) ?? {};
    return postings.reduce(
      (sum, [source, destination, amount]) =>
        sum + (destination === 'wallet' ? amount : 0n) - (source === 'wallet' ? amount : 0n),
      0n,
    );
  };
  const expected = new Map<string, readonly [bigint, bigint]>();
  for (const [index, { by, available: after }] of states.entries()) {
    const earlier = states[index - 1];
    if (earlier === undefined) continue;
    let running = earlier['available'] as bigint;
    for (const phase of by as string[]) {
      const [id = '', name = ''] = phase.split(':');
      const next = running + effect(id, name);
      if (rows.get(id)?.['type'] === 'sale' && name === 'accept') expected.set(id, [running, next]);
      running = next;
    }
    expect(running).toBe(after);
  }
  return expected;
}

describe('SA-1: sales at the same time as everything else on one wallet', () => {
  it('state balances that are of one order: each begins where the wallet was', async () => {
    harness = await startHarness(21, ROUGH);
    const as = await harness.merchant('100.00');
    await harness.deposit(as, { amount: '40.00' });
    const states = statesOf(as);
    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, index) => sell(as, `s${index}`, '1.00')),
    );
    const sales = replies.filter(({ status }) => status === 202).map(({ body }) => body.data);
    const refused = replies.filter(({ status }) => status === 402);
    expect([sales.length, refused.length]).toEqual([40, 20]);
    const chain = sales
      .map(({ balance_before, balance_after }) => [cents(balance_before), cents(balance_after)])
      .toSorted(([a = 0n], [b = 0n]) => (a < b ? 1 : -1));
    const expected = Array.from({ length: 40 }, (_, index) => BigInt(4_000 - 100 * index));
    expect(chain).toEqual(expected.map((before) => [before, before - 100n]));
    expect(await available(as)).toBe(0n);
    // Some were committed in groups, whose guards are carried back to the wallet as it was read.
    expect(Math.max(...states.map(({ by }) => (by as string[]).length))).toBeGreaterThan(1);
    expect(harness.faults.conflicts).toBeGreaterThan(10);
    expect(harness.faults.lostAfter).toBeGreaterThan(0);
  }, 120_000);

  it('among withdrawals, transfers, deposits, repayments and refunds, no cent is stated twice', async () => {
    harness = await startHarness(22, ROUGH);
    await harness.fillPool('1000.00');
    const as = await harness.merchant('100.00');
    const payee = await harness.merchant('1.00');
    await harness.deposit(as, { amount: '500.00' });
    const drawn = { as, key: 'credit', body: { amount: '50.00' } };
    expect((await harness.insist('POST /withdrawals', drawn)).status).toBe(202);
    const states = statesOf(as);
    await harness.deposit(as, { amount: '0.01' });
    const run = settle({
      ledger: harness.context.ledger,
      busy: harness.context.busy,
      providers: bothProviders({ pay: refuse, inquire: refuse }),
      timers: TIMERS,
    });
    const soldAndRefunded = async (key: string) => {
      const sold = await sell(as, key, '2.00');
      const message = { merchantId: as, txnId: String(sold.body.data.id) };
      await untilDone(
        () => run(message),
        () => {
          harness.clock.now = new Date(harness.clock.now.getTime() + TIMERS.visibilityMs);
        },
      );
      return sold;
    };
    const sales = Array.from({ length: 16 }, (_, index) => sell(as, `s${index}`, '3.00'));
    const others: Promise<Reply>[] = Array.from({ length: 6 }, (_, index) => [
      harness.insist('POST /withdrawals', {
        as,
        key: `w${index}`,
        body: { amount: '1.00', source: 'wallet' },
      }),
      harness.insist('POST /transfers', {
        as,
        key: `t${index}`,
        body: { to: payee, amount: '1.00' },
      }),
      harness.insist('POST /repayments', { as, key: `r${index}`, body: { amount: '1.00' } }),
      harness.deposit(as, { amount: '1.00' }, `d${index}`),
      soldAndRefunded(`refunded${index}`),
    ]).flat();
    const [sold, done] = await Promise.all([Promise.all(sales), Promise.all(others)]);
    expect([...sold, ...done].filter(({ status }) => status >= 300)).toEqual([]);

    const expected = await expectedBalances(states);
    const stated = [...sold, ...done]
      .map(({ body }) => body.data)
      .filter(({ type }) => type === 'sale')
      .map((sale) => [sale.id, [cents(sale.balance_before), cents(sale.balance_after)]] as const);
    expect(stated).toHaveLength(22);
    expect(new Map(stated)).toEqual(expected);
    // 500.01 − 16 × 3.00 − 6 × (1.00 withdrawn + 1.02 transferred + 1.00 repaid − 1.00 deposited).
    expect(await available(as)).toBe(50_001n - 4_800n - 6n * 202n);
  }, 120_000);

  it('AP-1: 30 copies of one sale are one sale with one response', async () => {
    harness = await startHarness(23, ROUGH);
    const as = await harness.merchant('100.00');
    await harness.deposit(as, { amount: '10.00' });
    const replies = await Promise.all(Array.from({ length: 30 }, () => sell(as, 'one', '10.00')));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.body.data).toMatchObject({ balance_before: '10.00', balance_after: '0.00' });
    expect((await harness.rows()).filter(({ type }) => type === 'sale')).toHaveLength(1);
  }, 60_000);

  it.each([
    ['a deposit', (as: string) => harness.deposit(as, { amount: '5.00' }), '15.00'],
    ['another sale', (as: string) => sell(as, 'other', '5.00'), '5.00'],
    [
      'a deposit and a sale of the same amount',
      async (as: string) => {
        await harness.deposit(as, { amount: '5.00' });
        return sell(as, 'other', '5.00');
      },
      '10.00',
    ],
  ])(
    'with %s between its read and its commit states the balance after that',
    async (_, between, before) => {
      harness = await startHarness(24);
      const as = await harness.merchant('100.00');
      await harness.deposit(as, { amount: '10.00' });
      harness.beforeCommit(async () => {
        expect((await between(as)).status).toBeLessThan(300);
      });
      const { data } = (await sell(as, 'k', '1.00')).body;
      expect(data.balance_before).toBe(before);
    },
  );

  it('WA-3: loses where its wallet holds the same again, but no longer the release that it counted', async () => {
    harness = await startHarness(25);
    const as = await harness.merchant('100.00');
    await harness.deposit(as, { amount: '11.00' });
    const soon = new Date(harness.clock.now.getTime() + 1_000).toISOString();
    await harness.deposit(as, { amount: '5.00', release_at: soon });
    harness.clock.now = new Date(harness.clock.now.getTime() + 2_000);
    // So that the counters of the day do not make it lose.
    expect((await sell(as, 'first', '1.00')).status).toBe(202);
    // A withdrawal releases the funds, and deposits restore what was available and pending.
    harness.beforeCommit(async () => {
      const body = { amount: '15.00', source: 'wallet' };
      expect((await harness.call('POST /withdrawals', { as, key: 'w', body })).status).toBe(202);
      await harness.deposit(as, { amount: '10.00' });
      const later = new Date(harness.clock.now.getTime() + 60_000).toISOString();
      await harness.deposit(as, { amount: '5.00', release_at: later });
    });
    const { data } = (await sell(as, 'k', '1.00')).body;
    expect([data.balance_before, data.balance_after]).toEqual(['10.00', '9.00']);
    expect(await available(as)).toBe(900n);
  });
});
