import {
  ConflictException,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from '@jest/globals';
import { minor } from '../../lambdas/domain/money.ts';
import { decideSchedule, planCarryOut } from '../../lambdas/domain/schedule.ts';
import { dueMessage } from '../../lambdas/queue/due-message.ts';
import { createSchedule, deleteSchedule } from '../../lambdas/queue/schedules.ts';
import { RetryLater } from '../../lambdas/runtime/batch.ts';
import { aWithdrawal } from '../support/a-withdrawal.ts';
import { aMerchant, USD } from '../support/paper-ledger.ts';
import { sqsRecord } from '../support/sqs-record.ts';

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
    ['SCHEDULED', '2026-11-20T12:00:00.000Z', 'now'],
    ['SCHEDULED', '2026-11-20T12:00:00.001Z', 'early'],
    ['CANCELLED', '2026-11-20T11:00:00.000Z', 'over'],
    ['PENDING', '2026-11-20T11:00:00.000Z', 'over'],
    ['FAILED', '2026-11-20T11:00:00.000Z', 'over'],
  ] as const)('a firing that finds it %s, for %s: %s', (status, executeAt, plan) => {
    expect(planCarryOut(aWithdrawal({ status, executeAt }), NOW)).toBe(plan);
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

  it('made or deleted twice is as good as once; any other failure comes again', async () => {
    const at = '2026-11-20T13:00:00.000Z';
    const create = (error: Error) => createSchedule(scheduler(error).client, target, () => NOW);
    const remove = (error: Error) => deleteSchedule(scheduler(error).client, target);
    await create(new ConflictException(says))(MESSAGE, at);
    await remove(new ResourceNotFoundException(says))(MESSAGE);
    await expect(create(new Error('throttled'))(MESSAGE, at)).rejects.toThrow('throttled');
    await expect(create(new ResourceNotFoundException(says))(MESSAGE, at)).rejects.toThrow();
    await expect(remove(new Error('throttled'))(MESSAGE)).rejects.toThrow('throttled');
  });

  it('a message from it goes when its withdrawal is through, and else comes again', async () => {
    const taken: unknown[] = [];
    const handle = (verdict: 'done' | 'again') =>
      dueMessage(async (message) => {
        taken.push(message);
        return verdict;
      })(sqsRecord(MESSAGE));
    await handle('done');
    await expect(handle('again')).rejects.toThrow(RetryLater);
    expect(taken).toEqual([MESSAGE, MESSAGE]);
    const nonsense = dueMessage(async () => 'done')(sqsRecord({ merchantId: 'm1' }));
    await expect(nonsense).rejects.toThrow();
  });
});
