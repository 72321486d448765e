import { describe, expect, it } from '@jest/globals';
import { minor } from '../../../lambdas/ledger/money.ts';
import type { Transaction, TransactionOf } from '../../../lambdas/ledger/transactions.ts';
import { adminTransactionView, transactionView } from '../../../lambdas/operations/history/view.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { USD } from '../../harness/in-memory-ledger.ts';

const AT = '2026-11-20T12:00:00.000Z';
const common = {
  txnId: 'T1',
  status: 'SUCCEEDED' as const,
  amount: minor(100_00n),
  currency: USD,
  createdAt: AT,
  requestHash: 'hash',
  phases: [],
  at: { SUCCEEDED: AT },
};
const deposit: Transaction = {
  ...common,
  pk: 'M#m1',
  merchantId: 'm1',
  type: 'deposit',
  releaseAt: '2026-12-01T00:00:00.000Z',
};
const topUp: Transaction = { ...common, pk: 'POOL#USD#ROOT', type: 'top_up' };
const transfer: TransactionOf<'transfer'> = {
  ...common,
  pk: 'M#m1',
  merchantId: 'm1',
  type: 'transfer',
  payerName: 'alice',
  payeeId: 'm2',
  payeeName: 'bob',
  fee: minor(2_00n),
  feePpm: 20_000n,
};
const plain = {
  id: 'T1',
  status: 'SUCCEEDED',
  amount: '100.00',
  currency: 'USD',
  created_at: AT,
  history: [{ status: 'SUCCEEDED', at: AT }],
};

describe('AP-6: a merchant’s view of any transaction', () => {
  it('a pending deposit shows its release time', () => {
    expect(transactionView(deposit, 'm1')).toEqual({
      ...plain,
      type: 'deposit',
      release_at: '2026-12-01T00:00:00.000Z',
    });
  });

  it('WA-5: a transfer shows its cost to the payer only', () => {
    const shared = {
      id: 'T1',
      type: 'transfer',
      status: 'SUCCEEDED',
      from: 'alice',
      to: 'bob',
      amount: '100.00',
      currency: 'USD',
      created_at: AT,
    };
    expect(transactionView(transfer, 'm1')).toEqual({
      ...shared,
      direction: 'out',
      fee: '2.00',
      total: '102.00',
      fee_rate: '2.00',
      fee_tier: null,
    });
    expect(transactionView(transfer, 'm2')).toEqual({ ...shared, direction: 'in' });
  });

  it('WD-3: an unclear payout is PROCESSING', () => {
    const unclear = aWithdrawal({ status: 'UNKNOWN', payout: { attempt: 3n } });
    expect(transactionView(unclear, 'm1')).toMatchObject({ status: 'PROCESSING' });
    expect(transactionView(unclear, 'm1')).not.toHaveProperty('attempt');
  });
});

describe('ID-6: an admin’s view of any transaction', () => {
  it('a payout shows its true status and its attempts', () => {
    const unclear = aWithdrawal({ status: 'UNKNOWN', payout: { attempt: 3n } });
    expect(adminTransactionView(unclear)).toMatchObject({
      merchant_id: 'm1',
      status: 'UNKNOWN',
      attempt: 3,
    });
  });

  it('a transfer is shown as the payer sees it', () => {
    expect(adminTransactionView(transfer)).toMatchObject({
      merchant_id: 'm1',
      direction: 'out',
      total: '102.00',
      attempt: 0,
    });
  });

  it('a transaction of an admin names the admin, and a proposal its admins and its end', () => {
    const at = { PROPOSED: '2026-11-19T12:00:00.000Z', SUCCEEDED: AT };
    const expiresAt = '2026-11-20T12:00:00.000Z';
    const proposal = { operation: 'top-up', input: '{}', by: 'alice', expiresAt };
    const proposed = { ...topUp, status: 'PROPOSED' as const, admin: 'alice', at, proposal };
    const shown = { proposed_at: at.PROPOSED, expires_at: expiresAt, confirmed_by: null };
    expect(adminTransactionView(proposed)).toMatchObject({
      status: 'PROPOSED',
      admin: 'alice',
      proposal: shown,
    });
    const confirmed = { ...topUp, at, proposal: { ...proposal, confirmedBy: 'bob' } };
    expect(adminTransactionView(confirmed)).toMatchObject({
      proposal: { ...shown, confirmed_by: 'bob' },
      history: [{ status: 'SUCCEEDED', at: AT }],
    });
  });

  it('a top-up belongs to no merchant', () => {
    expect(adminTransactionView(topUp)).toEqual({
      ...plain,
      type: 'top_up',
      merchant_id: null,
      attempt: 0,
    });
  });
});
