import { describe, expect, it } from '@jest/globals';
import { busyModel, type Reply, type Sent } from './busy-model.ts';
import { expectConsistentLedger } from './invariants.ts';
import { dollars } from './pool-model.ts';
import { snapshotOf } from './snapshot.ts';

const MERCHANTS = 50;
/** Most of the requests are on these. */
const BUSY = 2;
const LIMIT = 80_00n;
const FUNDS = 25_00n;
const SECONDS = 6;
const PER_SECOND = 80;
/** A second copy of a request, sent at the same time. */
const COPIES = 0.15;

type Request = Sent & { readonly amount: bigint; readonly merchantId: string };

/** One run: every request until it is answered, its copies too. */
async function run(seed: number) {
  const model = await busyModel({ seed, merchants: MERCHANTS });
  const { time, ids, send } = model;
  const { random } = time;
  await time.finish(model.setUp(LIMIT, FUNDS));
  const anyOf = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  };
  const busy = ids.slice(0, BUSY);
  let requests = 0;
  const anyRequest = (): Request => {
    requests += 1;
    const key = `k${requests}`;
    const as = random() < 0.8 ? anyOf(busy) : anyOf(ids);
    const amount = 100n + BigInt(Math.floor(random() * 1_200));
    const body = { amount: dollars(amount) };
    const chance = random();
    if (chance < 0.5) {
      const source = chance < 0.35 ? 'credit' : 'wallet';
      return {
        operation: 'withdraw',
        as,
        body: { ...body, source },
        key,
        amount,
        merchantId: as,
      };
    }
    if (chance < 0.75) {
      const to = random() < 0.6 ? anyOf(busy) : anyOf(ids);
      return { operation: 'transfer', as, body: { ...body, to }, key, amount, merchantId: as };
    }
    if (chance < 0.85) return { operation: 'repay', as, body, key, amount, merchantId: as };
    return {
      operation: 'deposit',
      as: 'admin',
      params: { merchant_id: as },
      body,
      key,
      amount,
      merchantId: as,
    };
  };
  const refunds: Promise<void>[] = [];
  const answered: { readonly request: Request; readonly replies: readonly Reply[] }[] = [];
  const one = async (): Promise<void> => {
    const request = anyRequest();
    const copies = random() < COPIES ? [request, request] : [request];
    const replies = await Promise.all(copies.map(send));
    answered.push({ request, replies });
    const [reply] = replies;
    if (request.operation === 'withdraw' && reply?.status === 202 && random() < 0.4)
      refunds.push(model.refuse(request.merchantId, String(JSON.parse(reply.text).data.id)));
  };
  const work: Promise<void>[] = [];
  const arrivals = async (): Promise<void> => {
    const end = time.now() + SECONDS * 1_000;
    while (time.now() < end) {
      await time.sleep((-Math.log(1 - random()) * 1_000) / PER_SECOND);
      work.push(one());
    }
  };
  await time.finish(arrivals());
  await time.finish(Promise.all(work));
  await time.finish(Promise.all(refunds));
  await time.run();
  return { model, answered };
}

/** A refusal for funds that were there at every moment of the call. */
function isFalse(
  { model }: Awaited<ReturnType<typeof run>>,
  request: Request,
  reply: Reply,
): boolean {
  const { wallets, credit, utilised } = model.balances;
  const { merchantId, amount } = request;
  const { from, to } = reply;
  switch (reply.code ?? 'accepted') {
    case 'insufficient_funds':
      return wallets.lowest(merchantId, from, to) >= amount;
    case 'insufficient_credit':
      return credit.lowest(merchantId, from, to) >= amount;
    case 'repayment_exceeds_utilised':
      return utilised.lowest(merchantId, from, to) >= amount;
    case 'insufficient_pool':
      return true;
    default:
      return false;
  }
}

describe('CR-2 SA-1 OP-3 WD-8: two busy merchants among fifty', () => {
  it.each([1, 2, 3, 4])(
    'every key has one outcome, nothing is lost or refused falsely, and postings are balances (seed %s)',
    async (seed) => {
      const outcome = await run(seed);
      const { model, answered } = outcome;
      const seen = new Map<string, number>();
      for (const { request, replies } of answered) {
        for (const reply of replies) {
          const name = reply.code ?? String(reply.status);
          seen.set(name, (seen.get(name) ?? 0) + 1);
        }
        expect([request, new Set(replies.map(({ text }) => text)).size]).toEqual([request, 1]);
        // A response is a replay for everybody but the request that produced it.
        expect(replies.filter(({ replayed }) => !replayed).length).toBeLessThanOrEqual(1);
        expect(replies.filter((reply) => isFalse(outcome, request, reply))).toEqual([]);
      }
      expect([...seen.keys()].toSorted()).toEqual(
        expect.arrayContaining(['201', '202', 'insufficient_credit', 'insufficient_funds']),
      );
      expect(
        [...seen.keys()].filter((name) => ['500', 'busy', 'internal_error'].includes(name)),
      ).toEqual([]);
      const snapshot = snapshotOf(model.rows());
      expectConsistentLedger(snapshot, { areGrouped: true });
      const accepted = answered.filter(({ replies }) => replies.some(({ status }) => status < 300));
      const made = snapshot.transactions.filter(({ type }) =>
        ['withdrawal', 'transfer', 'repayment'].includes(type),
      );
      expect(made.length).toBe(
        accepted.filter(({ request }) => request.operation !== 'deposit').length,
      );
      // The run means something: groups were committed, and functions were killed.
      expect(model.queue.received).toBeGreaterThan(15);
      expect(model.largestGroup()).toBeGreaterThan(3);
      // Byte for byte, also long afterwards.
      const again = await model.time.finish(
        Promise.all(answered.map(({ request }) => model.send(request))),
      );
      expect(again.map(({ text, replayed }) => [text, replayed])).toEqual(
        answered.map(({ replies }) => [replies[0]?.text, true]),
      );
    },
    120_000,
  );
});
