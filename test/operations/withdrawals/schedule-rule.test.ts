import '../../harness/enable-logs.ts';
import {
  ConflictException,
  ResourceNotFoundException,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { activeOnTerms } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideSchedule } from '../../../lambdas/operations/withdrawals/schedule-rule.ts';
import type { ScheduleOutcome } from '../../../lambdas/payouts/execute-scheduled.ts';
import { scheduleMessage } from '../../../lambdas/payouts/schedule-message.ts';
import {
  createSchedule,
  deleteSchedule,
  scheduleExecution,
} from '../../../lambdas/payouts/schedules.ts';
import { planExecution } from '../../../lambdas/payouts/settle-rule.ts';
import { RetryLater } from '../../../lambdas/platform/batch.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { aMerchant, USD } from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { sqsRecord } from '../../harness/sqs-record.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const order = { amount: minor(30n), currency: USD, source: 'wallet' as const };
const MESSAGE = { merchantId: 'm1', txnId: 'T1' };

const TARGET = {
  group: 'withdrawals',
  queueArn: 'arn:aws:sqs:eu-central-1:123456789012:schedule',
  deadLetterArn: 'arn:aws:sqs:eu-central-1:123456789012:dead-letter',
  roleArn: 'arn:aws:iam::123456789012:role/scheduler',
};
const schedulerOf = (error?: Error) => {
  const sent: unknown[] = [];
  const send = async ({ input }: { input: unknown }) => {
    sent.push(input);
    if (error !== undefined) throw error;
  };
  return { client: { send } as unknown as SchedulerClient, sent };
};

