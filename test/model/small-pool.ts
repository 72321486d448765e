import { openLedger } from '../../lambdas/ledger/context.ts';
import { creditKey, poolKey } from '../../lambdas/ledger/keys.ts';
import { poolRoot, ROOT, shardNames } from '../../lambdas/ledger/pool/pool.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { contendedTable } from '../harness/contention/contended-table.ts';
import { VirtualTime } from '../harness/contention/virtual-time.ts';
import { lambdaContext } from '../harness/http-event.ts';
import {
  aCreditLine,
  aMerchant,
  aPool,
  SETTINGS,
  stored,
  USD,
} from '../harness/in-memory-ledger.ts';
import { notBusy } from '../harness/not-busy.ts';

const LEDGER = 'Ledger';

/** A pool on the contention model whose requests a test sends one by one. Amounts in minor units. */
export function smallPool(seed = 1) {
  const time = new VirtualTime(seed);
  const table = contendedTable(time);
  let requests = 0;

  const openProcess = (deadlineMs = 10_000) => {
    const ledger = openLedger(table.dynamo, LEDGER, time.pacing(deadlineMs), time.date);
    const responses = { ...ledger, table: 'Responses' };
    const settings = { ...SETTINGS, secondAdminAbove: {} };
    const context = { ledger, responses, busy: notBusy(ledger), settings };
    return { ledger, endpoint: createWithdrawal.endpoint(context) };
  };
  type Process = Pick<ReturnType<typeof openProcess>, 'endpoint'>;

  return {
    time,
    openProcess,
    /** Every shard holds the same, and the root nothing unless said otherwise. */
    fill: (shards: number, each: bigint, root: Partial<Record<string, unknown>> = {}): void => {
      const { currency, lent, conflicts, version, by } = aPool(0n);
      const count = BigInt(shards);
      table.put(
        LEDGER,
        { ...poolKey(USD, ROOT), ...aPool(0n), shards: count, targetShards: count, ...root },
        ...shardNames(shards).map((name) => ({
          ...poolKey(USD, name),
          ...{ currency, lent, conflicts, version, by, available: each, open: true },
        })),
      );
    },
    /** With a credit limit, or without credit. */
    merchant: (id: string, limit?: bigint): void => {
      table.put(LEDGER, stored(aMerchant({ id })));
      if (limit !== undefined)
        table.put(LEDGER, { ...creditKey(id, USD), ...aCreditLine(limit, 0n) });
    },
    withdraw: ({ endpoint }: Process, id: string, amount: string) => {
      requests += 1;
      const key = `r${requests}`;
      const caller = { id, name: `merchant:${id}`, user: { username: id, sub: id } };
      const body = { amount };
      const request = { method: 'POST', path: '/', query: '', body };
      return endpoint(
        { id: key, sourceIp: '', caller, request, context: lambdaContext },
        { params: {}, query: {}, body, key },
      );
    },
    root: () => poolRoot.parse(table.rows(LEDGER).find(({ pk }) => pk === poolKey(USD, ROOT).pk)),
    moves: (): number => table.rows(LEDGER).filter(({ type }) => type === 'rebalance').length,
  };
}
