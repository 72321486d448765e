import '../harness/enable-metrics.ts';
import { expect, it } from '@jest/globals';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { countedBy } from '../harness/counted.ts';
import { cancelledWith } from '../harness/faults.ts';
import { callerOf } from '../harness/http-caller.ts';
import { aMerchant, inMemoryLedger, stored } from '../harness/in-memory-ledger.ts';

it('WD-8: a request that is given up after conflicts is counted, and a decided one is not', async () => {
  const context = inMemoryLedger(stored(aMerchant()));
  const withdraw = { as: 'm1', body: { amount: '1.00', source: 'wallet' } };
  const call = callerOf(context, createWithdrawal);
  // Its refusal, for want of a wallet, is stored, and meets another transaction at every try.
  const codes = ['TransactionConflict', 'None'];
  context.failures.push(...Array.from({ length: 40 }, () => cancelledWith(codes)));
  const conflicts = Array.from({ length: 40 }, () => 1);
  const undecided = async () => {
    expect((await call('POST /withdrawals', { ...withdraw, key: 'k1' })).status).toBe(409);
  };
  const counted = await countedBy(undecided);
  expect(counted).toEqual({ Transactions: conflicts, Conflicts: conflicts, RequestsGivenUp: 1 });
  const decided = async () => {
    expect((await call('POST /withdrawals', { ...withdraw, key: 'k2' })).status).toBe(404);
  };
  expect(await countedBy(decided)).toEqual({ Transactions: 1 });
});