describe('WD-2: a withdrawal at a set time is decided in this order', () => {
  it.each([
    // merchant    execute at                  answer
    [undefined, '2026-11-20T12:00:01.000Z', 'not_a_merchant'],
    ['PENDING', '2020-01-01T00:00:00.000Z', 'merchant_not_approved'],
    ['SUSPENDED', '2026-11-20T12:00:01.000Z', 'merchant_suspended'],
    ['ARCHIVED', '9999-12-31T23:59:59.999Z', 'merchant_archived'],
    ['ACTIVE', '2026-11-20T11:00:00.000Z', 'execution_too_soon'],
    ['ACTIVE', '2026-11-20T12:00:00.999Z', 'execution_too_soon'],
    ['ACTIVE', '2026-11-20T12:00:01.000Z', 'accepted'],
    ['ACTIVE', '2026-11-20T12:00:01.001Z', 'accepted'],
    ['ACTIVE', '2027-11-20T12:00:00.000Z', 'accepted'],
    ['ACTIVE', '2027-11-20T12:00:00.001Z', 'execution_too_far'],
    ['ACTIVE', '9999-12-31T23:59:59.999Z', 'execution_too_far'],
  ] as const)('%s merchant, %s: %s', (status, executeAt, answer) => {
    const merchant = status && aMerchant({ status });
    const decision = decideSchedule({ merchant, executeAt }, order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it.each([
    ['2026-11-20T12:00:00.001Z', '2026-11-20T12:00:00.999Z', 'execution_too_soon'],
    ['2026-11-20T12:00:00.001Z', '2026-11-20T12:00:01.000Z', 'accepted'],
    ['2026-11-20T12:00:00.999Z', '2026-11-20T12:00:00.999Z', 'execution_too_soon'],
    ['2026-11-20T12:00:00.999Z', '2026-11-20T12:00:01.000Z', 'accepted'],
    ['2026-11-20T12:00:59.500Z', '2026-11-20T12:00:59.999Z', 'execution_too_soon'],
    ['2026-11-20T12:00:59.500Z', '2026-11-20T12:01:00.000Z', 'accepted'],
  ])('at %s, a withdrawal at %s: %s', (now, executeAt, answer) => {
    const facts = { merchant: aMerchant(), executeAt };
    const decision = decideSchedule(facts, order, new Date(now));
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('it moves no money, keeps the current bank account and is checked one minute after its time', () => {
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
        nextCheckAt: '2026-11-20T13:01:00.000Z',
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
  const exception = { message: '', $metadata: {}, Message: '' };

  it('it has the withdrawal’s id, fires once in UTC, a minute early, and is deleted afterwards', async () => {
    const { client, sent } = schedulerOf();
    await createSchedule(client, TARGET)(MESSAGE, '2026-11-20T13:00:00.999Z');
    expect(sent).toEqual([
      {
        GroupName: 'withdrawals',
        Name: 'T1',
        ScheduleExpression: 'at(2026-11-20T12:59:00)',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: TARGET.queueArn,
          RoleArn: TARGET.roleArn,
          Input: '{"merchantId":"m1","txnId":"T1"}',
          DeadLetterConfig: { Arn: TARGET.deadLetterArn },
        },
      },
    ]);
  });

  it.each([
    ['an hour before', '2026-11-20T11:00:00.000Z', 0],
    ['now', '2026-11-20T12:00:00.000Z', 0],
    ['in the same second', '2026-11-20T12:00:00.999Z', 0],
    ['in the next second', '2026-11-20T12:00:01.000Z', 1],
    ['just before a second', '2026-11-20T12:00:07.999Z', 7],
    ['in 15 minutes', '2026-11-20T12:15:00.000Z', 900],
  ])(
    'it is not needed %s: the message is delayed by whole seconds, never too long',
    async (_, executeAt, seconds) => {
      const sent: unknown[] = [];
      const soon = async (...call: unknown[]) => void sent.push(call);
      const far = () => Promise.reject(new Error('scheduled'));
      await scheduleExecution({ soon, far }, () => NOW)(MESSAGE, executeAt);
      expect(sent).toEqual([[MESSAGE, seconds]]);
    },
  );

  it('it is needed for what is more than 15 minutes ahead, the longest delay of a message', async () => {
    const scheduled: unknown[] = [];
    const far = async (...call: unknown[]) => void scheduled.push(call);
    const soon = () => Promise.reject(new Error('delayed'));
    const executeAt = '2026-11-20T12:15:00.001Z';
    await scheduleExecution({ soon, far }, () => NOW)(MESSAGE, executeAt);
    expect(scheduled).toEqual([[MESSAGE, executeAt]]);
  });

  it('creating or deleting it twice is harmless', async () => {
    const existing = schedulerOf(new ConflictException(exception)).client;
    const deleted = schedulerOf(new ResourceNotFoundException(exception)).client;
    const lines = await linesOf(async () => {
      await createSchedule(existing, TARGET)(MESSAGE, '2026-11-20T13:00:00.000Z');
      await deleteSchedule(deleted, TARGET)(MESSAGE);
    });
    expect(lines).toEqual([]);
  });

  it.each([
    [
      'created',
      (client: SchedulerClient) =>
        createSchedule(client, TARGET)(MESSAGE, '2026-11-20T13:00:00.000Z'),
    ],
    ['deleted', (client: SchedulerClient) => deleteSchedule(client, TARGET)(MESSAGE)],
  ])(
    'WD-8: a schedule that cannot be %s is logged and does not stop the payouts behind it',
    async (_, act) => {
      const lines = await linesOf(() => act(schedulerOf(new Error('throttled')).client));
      expect(lines).toMatchObject([
        { kind: 'error', message: 'SCHEDULE_FAILED', txn: 'T1', error: { message: 'throttled' } },
      ]);
    },
  );
});

describe('WD-2: a message of the schedule queue', () => {
  /** Each delivery is answered by the next outcome; the last one stays. */
  const handled = async (outcomes: readonly ScheduleOutcome[], body: unknown = MESSAGE) => {
    const executed: unknown[] = [];
    const postponed: unknown[] = [];
    const pauses: number[] = [];
    const handle = scheduleMessage(
      async (message) => {
        executed.push(message);
        return outcomes[executed.length - 1] ?? { kind: 'done' };
      },
      async (...parameters) => void postponed.push(parameters),
      { pause: async (ms) => void pauses.push(ms) },
    );
    const error = await handle(sqsRecord(body)).catch((thrown: unknown) => thrown);
    return { kept: error instanceof RetryLater, error, executed, postponed, pauses };
  };

  it.each<[ScheduleOutcome, boolean, unknown[]]>([
    [{ kind: 'done' }, false, []],
    [{ kind: 'again' }, true, [['receipt', 30]]],
    [{ kind: 'early', byMs: 1_000 }, true, [['receipt', 1]]],
    [{ kind: 'early', byMs: 30_999 }, true, [['receipt', 30]]],
    [{ kind: 'early', byMs: 86_400_000 }, true, [['receipt', 900]]],
  ])('%j: kept %s, postponed %j, not waited for', async (outcome, kept, postponed) => {
    const seen = await handled([outcome]);
    expect(seen).toMatchObject({ kept, postponed, executed: [MESSAGE], pauses: [] });
  });

  it.each([1, 999])('%i ms early: it waits, and its row is read again', async (byMs) => {
    const seen = await handled([{ kind: 'early', byMs }]);
    const executed = [MESSAGE, MESSAGE];
    expect(seen).toMatchObject({ kept: false, postponed: [], executed, pauses: [byMs] });
  });

  it('a timer that ends too soon is waited for again, never executed before the time', async () => {
    const seen = await handled([
      { kind: 'early', byMs: 400 },
      { kind: 'early', byMs: 1 },
    ]);
    expect(seen).toMatchObject({ kept: false, postponed: [], pauses: [400, 1] });
  });

  it('what cannot be decided after the wait is kept', async () => {
    const seen = await handled([{ kind: 'early', byMs: 400 }, { kind: 'again' }]);
    expect(seen).toMatchObject({ kept: true, postponed: [['receipt', 30]], pauses: [400] });
  });

  it('a message without a transaction fails and goes to the dead-letter queue', async () => {
    const { executed, kept, error } = await handled([{ kind: 'done' }], { merchantId: 'm1' });
    expect([executed, kept, error]).toEqual([[], false, expect.any(Error)]);
  });
});

describe('WD-2: from the relay to the execution, in virtual time', () => {
  const HOUR = 3_600_000;
  /** When the withdrawal is executed, and how many times its message was received before. */
  async function executedAt(aheadMs: number, relayMs: number, firesMs: number) {
    const at = NOW.getTime() + aheadMs;
    let clock = NOW.getTime() + relayMs;
    let [received, execution] = [0, 0];
    const deliver = async (): Promise<void> => {
      received += 1;
      let postponedMs = Number.NaN;
      const handle = scheduleMessage(
        async () => {
          const row = aWithdrawal({ status: 'SCHEDULED', executeAt: new Date(at).toISOString() });
          const plan = planExecution(row, new Date(clock));
          if (plan.kind === 'now') execution = clock;
          return plan.kind === 'now' ? { kind: 'done' } : plan;
        },
        async (_, seconds) => {
          postponedMs = seconds * 1_000;
        },
        {
          pause: async (ms) => {
            clock += ms;
          },
        },
      );
      const kept = await handle(sqsRecord(MESSAGE)).then(
        () => false,
        () => true,
      );
      if (!kept) return;
      clock += postponedMs;
      await deliver();
    };
    const soon = async (_: unknown, seconds: number) => {
      expect(seconds).toBeLessThanOrEqual(900);
      clock += seconds * 1_000;
    };
    const far = async (message: typeof MESSAGE, executeAt: string) => {
      const { client, sent } = schedulerOf();
      await createSchedule(client, TARGET)(message, executeAt);
      const [, text] = /at\((.*)\)/.exec(JSON.stringify(sent)) ?? [];
      // Within the minute: up to that many milliseconds around its time.
      clock = Date.parse(`${text}Z`) + firesMs;
    };
    const executeAt = new Date(at).toISOString();
    await scheduleExecution({ soon, far }, () => new Date(clock))(MESSAGE, executeAt);
    await deliver();
    return { lateMs: execution - at, received };
  }

  it('it is executed to the millisecond, whatever the time and the minute in which a schedule fires', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 2 * HOUR })),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: -59_999, max: 59_999 }),
        async (aheadMs, relayMs, firesMs) => {
          const { lateMs, received } = await executedAt(aheadMs, relayMs, firesMs);
          // Late by no more than the relay was.
          expect(lateMs).toBe(Math.max(0, relayMs - aheadMs));
          expect(received).toBeLessThanOrEqual(2);
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });
});
