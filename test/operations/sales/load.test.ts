import { afterEach, expect, it } from '@jest/globals';
import pMap from 'p-map';
import { httpOperator } from '../../../lambdas/payouts/providers/operator.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { type Bank, startBank } from '../../../local/bank/server.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';
import { expectConsistentLedger } from '../../model/invariants.ts';
import { readSnapshot } from '../../model/snapshot.ts';

let harness: Harness;
let simulator: Bank;
afterEach(async () => {
  await simulator.close();
  harness.close();
});

const SALES = 500;
const START = 100_000n;
/** Delivered, refused, and everything that keeps the operator's answer from arriving or being understood. */
const ENDINGS = ['567', '568', '901', '569', '902', '570', '905', '571', '906', '572'];
const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
const text = (units: bigint): string => `${units / 100n}.${String(units % 100n).padStart(2, '0')}`;

type Charge = { key: string; phone_number: string; amount: string; status: string };
type Sale = { id: string; merchant: string };

it('SA-1 CR-3 OP-3: of 1,000 sales and 20 raised credit limits of two merchants, wallets, history and the operator’s own list agree to the cent', async () => {
  harness = await startHarness(31, ROUGH);
  simulator = await startBank({ port: 0 });
  const merchants = [await harness.merchant('1.00'), await harness.merchant('1.00')];
  for (const as of merchants) await harness.deposit(as, { amount: text(START) });

  const sell = (as: string) => async (index: number) => {
    const phone_number = `+989121234${ENDINGS[index % ENDINGS.length]}`;
    const body = { phone_number, amount: text(BigInt(1 + (index % 150))) };
    const reply = await harness.insist('POST /sales', { as, key: `s${index}`, body });
    expect(reply.status).toBe(202);
    return { id: String(reply.body.data.id), merchant: as };
  };
  const numbers = Array.from({ length: SALES }, (_, index) => index);
  /** As in the source system: ten requests of each merchant, every one sent and approved twice at once. */
  const raiseLimit = async (as: string): Promise<void> => {
    for (let index = 0; index < 10; index += 1) {
      const request = { as, key: `c${index}`, body: { amount: '7.00' } };
      const ask = () => harness.insist('POST /credit-requests', request);
      const [asked] = await Promise.all([ask(), ask()]);
      const params = { id: asked.body.data.id };
      const approve = (admin: string) =>
        harness.insist('POST /admin/credit-requests/{id}/approve', {
          admin: true,
          as: admin,
          params,
        });
      const replies = await Promise.all([approve('admin1'), approve('admin2')]);
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    }
  };
  const [accepted] = await Promise.all([
    Promise.all(merchants.map((as) => pMap(numbers, sell(as), { concurrency: 2 }))),
    Promise.all(merchants.map(raiseLimit)),
  ]);
  for (const as of merchants) {
    const { credit } = (await harness.insist('GET /me', { as })).body.data;
    expect(credit).toMatchObject([{ limit: '71.00', utilised: '0.00' }]);
  }

  const operator = httpOperator({
    url: simulator.operatorUrl,
    callMs: 5_000,
    secret: async () => 'secret',
    now: () => harness.clock.now,
  });
  const run = settle({
    ledger: harness.context.ledger,
    busy: harness.context.busy,
    providers: bothProviders(operator),
    timers: TIMERS,
  });
  // The queue delivers each message until its payout is final.
  const isOpen = async ({ id: txnId, merchant: merchantId }: Sale) => {
    const outcome = await run({ merchantId, txnId }).catch(() => 'again');
    return outcome !== 'done';
  };
  let open = accepted.flat();
  for (let rounds = 0; open.length > 0 && rounds < 30; rounds += 1) {
    const left = await pMap(open, async (sale) => ((await isOpen(sale)) ? [sale] : []), {
      concurrency: 8,
    });
    open = left.flat();
    const waitMs = TIMERS.quietMs + TIMERS.visibilityMs;
    harness.clock.now = new Date(harness.clock.now.getTime() + waitMs);
  }
  expect(open).toEqual([]);

  const rows = (await harness.rows()).filter(({ type }) => type === 'sale');
  expect(rows).toHaveLength(2 * SALES);
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED', 'FAILED']));
  const succeeded = rows.filter(({ status }) => status === 'SUCCEEDED');
  const charged = (await (await fetch(`${simulator.operatorUrl}/charges`)).json()) as Charge[];
  const paid = charged.filter(({ status }) => status === 'SUCCEEDED');
  // The operator delivered exactly what the ledger says, and each once.
  expect(
    paid.map(({ key, phone_number, amount }) => [key, phone_number, cents(amount)]).toSorted(),
  ).toEqual(
    succeeded
      .map(({ txnId, payout, amount }) => [
        txnId,
        (payout as { destination: string }).destination,
        amount,
      ])
      .toSorted(),
  );
  expect(charged.length - paid.length).toBe(rows.length - succeeded.length);
  for (const as of merchants) {
    const spent = succeeded
      .filter(({ merchantId }) => merchantId === as)
      .reduce((sum, { amount }) => sum + (amount as bigint), 0n);
    const { body } = await harness.insist('GET /wallets/{currency}', {
      as,
      params: { currency: 'USD' },
    });
    expect(cents(body.data.available)).toBe(START - spent);
    // What each stated is one chain from the first balance on: nothing was refunded while they were accepted.
    const stated = rows
      .filter(({ merchantId }) => merchantId === as)
      .map(({ balanceBefore, amount }) => [balanceBefore as bigint, amount as bigint] as const)
      .toSorted(([one], [other]) => (one < other ? 1 : -1));
    let balance = START;
    for (const [before, amount] of stated) {
      expect(before).toBe(balance);
      balance -= amount;
    }
  }
  expectConsistentLedger(await readSnapshot(harness), { areGrouped: true });
  expect(harness.faults.conflicts).toBeGreaterThan(100);
  expect(harness.faults.lostAfter).toBeGreaterThan(20);
}, 120_000);
