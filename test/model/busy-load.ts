import { createDeposit } from '../../lambdas/operations/deposits/create-deposit.ts';
import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import type { Provider } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { bothProviders } from '../harness/both-providers.ts';
import { Processes } from '../harness/contention/processes.ts';
import { TIMERS } from '../harness/timers.ts';
import { idOf, poolModel } from './pool-model.ts';

/** Requests on one merchant at random times, from clients that repeat a 503 after its Retry-After. */
export type BusyLoad = {
  readonly seed: number;
  readonly seconds: number;
  /** Median milliseconds between two batches of the queue. Nothing is handed over without it. */
  readonly cycleMs?: number;
  /** A second: withdrawals on the merchant's credit, payouts of it that the bank refuses, deposits to it. */
  readonly debits?: number;
  readonly refunds?: number;
  readonly deposits?: number;
  /** A second: transfers of 120 payers to it. */
  readonly transfers?: number;
};

const BUSY = idOf(0);
const PAYERS = 120;
/** Of a client, with its first. */
const MOST_TRIES = 4;
const LOT = 10n ** 12n;
const REFUSES: Provider = {
  pay: async () => ({ kind: 'refused', code: 'account_closed' }),
  inquire: async () => ({ kind: 'refused', code: 'account_closed' }),
};

type BusyReply = {
  readonly status: number;
  readonly tries: number;
  /** Of the last try, in milliseconds. */
  readonly ms: number;
  /** Virtual times of the first try and of the last answer. */
  readonly from: number;
  readonly answeredAt: number;
};

/** One run until everything is answered. The same load gives the same outcome. */
export async function runBusyLoad(load: BusyLoad) {
  const { seed, seconds, cycleMs, debits = 0, refunds = 0, deposits = 0, transfers = 0 } = load;
  const model = poolModel({
    seed,
    shards: 32,
    funds: LOT,
    merchants: transfers > 0 ? PAYERS + 1 : 1,
    wallet: LOT,
    ...(cycleMs !== undefined && { cycleMs }),
  });
  const { time } = model;
  const payouts: string[] = [];
  let requests = 0;

  /** One client: the same key until it is answered. */
  const client = async (once: (key: string) => ReturnType<typeof model.send>) => {
    requests += 1;
    const key = `k${requests}`;
    const from = time.now();
    for (let tries = 1; ; tries += 1) {
      const at = time.now();
      const reply = await once(key);
      const { status, headers } = reply;
      const answer = { ...reply, tries, ms: time.now() - at, from, answeredAt: time.now() };
      if (status !== 503 || tries === MOST_TRIES) return answer;
      await time.sleep(1_000 * Number(headers?.['retry-after']));
    }
  };
  const apis = model.processesOf(createWithdrawal);
  const withdraw = async () => {
    const reply = await client((key) => model.send(apis, BUSY, {}, { amount: '1.00' }, key));
    if (reply.status === 202) payouts.push(String(JSON.parse(reply.body).data.id));
    return reply;
  };
  const payers = model.processesOf(createTransfer);
  const transfer = () => {
    const payer = idOf(1 + (requests % PAYERS));
    const body = { amount: '1.00', to: `name-${BUSY}` };
    return client((key) => model.send(payers, payer, {}, body, key));
  };
  const admins = model.processesOf(createDeposit);
  const deposit = () => {
    const params = { merchant_id: BUSY };
    return client((key) => model.send(admins, 'admin', params, { amount: '1.00' }, key));
  };
  const workers = new Processes(() => model.openContext());
  const refund = async () => {
    const txnId = payouts.shift();
    if (txnId === undefined) return 'done';
    const message = { merchantId: BUSY, txnId };
    return workers.inProcess((context) =>
      settle({ ...context, providers: bothProviders(REFUSES), timers: TIMERS })(message),
    );
  };
  const arrivals = <Reply>(perSecond: number, start: () => Promise<Reply>) =>
    perSecond === 0 ? Promise.resolve([]) : model.arrivals(perSecond, seconds, start);
  const work = Promise.all([
    arrivals(debits, withdraw),
    arrivals(transfers, transfer),
    arrivals(deposits, deposit),
    arrivals(refunds, refund),
  ]);
  const [debited, transferred, deposited, refunded] = await time.finish(work);
  return {
    replies: [...debited, ...transferred, ...deposited] satisfies readonly BusyReply[],
    refunded,
    counts: model.counts,
    /** The most requests that were under way at a time. */
    waiting: Math.max(...[apis, payers, admins].map(({ counts }) => counts.mostBusy)),
    batches: model.queue?.received ?? 0,
    rows: model.rows(),
  };
}
