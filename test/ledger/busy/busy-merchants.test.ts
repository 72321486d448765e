import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { BusyMerchants } from '../../../lambdas/ledger/busy/busy-merchants.ts';
import type { QueuedMessage } from '../../../lambdas/ledger/busy/messages.ts';
import { creditKey, poolKey } from '../../../lambdas/ledger/keys.ts';
import { ROOT } from '../../../lambdas/ledger/pool/pool.ts';
import { createWithdrawal } from '../../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { lambdaContext } from '../../harness/http-event.ts';
import {
  aCreditLine,
  aMerchant,
  aPool,
  inMemoryLedger,
  stored,
  USD,
} from '../../harness/in-memory-ledger.ts';
import { runBusyLoad } from '../../model/busy-load.ts';
import { poolModel } from '../../model/pool-model.ts';

/** Conflicts by the row that was met: response, transaction, merchant, credit, pool. */
const cancelledAt = (...met: readonly number[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: Array.from({ length: 5 }, (_, index) => ({
      Code: met.includes(index) ? 'TransactionConflict' : 'None',
    })),
  });
const [RESPONSE, MERCHANT, CREDIT, POOL] = [0, 2, 3, 4];

/** One withdrawal whose transactions meet others like this, one after the other. */
async function withdrawal(
  failures: readonly TransactionCanceledException[],
  send: (message: QueuedMessage) => Promise<boolean>,
) {
  const sent: QueuedMessage[] = [];
  const context = inMemoryLedger(
    stored(aMerchant()),
    { ...creditKey('m1', USD), ...aCreditLine(100_00n, 0n) },
    { ...poolKey(USD, ROOT), ...aPool(500_00n) },
  );
  context.failures.push(...failures);
  const busy = new BusyMerchants(context.ledger, context.responses, async (message) => {
    sent.push(message);
    return send(message);
  });
  const body = { amount: '1.00' };
  const reply = await createWithdrawal.endpoint({ ...context, busy })(
    {
      id: 'r1',
      sourceIp: '',
      caller: { id: 'm1', name: 'merchant:m1', user: { username: 'm1', sub: 'm1' } },
      request: { method: 'POST', path: '/withdrawals', query: '', body },
      context: lambdaContext,
    },
    { params: {}, query: {}, body, key: 'k1' },
  );
  return { reply, sent, written: context.written.length };
}
const unsent = async () => false;

describe('OP-3: a request hands over', () => {
  it('after its second conflict on the merchant, whichever of its rows that was', async () => {
    const { sent } = await withdrawal([cancelledAt(MERCHANT), cancelledAt(CREDIT)], unsent);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      work: 'request',
      merchantId: 'm1',
      operation: 'withdrawal',
      caller: { id: 'm1', name: 'merchant:m1' },
      key: 'k1',
      input: { body: { amount: '1.00' } },
      pk: 'M#m1',
      requestId: 'r1',
    });
  });

  it('not after one, and never for conflicts of the pool or of a copy of itself', async () => {
    expect((await withdrawal([cancelledAt(MERCHANT, CREDIT)], unsent)).sent).toEqual([]);
    const pool = Array.from({ length: 6 }, () => cancelledAt(POOL));
    expect((await withdrawal(pool, unsent)).sent).toEqual([]);
    const copy = Array.from({ length: 6 }, () => cancelledAt(RESPONSE));
    expect((await withdrawal(copy, unsent)).sent).toEqual([]);
  });

  it('WD-8: and goes on by itself where the message was certainly not sent', async () => {
    const { reply, written } = await withdrawal([cancelledAt(CREDIT), cancelledAt(CREDIT)], unsent);
    expect([reply.status, written]).toEqual([202, 1]);
  });
});

describe('WD-8: where nobody receives the messages', () => {
  it('requests go on by themselves, and all are answered', async () => {
    const model = poolModel({ seed: 5, shards: 8, funds: 10n ** 9n, merchants: 1, cycleMs: 20 });
    if (model.queue !== undefined) model.queue.isEnabled = false;
    const apis = model.processesOf(createWithdrawal);
    const one = () => model.send(apis, model.anyId(), {}, { amount: '1.00' });
    const replies = await model.time.finish(model.arrivals(20, 10, one));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
    expect(model.queue?.received).toBe(0);
  });
});

describe('OP-3: where more come than groups take', () => {
  const SECONDS = 6;

  it.each([
    ['one merchant', { debits: 360 }],
    ['a popular payee', { transfers: 360 }],
  ])(
    '%s has as many answered as groups take, soon, and few wait',
    async (_, load) => {
      const run = { seed: 3, seconds: SECONDS, cycleMs: 40, ...load };
      const { replies, waiting } = await runBusyLoad(run);
      const accepted = replies.filter(({ status }) => status < 300);
      const inTime = accepted.filter(({ answeredAt }) => answeredAt <= SECONDS * 1_000);
      expect(inTime.length / SECONDS).toBeGreaterThan(90);
      expect(waiting).toBeLessThan(150);
      const late = accepted.filter(({ ms }) => ms > 1_000);
      expect(late.length).toBeLessThan(accepted.length / 100);
      const others = replies.filter(({ status }) => status >= 300);
      expect(new Set(others.map(({ status }) => status))).toEqual(new Set([503]));
    },
    60_000,
  );
});

describe('OP-3: below ten requests a second', () => {
  it('nearly none is handed over, and none takes longer', async () => {
    const run = async (cycleMs?: number) => {
      const cycle = cycleMs === undefined ? {} : { cycleMs };
      const model = poolModel({ seed: 6, shards: 8, funds: 10n ** 9n, merchants: 1, ...cycle });
      const apis = model.processesOf(createWithdrawal);
      const one = async () => {
        const from = model.time.now();
        const { status } = await model.send(apis, model.anyId(), {}, { amount: '1.00' });
        return { status, ms: model.time.now() - from };
      };
      const replies = await model.time.finish(model.arrivals(5, 60, one));
      const times = replies.map(({ ms }) => ms).toSorted((a, b) => a - b);
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([202]));
      return {
        median: times[times.length >> 1] ?? 0,
        batches: model.queue?.received ?? 0,
        sent: times.length,
      };
    };
    const [alone, grouped] = [await run(), await run(40)];
    expect(grouped.batches).toBeLessThan(grouped.sent / 20);
    expect(grouped.median).toBeLessThan(alone.median * 1.05);
  });
});
