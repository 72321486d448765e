import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { creditRow } from '../../../lambdas/ledger/balances.ts';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import { creditKey, poolKey } from '../../../lambdas/ledger/keys.ts';
import { poolRoot } from '../../../lambdas/ledger/pool/pool.ts';
import { createWithdrawal } from '../../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { lambdaContext } from '../http-event.ts';
import { aCreditLine, aMerchant, aPool, SETTINGS, stored, USD } from '../in-memory-ledger.ts';
import { notBusy } from '../not-busy.ts';
import { contendedTable } from './contended-table.ts';
import { Processes } from './processes.ts';
import { VirtualTime } from './virtual-time.ts';

const ROOT_KEY = poolKey(USD, 'ROOT');

/** Withdrawals of many merchants at a rate per second, each in a process, from one pool. */
async function withdrawals(seed: number, count: number, perSecond: number) {
  const time = new VirtualTime(seed);
  const table = contendedTable(time);
  const merchantIds = Array.from({ length: 50 }, (_, index) => `m${index}`);
  table.put('Ledger', { ...ROOT_KEY, ...aPool(1_000_000_00n) });
  for (const id of merchantIds) {
    const line = { ...creditKey(id, USD), ...aCreditLine(50_000_00n, 0n) };
    table.put('Ledger', stored(aMerchant({ id })), line);
  }
  const processes = new Processes(() => {
    const ledger = openLedger(table.dynamo, 'Ledger', time.pacing(10_000), time.date);
    const responses = { ...ledger, table: 'Responses' };
    return createWithdrawal.endpoint({
      ledger,
      responses,
      busy: notBusy(ledger),
      settings: SETTINGS,
    });
  });
  const withdraw = async (index: number) => {
    const merchantId = merchantIds[Math.floor(time.random() * merchantIds.length)] ?? 'm0';
    const amount = BigInt(1 + Math.floor(time.random() * 500));
    const body = { amount: `${amount}.00` };
    const request = { method: 'POST', path: '/withdrawals', query: '', body };
    const caller = {
      id: merchantId,
      name: `merchant#${merchantId}`,
      user: { username: merchantId, sub: merchantId },
    };
    const call = { id: `r${index}`, sourceIp: '', caller, request, context: lambdaContext };
    const raw = { params: {}, query: {}, body, key: `key-${index}` };
    const reply = await processes.inProcess((endpoint) => endpoint(call, raw));
    return { status: reply.status, amount: amount * 100n, body: reply.body, at: time.now() };
  };
  // Independent arrivals: as many meet as chance has it.
  const arrive = async () => {
    const replies: ReturnType<typeof withdraw>[] = [];
    for (let index = 0; index < count; index += 1) {
      await time.sleep((-Math.log(1 - time.random()) * 1_000) / perSecond);
      replies.push(withdraw(index));
    }
    return Promise.all(replies);
  };
  const replies = await time.finish(arrive());
  return { table, replies, processes: processes.counts };
}

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, each) => total + each, 0n);
const isCredit = z.object({ sk: z.string().startsWith('CREDIT#') });

describe('LE-1: the real withdrawal on the contention model', () => {
  it('takes from the pool and adds to credit exactly what it accepted', async () => {
    const { table, replies, processes } = await withdrawals(1, 300, 20);
    const accepted = replies.filter(({ status }) => status === 202);
    const rows = table.rows('Ledger');
    const pool = poolRoot.parse(rows.find(({ pk }) => pk === ROOT_KEY.pk));
    const lines = rows
      .filter((row) => isCredit.safeParse(row).success)
      .map((row) => creditRow.parse(row));
    const total = sum(accepted.map(({ amount }) => amount));
    expect(replies.filter(({ status }) => status !== 202 && status !== 503)).toEqual([]);
    expect(accepted.length).toBeGreaterThan(250);
    expect(pool.available).toBe(1_000_000_00n - total);
    expect(pool.lent).toBe(total);
    expect(sum(lines.map(({ utilised }) => utilised))).toBe(total);
    expect(table.rows('Responses')).toHaveLength(accepted.length);
    expect(table.counts.committed).toBe(accepted.length);
    expect(table.counts.conflicts.get(`${ROOT_KEY.pk}|${ROOT_KEY.sk}`)).toBeGreaterThan(20);
    expect(processes.started).toBe(processes.mostBusy);
    expect(processes.mostBusy).toBeGreaterThan(1);
  });

  it('does the same again with the same seed, and something else with another one', async () => {
    const run = async (seed: number) => (await withdrawals(seed, 60, 40)).replies;
    const first = await run(7);
    expect(await run(7)).toEqual(first);
    expect(await run(8)).not.toEqual(first);
  });
});
