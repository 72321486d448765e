import { bothProviders } from '../harness/both-providers.ts';
import '../harness/enable-logs.ts';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { creditKey, transactionKey } from '../../lambdas/ledger/keys.ts';
import type { Transaction, Withdrawal } from '../../lambdas/ledger/transactions.ts';
import { executeScheduled } from '../../lambdas/payouts/execute-scheduled.ts';
import type { ProviderAnswer } from '../../lambdas/payouts/providers/provider.ts';
import { settle } from '../../lambdas/payouts/settle.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import {
  aCreditLine,
  aMerchant,
  inMemoryLedger,
  stored,
  USD,
} from '../harness/in-memory-ledger.ts';
import { linesOf } from '../harness/log-lines.ts';
import { TIMERS } from '../harness/timers.ts';

const ROW = aWithdrawal({ payout: { destination: 'IR-SECRET' } });
/** A transaction without a payout. */
const DEPOSIT: Transaction = {
  pk: ROW.pk,
  txnId: ROW.txnId,
  type: 'deposit',
  status: 'PENDING',
  amount: ROW.amount,
  currency: ROW.currency,
  merchantId: ROW.merchantId,
  createdAt: ROW.createdAt,
  requestHash: ROW.requestHash,
  phases: [],
  at: {},
};
const MESSAGE = { merchantId: 'm1', txnId: ROW.txnId };

const ledgerWith = (row: Transaction, status: 'ACTIVE' | 'SUSPENDED' = 'ACTIVE') =>
  inMemoryLedger(
    stored(aMerchant({ status })),
    { ...creditKey('m1', USD), ...aCreditLine(500_00n, 100_00n) },
    { ...transactionKey(row.pk, row.txnId), ...row },
  );
const settled = (
  { ledger, busy }: ReturnType<typeof inMemoryLedger>,
  answer: ProviderAnswer,
  message = MESSAGE,
) =>
  linesOf(() => {
    const bank = { pay: async () => answer, inquire: async () => answer };
    return settle({ ledger, busy, providers: bothProviders(bank), timers: TIMERS })(message);
  });
const CLAIMED = { kind: 'money', message: 'PAYOUT_CLAIMED', txn: ROW.txnId, attempt: 1 };

describe('LE-5: settlement logs each step of a payout under its transaction', () => {
  it.each<[string, ProviderAnswer, object]>([
    [
      'a success',
      { kind: 'succeeded', reference: 'B-1' },
      { kind: 'money', message: 'PAYOUT_SUCCEEDED' },
    ],
    [
      'a refund',
      { kind: 'refused', code: 'account_closed' },
      { kind: 'money', message: 'PAYOUT_REFUNDED', code: 'account_closed' },
    ],
    [
      'an unclear answer',
      { kind: 'unclear', why: 'HTTP 503' },
      { kind: 'error', message: 'PROVIDER_UNCLEAR', provider: 'bank', why: 'HTTP 503' },
    ],
    [
      'a payout that the provider does not know',
      { kind: 'not_found' },
      { kind: 'error', message: 'PROVIDER_UNCLEAR', provider: 'bank', why: 'not found' },
    ],
    [
      'a payout that was not executed',
      { kind: 'not_executed', why: 'ECONNREFUSED' },
      { kind: 'error', message: 'PROVIDER_NOT_EXECUTED', provider: 'bank', why: 'ECONNREFUSED' },
    ],
  ])('%s is logged', async (_, answer, line) => {
    const lines = await settled(ledgerWith(ROW), answer);
    expect(lines).toMatchObject([CLAIMED, { ...line, txn: ROW.txnId }]);
    // Neither an amount nor an account is ever logged.
    expect(JSON.stringify(lines)).not.toMatch(/100\.00|IR-SECRET/);
  });

  it('a held payout is logged', async () => {
    const lines = await settled(ledgerWith(ROW, 'SUSPENDED'), { kind: 'not_found' });
    expect(lines).toMatchObject([{ kind: 'money', message: 'PAYOUT_HELD', txn: ROW.txnId }]);
  });

  it('a payout under another worker’s lease is logged', async () => {
    const leased = aWithdrawal({
      status: 'PROCESSING',
      payout: { attempt: 1n, leaseUntil: '2026-11-20T12:01:30.000Z' },
    });
    const lines = await settled(ledgerWith(leased), { kind: 'not_found' });
    expect(lines).toMatchObject([{ kind: 'money', message: 'PAYOUT_LEASED', txn: ROW.txnId }]);
  });

  it.each([
    ['an unknown transaction', ROW, 'T'],
    ['a transaction without a payout', DEPOSIT, DEPOSIT.txnId],
  ])('a message for %s is logged as an error', async (_, row, txnId) => {
    const memory = ledgerWith(row);
    const lines = await settled(memory, { kind: 'not_found' }, { ...MESSAGE, txnId });
    expect(lines).toMatchObject([
      { kind: 'error', message: 'MESSAGE_WITHOUT_TRANSACTION', merchant: 'm1', txn: txnId },
    ]);
    expect(memory.written).toEqual([]);
  });
});

