import { describe, expect, it } from '@jest/globals';
import {
  acceptedWithdrawalView,
  withdrawalView,
} from '../../../lambdas/operations/withdrawals/view.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';

describe('WD-3: a merchant’s view of a withdrawal', () => {
  it('AP-1: the first response does not change while the withdrawal progresses', () => {
    const progressed = aWithdrawal({
      status: 'FAILED',
      payout: { attempt: 4n, failure: 'account_closed' },
      at: { PENDING: 'x', FAILED: 'y' },
    });
    expect(acceptedWithdrawalView(progressed)).toEqual(acceptedWithdrawalView(aWithdrawal()));
    expect(acceptedWithdrawalView(aWithdrawal())).toEqual({
      id: '0123456789ABCDEFGHIJKLMNOP',
      type: 'withdrawal',
      status: 'PENDING',
      amount: '100.00',
      currency: 'USD',
      source: 'credit',
      bank_account: 'IR-1',
      created_at: '2026-11-20T12:00:00.000Z',
    });
  });

  it('AP-1 WD-2: the first response of a scheduled one stays SCHEDULED after its execution', () => {
    const executeAt = '2026-12-01T00:00:00.000Z';
    const executed = aWithdrawal({ status: 'SUCCEEDED', executeAt });
    expect(acceptedWithdrawalView(executed)).toMatchObject({
      status: 'SCHEDULED',
      execute_at: executeAt,
    });
    expect(withdrawalView(executed)).toMatchObject({ status: 'SUCCEEDED', execute_at: executeAt });
  });

  it('lists its history by time, and an unclear provider response only as PROCESSING', () => {
    const row = aWithdrawal({
      status: 'MANUAL_REVIEW',
      at: {
        MANUAL_REVIEW: '2026-11-20T12:04:00.000Z',
        UNKNOWN: '2026-11-20T12:03:00.000Z',
        PROCESSING: '2026-11-20T12:02:00.000Z',
        PENDING: '2026-11-20T12:01:00.000Z',
        SCHEDULED: '2026-11-20T12:00:00.000Z',
      },
    });
    const view = withdrawalView(row);
    expect(view.status).toBe('PROCESSING');
    expect(view.history).toEqual([
      { status: 'SCHEDULED', at: '2026-11-20T12:00:00.000Z' },
      { status: 'PENDING', at: '2026-11-20T12:01:00.000Z' },
      { status: 'PROCESSING', at: '2026-11-20T12:02:00.000Z' },
    ]);
    expect(JSON.stringify(view)).not.toMatch(/UNKNOWN|MANUAL_REVIEW/);
  });

  it('shows the bank’s reference or failure code, and neither before the bank has responded', () => {
    expect(withdrawalView(aWithdrawal())).toMatchObject({ bank_reference: null, failure: null });
    const paid = aWithdrawal({ status: 'SUCCEEDED', payout: { reference: 'B-1' } });
    expect(withdrawalView(paid)).toMatchObject({ bank_reference: 'B-1', failure: null });
    const refused = aWithdrawal({ status: 'FAILED', payout: { failure: 'account_closed' } });
    expect(withdrawalView(refused)).toMatchObject({
      bank_reference: null,
      failure: 'account_closed',
    });
  });

  it('shows nothing of the payout’s internal state', () => {
    const view = withdrawalView(
      aWithdrawal({
        payout: { attempt: 3n, leaseUntil: 'soon', sentAt: 'just now' },
        nextCheckAt: 'later',
      }),
    );
    expect(Object.keys(view).toSorted()).toEqual([
      'amount',
      'bank_account',
      'bank_reference',
      'created_at',
      'currency',
      'failure',
      'history',
      'id',
      'source',
      'status',
      'type',
    ]);
  });
});
