import { describe, expect, it } from '@jest/globals';
import { minor } from '../../../lambdas/ledger/money.ts';
import type { Transaction, TransactionOf } from '../../../lambdas/ledger/transactions.ts';
import { adminTransactionView, transactionView } from '../../../lambdas/operations/history/view.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { USD } from '../../harness/in-memory-ledger.ts';

const AT = '2026-11-20T12:00:00.000Z';
const NOW = new Date('2026-11-25T12:00:00.000Z');
const RELEASED = '2026-12-01T00:00:00.000Z';
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
  releaseAt: RELEASED,
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
  it('WA-3: a deposit is PENDING until its release, and SUCCEEDED from that instant on', () => {
    const shown = { ...plain, type: 'deposit', release_at: RELEASED };
    const pending = { status: 'PENDING', at: AT };
    for (const now of [AT, '2026-11-30T23:59:59.999Z'])
      expect(transactionView(deposit, 'm1', new Date(now))).toEqual({
        ...shown,
        status: 'PENDING',
        history: [pending],
      });
    for (const now of [RELEASED, '2031-01-01T00:00:00.000Z'])
      expect(transactionView(deposit, 'm1', new Date(now))).toEqual({
        ...shown,
        status: 'SUCCEEDED',
        history: [pending, { status: 'SUCCEEDED', at: RELEASED }],
      });
    expect(adminTransactionView(deposit, new Date(AT))).toMatchObject({ status: 'PENDING' });
    expect(adminTransactionView(deposit, new Date(RELEASED))).toMatchObject({
      status: 'SUCCEEDED',
    });
  });

  it('WA-3 WA-9: a deposit that was reversed before its release is not pending', () => {
    const reversed: Transaction = { ...deposit, reversedBy: 'T2' };
    expect(transactionView(reversed, 'm1', new Date(AT))).toMatchObject({
      status: 'SUCCEEDED',
      history: [{ status: 'SUCCEEDED', at: AT }],
      reversed_by: 'T2',
    });
  });

  it('ID-8 WA-3: a deposit that is proposed is PROPOSED to admins, whatever its release', () => {
    const at = { PROPOSED: AT };
    const proposed: Transaction = { ...deposit, status: 'PROPOSED', at };
    expect(adminTransactionView(proposed, new Date(AT))).toMatchObject({
      status: 'PROPOSED',
      history: [],
    });
  });

  it('AP-8: metadata is not for the payee of a transfer', () => {
    const metadata: [string, string][] = [['shop', '1']];
    const noted = { ...transfer, reference: 'INV-1', metadata };
    const both = { reference: 'INV-1', metadata: { shop: '1' } };
    expect(transactionView(noted, 'm1', NOW)).toMatchObject(both);
    expect(adminTransactionView(noted, NOW)).toMatchObject(both);
    const seen = transactionView(noted, 'm2', NOW);
    expect(seen).toMatchObject({ reference: 'INV-1' });
    expect(seen).not.toHaveProperty('metadata');
    const noReference = transactionView({ ...transfer, metadata }, 'm2', NOW);
    expect(noReference).not.toHaveProperty('metadata');
    expect(noReference).not.toHaveProperty('reference');
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
    expect(transactionView(transfer, 'm1', NOW)).toEqual({
      ...shared,
      direction: 'out',
      fee: '2.00',
      total: '102.00',
      fee_rate: '2.00',
      fee_tier: null,
    });
    expect(transactionView(transfer, 'm2', NOW)).toEqual({ ...shared, direction: 'in' });
  });

  it('WD-3: an unclear payout is PROCESSING', () => {
    const unclear = aWithdrawal({ status: 'UNKNOWN', payout: { attempt: 3n } });
    expect(transactionView(unclear, 'm1', NOW)).toMatchObject({ status: 'PROCESSING' });
    expect(transactionView(unclear, 'm1', NOW)).not.toHaveProperty('attempt');
  });
});

describe('ID-6: an admin’s view of any transaction', () => {
  it('a payout shows its true status and its attempts', () => {
    const unclear = aWithdrawal({ status: 'UNKNOWN', payout: { attempt: 3n } });
    expect(adminTransactionView(unclear, NOW)).toMatchObject({
      merchant_id: 'm1',
      status: 'UNKNOWN',
      attempt: 3,
    });
  });

  it('a transfer is shown as the payer sees it', () => {
    expect(adminTransactionView(transfer, NOW)).toMatchObject({
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
    expect(adminTransactionView(proposed, NOW)).toMatchObject({
      status: 'PROPOSED',
      admin: 'alice',
      proposal: shown,
    });
    const confirmed = { ...topUp, at, proposal: { ...proposal, confirmedBy: 'bob' } };
    expect(adminTransactionView(confirmed, NOW)).toMatchObject({
      proposal: { ...shown, confirmed_by: 'bob' },
      history: [{ status: 'SUCCEEDED', at: AT }],
    });
  });

  it('a top-up belongs to no merchant', () => {
    expect(adminTransactionView(topUp, NOW)).toEqual({
      ...plain,
      type: 'top_up',
      merchant_id: null,
      attempt: 0,
    });
  });
});
