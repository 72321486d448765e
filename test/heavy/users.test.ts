import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pMap from 'p-map';
import { hasPayout, isFinal } from '../../lambdas/ledger/transactions.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { ROUGH } from '../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../harness/harness.ts';
import { notBusy } from '../harness/not-busy.ts';
import { seeded } from '../harness/random.ts';
import { TIMERS } from '../harness/timers.ts';
import { expectConsistentLedger } from '../model/invariants.ts';
import { readSnapshot } from '../model/snapshot.ts';
import { report, tally, timed } from './load.ts';

const USERS = 100;
const TRANSACTIONS = 10_000;
const AT_ONCE = 30;

describe('OP-3: 10,000 transactions of 100 users, of every kind, on a store that conflicts and loses answers', () => {
  let harness: Harness;
  let replies: readonly Reply[];
  const random = seeded(13);
  const upTo = (count: number): number => Math.floor(random() * count);
  const dollars = (most: number): string => ((1 + upTo(most * 100)) / 100).toFixed(2);
  /** Keys that the providers have paid. */
  const paid = { bank: new Set<string>(), operator: new Set<string>() };

  const provider = (keys: Set<string>): Provider => {
    const refused = new Set<string>();
    const answerOf = (key: string) =>
      refused.has(key)
        ? ({ kind: 'refused', code: 'account_closed' } as const)
        : ({ kind: 'succeeded', reference: `P-${key}` } as const);
    return {
      pay: async ({ key }) => {
        if (!keys.has(key) && !refused.has(key)) (random() < 0.2 ? refused : keys).add(key);
        // Every tenth answer is lost.
        return random() < 0.1 ? { kind: 'unclear', why: 'lost' } : answerOf(key);
      },
      inquire: async ({ key }) =>
        keys.has(key) || refused.has(key) ? answerOf(key) : { kind: 'not_found' },
    };
  };

  /** What one user does next, decided when it is planned: a run with the same seed plans the same. */
  const planned = (users: readonly string[], index: number): (() => Promise<Reply>) => {
    const [as = '', to = ''] = [users[upTo(USERS)], users[upTo(USERS)]];
    const [key, kind, amount] = [`o${index}`, upTo(100), dollars(4)];
    const post = (route: RouteName, body: object) => () => harness.insist(route, { as, key, body });
    const record = (what: 'deposits' | 'repayments') => () =>
      harness.insist(`POST /admin/wallets/{merchant_id}/${what}`, {
        admin: true,
        key,
        params: { merchant_id: as },
        body: { amount },
      });
    if (kind < 40) return post('POST /sales', { phone_number: '+989121234567', amount });
    if (kind < 60) return post('POST /transfers', { to, amount });
    if (kind < 70) return post('POST /withdrawals', { amount, source: 'wallet' });
    if (kind < 82) return post('POST /withdrawals', { amount, source: 'credit' });
    if (kind < 88) return post('POST /repayments', { amount });
    if (kind < 90) return record('repayments');
    if (kind < 94) return record('deposits');
    return kind < 97 ? () => convert(as, key, amount) : () => raise(as, key, amount);
  };
  const convert = async (as: string, key: string, amount: string): Promise<Reply> => {
    const order = { from: 'USD', to: 'EUR', side: 'sell', amount };
    const quote = await harness.insist('POST /conversions/quotes', { as, body: order });
    if (quote.status !== 201) return quote;
    const body = { quote_id: quote.body.data.id };
    return harness.insist('POST /conversions', { as, key, body });
  };
  const raise = async (as: string, key: string, amount: string): Promise<Reply> => {
    const asked = await harness.insist('POST /credit-requests', { as, key, body: { amount } });
    if (asked.status !== 201) return asked;
    const request = { admin: true, key, params: { id: asked.body.data.id } };
    return harness.insist('POST /admin/credit-requests/{id}/approve', request);
  };

  beforeAll(async () => {
    harness = await startHarness(13, ROUGH, { secondAdminAbove: {} });
    await harness.fillPool('5000.00');
    const users = await pMap(
      Array.from({ length: USERS }),
      async () => {
        const id = await harness.merchant('60.00');
        await harness.deposit(id, { amount: '80.00' });
        return id;
      },
      { concurrency: AT_ONCE },
    );
    const all = Array.from({ length: TRANSACTIONS }, (_, index) => planned(users, index));
    const { result, ms } = await timed(() => pMap(all, (send) => send(), { concurrency: AT_ONCE }));
    replies = result;
    report(`10,000 requests in ${(ms / 1_000).toFixed(0)} s: ${JSON.stringify(tally(replies))}`);
    await settleAll();
  });
  afterAll(() => harness.close());

  /** Every payout, until each is final. */
  async function settleAll(): Promise<void> {
    const { ledger } = harness.context;
    const providers = { bank: provider(paid.bank), operator: provider(paid.operator) };
    const work = settle({ ledger, busy: notBusy(ledger), providers, timers: TIMERS });
    const { transactions } = await readSnapshot(harness);
    let open = transactions.filter(hasPayout).filter(({ status }) => !isFinal(status));
    while (open.length > 0) {
      const left = await pMap(
        open,
        async (row) => {
          // A message whose worker fails is delivered again.
          const outcome = await work(row).catch(() => 'again');
          return outcome === 'done' ? [] : [row];
        },
        { concurrency: AT_ONCE },
      );
      open = left.flat();
      const waitMs = TIMERS.quietMs + TIMERS.visibilityMs;
      harness.clock.now = new Date(harness.clock.now.getTime() + waitMs);
    }
  }

  it('every request is answered, and the store was as bad as it was meant to be', () => {
    expect(replies).toHaveLength(TRANSACTIONS);
    expect(replies.filter(({ status }) => status >= 500)).toEqual([]);
    expect(harness.faults.lostAfter).toBeGreaterThan(200);
  });

  it('no cent is lost or made: every balance is what the postings say, and none is negative', async () => {
    expectConsistentLedger(await readSnapshot(harness), { areGrouped: true });
  });

  it('the providers have paid what SUCCEEDED, and nothing else', async () => {
    const { transactions } = await readSnapshot(harness);
    const payouts = transactions.filter(hasPayout);
    expect(payouts.length).toBeGreaterThan(1_000);
    for (const name of ['bank', 'operator'] as const) {
      const own = payouts.filter(({ payout }) => payout.provider === name);
      const succeeded = own.filter(({ status }) => status === 'SUCCEEDED');
      expect(new Set(succeeded.map(({ txnId }) => txnId))).toEqual(paid[name]);
      expect(own.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED')).toBe(true);
    }
  });
});
