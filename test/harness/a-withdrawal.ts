import { minor } from '../../lambdas/ledger/money.ts';
import type { Withdrawal } from '../../lambdas/ledger/transactions.ts';
import { USD } from './in-memory-ledger.ts';

/** A credit withdrawal of 100.00 that was accepted at noon and that no worker has claimed yet. */
export const aWithdrawal = ({
  payout,
  ...known
}: Partial<Omit<Withdrawal, 'payout'>> & {
  readonly payout?: Partial<Withdrawal['payout']>;
} = {}): Withdrawal => ({
  pk: 'M#m1',
  txnId: '0123456789ABCDEFGHIJKLMNOP',
  type: 'withdrawal',
  status: 'PENDING',
  source: 'credit',
  amount: minor(100_00n),
  currency: USD,
  merchantId: 'm1',
  payout: { provider: 'bank', destination: 'IR-1', attempt: 0n, ...payout },
  createdAt: '2026-11-20T12:00:00.000Z',
  at: { PENDING: '2026-11-20T12:00:00.000Z' },
  requestHash: 'hash',
  phases: [
    {
      name: 'accept',
      at: '2026-11-20T12:00:00.000Z',
      postings: [
        ['pool', 'clearing', minor(100_00n)],
        ['lent', 'credit', minor(100_00n)],
      ],
      shares: [['ROOT', minor(100_00n)]],
    },
  ],
  limitDay: '2026-11-20',
  limitMonth: '2026-11',
  nextCheckAt: '2026-11-20T12:15:00.000Z',
  ...known,
});
