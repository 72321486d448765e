import { minor } from '../../lambdas/ledger/money.ts';
import type { Transaction } from '../../lambdas/ledger/transactions.ts';
import { USD } from './in-memory-ledger.ts';

/** A withdrawal of 100.00 that was accepted at noon and that nobody has taken up yet. */
export const aWithdrawal = (known: Partial<Transaction> = {}): Transaction => ({
  pk: 'M#m1',
  txnId: '0123456789ABCDEFGHIJKLMNOP',
  type: 'withdrawal',
  status: 'PENDING',
  source: 'credit',
  amount: minor(100_00n),
  currency: USD,
  merchantId: 'm1',
  destination: 'IR-1',
  createdAt: '2026-11-20T12:00:00.000Z',
  at: { PENDING: '2026-11-20T12:00:00.000Z' },
  requestHash: 'hash',
  phases: [],
  shares: [{ shard: 'ROOT', amount: minor(100_00n) }],
  limitDay: '2026-11-20',
  limitMonth: '2026-11',
  attempt: 0n,
  due: '2026-11-20T12:15:00.000Z',
  ...known,
});
