import { afterEach, expect, it } from '@jest/globals';
import pMap from 'p-map';
import { httpOperator } from '../../../lambdas/payouts/providers/operator.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { type Bank, startBank } from '../../../local/bank/server.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';

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

it('SA-1 LE-3: of 1,000 sales of two merchants, wallets, history and the operator’s own list agree to the cent', async () => {
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
  const accepted = await Promise.all(
    merchants.map((as) => pMap(numbers, sell(as), { concurrency: 2 })),
  );

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
  expect(harness.faults.conflicts).toBeGreaterThan(100);
  expect(harness.faults.lostAfter).toBeGreaterThan(20);
}, 120_000);
