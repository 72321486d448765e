import '../../harness/enable-logs.ts';
import {
  ConflictException,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from '@jest/globals';
import { activeOnTerms } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideSchedule } from '../../../lambdas/operations/withdrawals/schedule-rule.ts';
import type { ScheduleOutcome } from '../../../lambdas/payouts/execute-scheduled.ts';
import { scheduleMessage } from '../../../lambdas/payouts/schedule-message.ts';
import { createSchedule, deleteSchedule } from '../../../lambdas/payouts/schedules.ts';
import { planExecution } from '../../../lambdas/payouts/settle-rule.ts';
import { RetryLater } from '../../../lambdas/platform/batch.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { aMerchant, USD } from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { sqsRecord } from '../../harness/sqs-record.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const order = { amount: minor(30n), currency: USD, source: 'wallet' as const };
const MESSAGE = { merchantId: 'm1', txnId: 'T1' };

describe('WD-2: a withdrawal at a set time is decided in this order', () => {
  it.each([
    // merchant    execute at                  answer
    [undefined, '2026-11-20T12:01:00.000Z', 'not_a_merchant'],
    ['PENDING', '2020-01-01T00:00:00.000Z', 'merchant_not_approved'],
    ['SUSPENDED', '2026-11-20T12:01:00.000Z', 'merchant_suspended'],
    ['ARCHIVED', '9999-12-31T23:59:59.999Z', 'merchant_archived'],
    ['ACTIVE', '2026-11-20T11:00:00.000Z', 'execution_too_soon'],
    ['ACTIVE', '2026-11-20T12:00:59.999Z', 'execution_too_soon'],
    ['ACTIVE', '2026-11-20T12:01:00.000Z', 'accepted'],
    ['ACTIVE', '2027-11-20T12:00:00.000Z', 'accepted'],
    ['ACTIVE', '2027-11-20T12:00:00.001Z', 'execution_too_far'],
    ['ACTIVE', '9999-12-31T23:59:59.999Z', 'execution_too_far'],
  ] as const)('%s merchant, %s: %s', (status, executeAt, answer) => {
    const merchant = status && aMerchant({ status });
    const decision = decideSchedule({ merchant, executeAt }, order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('it moves no money, keeps the current bank account and is checked two minutes after its time', () => {
    const executeAt = '2026-11-20T13:00:00.000Z';
    const merchant = aMerchant();
    expect(decideSchedule({ merchant, executeAt }, order, NOW)).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'withdrawal',
        status: 'SCHEDULED',
        source: 'wallet',
        amount: 30n,
        currency: 'USD',
        merchantId: 'm1',
        payout: { provider: 'bank', destination: 'IR-1', attempt: 0n },
        executeAt,
        nextCheckAt: '2026-11-20T13:02:00.000Z',
      },
      postings: [],
      guards: [activeOnTerms(merchant)],
      changes: [],
    });
  });

  it.each([
    ['SCHEDULED', '2026-11-20T12:00:00.000Z', { kind: 'now' }],
    ['SCHEDULED', '2026-11-20T12:00:00.001Z', { kind: 'early', byMs: 1 }],
    ['SCHEDULED', '2026-11-20T12:01:00.000Z', { kind: 'early', byMs: 60_000 }],
    ['CANCELLED', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['PENDING', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['FAILED', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
  ] as const)('a schedule that finds it %s, with the time %s: %j', (status, executeAt, plan) => {
    expect(planExecution(aWithdrawal({ status, executeAt }), NOW)).toEqual(plan);
  });
});

describe('WD-2: the schedule of a withdrawal', () => {
  const target = {
    group: 'withdrawals',
    queueArn: 'arn:aws:sqs:eu-central-1:123456789012:schedule',
    deadLetterArn: 'arn:aws:sqs:eu-central-1:123456789012:dead-letter',
    roleArn: 'arn:aws:iam::123456789012:role/scheduler',
  };
  const scheduler = (error?: Error) => {
    const sent: unknown[] = [];
    const send = async ({ input }: { input: unknown }) => {
      sent.push(input);
      if (error !== undefined) throw error;
    };
    return { client: { send } as unknown as SchedulerClient, sent };
  };
  const exception = { message: '', $metadata: {}, Message: '' };

  it('it has the withdrawal’s id, runs once in UTC, never early, and is deleted afterwards', async () => {
    const { client, sent } = scheduler();
    await createSchedule(client, target, () => NOW)(MESSAGE, '2026-11-20T13:00:00.001Z');
    expect(sent).toEqual([
      {
        GroupName: 'withdrawals',
        Name: 'T1',
        ScheduleExpression: 'at(2026-11-20T13:00:01)',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: target.queueArn,
          RoleArn: target.roleArn,
          Input: '{"merchantId":"m1","txnId":"T1"}',
          DeadLetterConfig: { Arn: target.deadLetterArn },
        },
      },
    ]);
  });

  it('it runs in one minute where the time has passed because the relay was late', async () => {
    const { client, sent } = scheduler();
    await createSchedule(client, target, () => NOW)(MESSAGE, '2026-11-20T11:00:00.000Z');
    expect(sent).toMatchObject([{ ScheduleExpression: 'at(2026-11-20T12:01:00)' }]);
  });

  it('creating or deleting it twice is harmless', async () => {
    const existing = scheduler(new ConflictException(exception)).client;
    const deleted = scheduler(new ResourceNotFoundException(exception)).client;
    const lines = await linesOf(async () => {
      await createSchedule(existing, target, () => NOW)(MESSAGE, '2026-11-20T13:00:00.000Z');
      await deleteSchedule(deleted, target)(MESSAGE);
    });
    expect(lines).toEqual([]);
  });

  it.each([
    [
      'created',
      (client: SchedulerClient) =>
        createSchedule(client, target, () => NOW)(MESSAGE, '2026-11-20T13:00:00.000Z'),
    ],
    ['deleted', (client: SchedulerClient) => deleteSchedule(client, target)(MESSAGE)],
  ])(
    'WD-8: a schedule that cannot be %s is logged and does not stop the payouts behind it',
    async (_, act) => {
      const lines = await linesOf(() => act(scheduler(new Error('throttled')).client));
      expect(lines).toMatchObject([
        { kind: 'error', message: 'SCHEDULE_FAILED', txn: 'T1', error: { message: 'throttled' } },
      ]);
    },
  );
});

describe('WD-2: a message of the schedule queue', () => {
  const handled = async (outcome: ScheduleOutcome, body: unknown = MESSAGE) => {
    const executed: unknown[] = [];
    const postponed: unknown[] = [];
    const handle = scheduleMessage(
      async (message) => {
        executed.push(message);
        return outcome;
      },
      async (...parameters) => void postponed.push(parameters),
    );
    const error = await handle(sqsRecord(body)).catch((thrown: unknown) => thrown);
    return { kept: error instanceof RetryLater, error, executed, postponed };
  };

  it.each<[ScheduleOutcome, boolean, unknown[]]>([
    [{ kind: 'done' }, false, []],
    [{ kind: 'again' }, true, [['receipt', 30]]],
    [{ kind: 'early', byMs: 1 }, true, [['receipt', 1]]],
    [{ kind: 'early', byMs: 30_001 }, true, [['receipt', 31]]],
    [{ kind: 'early', byMs: 86_400_000 }, true, [['receipt', 900]]],
  ])('%j: kept %s, postponed %j', async (outcome, kept, postponed) => {
    expect(await handled(outcome)).toMatchObject({ kept, postponed, executed: [MESSAGE] });
  });

  it('a message without a transaction fails and goes to the dead-letter queue', async () => {
    const { executed, kept, error } = await handled({ kind: 'done' }, { merchantId: 'm1' });
    expect([executed, kept, error]).toEqual([[], false, expect.any(Error)]);
  });
});
