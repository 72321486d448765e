import '../../harness/enable-logs.ts';
import {
  ConflictException,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from '@jest/globals';
import { minor } from '../../../lambdas/ledger/money.ts';
import {
  decideSchedule,
  planCarryOut,
} from '../../../lambdas/operations/withdrawals/schedule-rule.ts';
import type { DueVerdict } from '../../../lambdas/payouts/execute-scheduled.ts';
import { dueMessage } from '../../../lambdas/payouts/schedule-message.ts';
import { createSchedule, deleteSchedule } from '../../../lambdas/payouts/schedules.ts';
import { RetryLater } from '../../../lambdas/platform/batch.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { aMerchant, USD } from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { sqsRecord } from '../../harness/sqs-record.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const order = { amount: minor(30n), currency: USD, source: 'wallet' as const };
const MESSAGE = { merchantId: 'm1', txnId: 'T1' };

describe('WD-2: a withdrawal with a time is decided in this order', () => {
  it.each([
    // merchant    at                          answer
    [undefined, '2026-11-20T12:01:00.000Z', 'not_a_merchant'],
    ['PENDING', '2020-01-01T00:00:00.000Z', 'merchant_not_approved'],
    ['SUSPENDED', '2026-11-20T12:01:00.000Z', 'merchant_suspended'],
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

  it('moves no money yet, keeps the account of this moment, and is missed two minutes after its time', () => {
    const executeAt = '2026-11-20T13:00:00.000Z';
    const decision = decideSchedule({ merchant: aMerchant(), executeAt }, order, NOW);
    expect(decision).toMatchObject({
      execution: undefined,
      transaction: {
        type: 'withdrawal',
        status: 'SCHEDULED',
        destination: 'IR-1',
        executeAt,
        due: '2026-11-20T13:02:00.000Z',
        phases: [],
        at: { SCHEDULED: NOW.toISOString() },
      },
    });
  });

  it.each([
    ['SCHEDULED', '2026-11-20T12:00:00.000Z', { kind: 'now' }],
    ['SCHEDULED', '2026-11-20T12:00:00.001Z', { kind: 'early', byMs: 1 }],
    ['SCHEDULED', '2026-11-20T12:01:00.000Z', { kind: 'early', byMs: 60_000 }],
    ['CANCELLED', '2026-11-20T11:00:00.000Z', { kind: 'over' }],
    ['PENDING', '2026-11-20T11:00:00.000Z', { kind: 'over' }],
    ['FAILED', '2026-11-20T11:00:00.000Z', { kind: 'over' }],
  ] as const)('a firing that finds it %s, for %s: %j', (status, executeAt, plan) => {
    expect(planCarryOut(aWithdrawal({ status, executeAt }), NOW)).toEqual(plan);
  });
});

describe('WD-2: its schedule', () => {
  const target = {
    group: 'withdrawals',
    dueQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:due',
    parkedQueueArn: 'arn:aws:sqs:eu-central-1:123456789012:parked',
    roleArn: 'arn:aws:iam::123456789012:role/scheduler',
  };
  const scheduler = (answer?: Error) => {
    const sent: unknown[] = [];
    const send = async ({ input }: { input: unknown }) => {
      sent.push(input);
      if (answer !== undefined) throw answer;
    };
    return { client: { send } as unknown as SchedulerClient, sent };
  };
  const says = { message: '', $metadata: {}, Message: '' };

  it('bears the withdrawal’s id, fires once in UTC, never early, and is gone then', async () => {
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
          Arn: target.dueQueueArn,
          RoleArn: target.roleArn,
          Input: '{"merchantId":"m1","txnId":"T1"}',
          DeadLetterConfig: { Arn: target.parkedQueueArn },
        },
      },
    ]);
  });

  it('is not made for a time that has passed: the relay was late, so a minute from now', async () => {
    const { client, sent } = scheduler();
    await createSchedule(client, target, () => NOW)(MESSAGE, '2026-11-20T11:00:00.000Z');
    expect(sent).toMatchObject([{ ScheduleExpression: 'at(2026-11-20T12:01:00)' }]);
  });

  it('made or deleted twice is as good as once', async () => {
    const lines = await linesOf(async () => {
      await createSchedule(
        scheduler(new ConflictException(says)).client,
        target,
        () => NOW,
      )(MESSAGE, '2026-11-20T13:00:00.000Z');
      await deleteSchedule(scheduler(new ResourceNotFoundException(says)).client, target)(MESSAGE);
    });
    expect(lines).toEqual([]);
  });

  it.each([
    [
      'made',
      (client: SchedulerClient) =>
        createSchedule(client, target, () => NOW)(MESSAGE, '2026-11-20T13:00:00.000Z'),
    ],
    ['deleted', (client: SchedulerClient) => deleteSchedule(client, target)(MESSAGE)],
  ])('WD-8: that cannot be %s is told, and holds up no payout behind it', async (_, act) => {
    const lines = await linesOf(() => act(scheduler(new Error('throttled')).client));
    expect(lines).toMatchObject([
      { kind: 'error', message: 'SCHEDULE_FAILED', txn: 'T1', error: { message: 'throttled' } },
    ]);
  });
});

describe('WD-2: a message of the due queue', () => {
  const handled = async (verdict: DueVerdict, body: unknown = MESSAGE) => {
    const taken: unknown[] = [];
    const postponed: unknown[] = [];
    const handle = dueMessage(
      async (message) => {
        taken.push(message);
        return verdict;
      },
      async (...put) => void postponed.push(put),
    );
    const error = await handle(sqsRecord(body)).catch((thrown: unknown) => thrown);
    return { kept: error instanceof RetryLater, error, taken, postponed };
  };

  it.each<[DueVerdict, boolean, unknown[]]>([
    [{ kind: 'done' }, false, []],
    [{ kind: 'again' }, true, [['receipt', 30]]],
    [{ kind: 'early', byMs: 1 }, true, [['receipt', 1]]],
    [{ kind: 'early', byMs: 30_001 }, true, [['receipt', 31]]],
    [{ kind: 'early', byMs: 86_400_000 }, true, [['receipt', 900]]],
  ])('%j: kept %s, put off %j', async (verdict, kept, postponed) => {
    expect(await handled(verdict)).toMatchObject({ kept, postponed, taken: [MESSAGE] });
  });

  it('that says nothing stays for a person to look at', async () => {
    const { taken, error } = await handled({ kind: 'done' }, { merchantId: 'm1' });
    expect([taken, error === undefined]).toEqual([[], false]);
  });
});