describe('WD-6: a success after the payout became final', () => {
  const { pk, txnId, status: _status, ...rest } = ROW;
  /** The claim commits, and the success finds the row in this status. */
  const finding = async (status: Withdrawal['status']) => {
    const memory = ledgerWith(ROW);
    const row = { ...transactionKey(pk, txnId), txnId, status, ...rest };
    const failure = new TransactionCanceledException({
      message: 'cancelled',
      $metadata: {},
      CancellationReasons: [
        {
          Code: 'ConditionalCheckFailed',
          Item: marshall(row, { removeUndefinedValues: true }),
        },
      ],
    });
    return linesOf(async () => {
      const pay = async (): Promise<ProviderAnswer> => {
        memory.failures.push(failure);
        return { kind: 'succeeded', reference: 'B-1' };
      };
      const bank = { pay, inquire: pay };
      const outcome = await settle({
        ledger: memory.ledger,
        busy: memory.busy,
        providers: bothProviders(bank),
        timers: TIMERS,
      })(MESSAGE);
      expect(outcome).toBe('done');
      expect(memory.written).toHaveLength(1);
    });
  };

  it('a success after a refund is logged as critical', async () => {
    expect(await finding('FAILED')).toMatchObject([
      CLAIMED,
      { kind: 'error', message: 'SUCCESS_AFTER_REFUND', txn: txnId, severity: 'critical' },
    ]);
  });

  it('a success that another worker has recorded is not logged again', async () => {
    const lines = await finding('SUCCEEDED');
    expect(lines).toMatchObject([CLAIMED]);
  });
});

describe('LE-5: the execution of a scheduled withdrawal is logged', () => {
  const scheduled = aWithdrawal({
    status: 'SCHEDULED',
    executeAt: '2026-11-20T12:00:00.000Z',
    phases: [],
  });
  const executed = (row: Transaction, status: 'ACTIVE' | 'SUSPENDED', message = MESSAGE) =>
    linesOf(() =>
      executeScheduled({ ...ledgerWith(row, status), checkMarginMs: TIMERS.checkMarginMs })(
        message,
      ),
    );

  it('a failure is logged with its reason', async () => {
    expect(await executed(scheduled, 'SUSPENDED')).toMatchObject([
      {
        kind: 'money',
        message: 'WITHDRAWAL_NOT_EXECUTED',
        txn: ROW.txnId,
        code: 'merchant_suspended',
      },
    ]);
  });

  it.each([
    ['an unknown transaction', scheduled, 'T'],
    ['a transaction without a payout', DEPOSIT, DEPOSIT.txnId],
  ])('a message for %s is logged as an error', async (_, row, txnId) => {
    expect(await executed(row, 'ACTIVE', { ...MESSAGE, txnId })).toMatchObject([
      { kind: 'error', message: 'MESSAGE_WITHOUT_TRANSACTION', merchant: 'm1', txn: txnId },
    ]);
  });

  it('nothing is logged before its time or after its execution', async () => {
    const early = { ...scheduled, executeAt: '2026-11-20T12:00:00.001Z' };
    expect(await executed(early, 'ACTIVE')).toEqual([]);
    expect(await executed(ROW, 'ACTIVE')).toEqual([]);
  });
});
