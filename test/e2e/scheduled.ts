import { randomUUID } from 'node:crypto';
import {
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { GetQueueAttributesCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, payouts, send, statusOf } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot, executeSooner, makeOverdue, recoverNow } from '../harness/root-access.ts';

const MINUTE = 60_000;
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** A withdrawal at a set time of a new merchant. */
async function scheduleWithdrawal(secondsAhead: number) {
  const account = `E2E-${randomUUID().slice(0, 8)}`;
  const merchant = await newMerchant(account);
  const body = { amount: '10.00', execute_at: inSeconds(secondsAhead) };
  const reply = await send('/withdrawals', { token: merchant.token, key: 'w', body });
  expect([reply.status, reply.body.data.status]).toEqual([202, 'SCHEDULED']);
  return {
    ...merchant,
    account,
    txnId: String(reply.body.data.id),
    executeAt: body.execute_at,
  };
}
type Scheduled = Awaited<ReturnType<typeof scheduleWithdrawal>>;

const named = (id: string) => ({ GroupName: localCloud().outputs.ScheduleGroupName, Name: id });
const scheduleOf = (id: string) =>
  new SchedulerClient(asRoot()).send(new GetScheduleCommand(named(id))).then(
    (found) => found,
    () => undefined,
  );
const cancel = ({ token, txnId }: Scheduled) =>
  send(`/withdrawals/${txnId}`, { method: 'DELETE', token });

/** Messages in the schedule queue that cannot be received yet: delayed, or postponed. */
async function waitingMessages(): Promise<number> {
  const { Attributes = {} } = await new SQSClient(asRoot()).send(
    new GetQueueAttributesCommand({
      QueueUrl: localCloud().outputs.ScheduleQueueUrl,
      AttributeNames: ['All'],
    }),
  );
  const { ApproximateNumberOfMessagesDelayed: delayed = 0 } = Attributes;
  return Number(delayed) + Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0);
}

/** Paid once, with its money taken never before its time. */
async function expectPaidInTime({ token, txnId, account, executeAt }: Scheduled): Promise<void> {
  await eventually(
    () => statusOf(token, txnId),
    (status) => status === 'SUCCEEDED',
  );
  const { data } = (await send(`/withdrawals/${txnId}`, { token })).body;
  const passed = data.history.map(({ status }: { status: string }) => status);
  expect(passed).toEqual(['SCHEDULED', 'PENDING', 'PROCESSING', 'SUCCEEDED']);
  expect(data.history[1].at >= executeAt).toBe(true);
  expect(await payouts(account)).toMatchObject([{ key: txnId, amount: '10.00' }]);
}

beforeAll(async () => {
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '200.00' } };
  await send('/admin/pools/USD/topups', topUp);
}, MINUTE);

describe('deposits and withdrawals at a set time, on the deployed app', () => {
  it(
    'WA-3 WA-4: a deposit released 5 s ahead becomes available then, and can be withdrawn',
    async () => {
      const account = `E2E-${randomUUID().slice(0, 8)}`;
      const { id, token } = await newMerchant(account);
      const body = { amount: '20.00', release_at: inSeconds(5) };
      const deposit = { token: await adminToken(), key: randomUUID(), body };
      expect((await send(`/admin/wallets/${id}/deposits`, deposit)).status).toBe(201);
      const wallet = async () => (await send('/wallets/USD', { token })).body.data;
      expect(await wallet()).toMatchObject({
        currency: 'USD',
        available: '0.00',
        pending: '20.00',
        releases: [{ amount: '20.00', release_at: body.release_at }],
      });
      const order = { amount: '15.00', source: 'wallet' };
      const early = await send('/withdrawals', { token, key: 'early', body: order });
      expect(early.body.code).toBe('insufficient_funds');
      await eventually(wallet, ({ available }) => available === '20.00');
      const late = await send('/withdrawals', { token, key: 'late', body: order });
      expect(late.status).toBe(202);
      expect(await wallet()).toMatchObject({ available: '5.00', pending: '0.00' });
      await eventually(
        () => statusOf(token, late.body.data.id),
        (status) => status === 'SUCCEEDED',
      );
      expect(await payouts(account)).toMatchObject([{ amount: '15.00' }]);
    },
    MINUTE,
  );

  it(
    'WD-2 WD-3: a withdrawal some seconds ahead needs no schedule, and is paid at its time',
    async () => {
      const near = await scheduleWithdrawal(3);
      await expectPaidInTime(near);
      expect(await scheduleOf(near.txnId)).toBeUndefined();
    },
    MINUTE,
  );

  it(
    'WD-2: a cancelled withdrawal is not executed when its message arrives, and the message is deleted',
    async () => {
      const near = await scheduleWithdrawal(4);
      const reply = await cancel(near);
      expect([reply.status, reply.body.data.status]).toEqual([200, 'CANCELLED']);
      await eventually(
        async () => Date.now() > Date.parse(near.executeAt),
        (hasPassed) => hasPassed,
      );
      await eventually(waitingMessages, (count) => count === 0);
      expect(await statusOf(near.token, near.txnId)).toBe('CANCELLED');
      expect(await payouts(near.account)).toEqual([]);
    },
    MINUTE,
  );

  it(
    'WD-2: one more than 15 minutes ahead has a schedule a minute before, which a cancellation deletes',
    async () => {
      const far = await scheduleWithdrawal(20 * 60);
      const { ScheduleExpression } = (await eventually(() => scheduleOf(far.txnId), Boolean)) ?? {};
      const firesAt = new Date(Date.parse(far.executeAt) - MINUTE).toISOString().slice(0, 19);
      expect(ScheduleExpression).toBe(`at(${firesAt})`);
      expect((await cancel(far)).status).toBe(200);
      await eventually(
        () => scheduleOf(far.txnId),
        (found) => found === undefined,
      );
      expect(await waitingMessages()).toBe(0);
    },
    MINUTE,
  );

  it(
    'WD-2: the message of a schedule that fires early is postponed to the time of its withdrawal',
    async () => {
      const far = await scheduleWithdrawal(16 * 60);
      const schedule = await eventually(() => scheduleOf(far.txnId), Boolean);
      if (schedule?.Target === undefined) throw new Error('no schedule');
      // Sixteen minutes are too long for a test: the time of the row and of the schedule come sooner.
      const executeAt = inSeconds(18);
      await executeSooner(far.id, far.txnId, executeAt);
      await new SchedulerClient(asRoot()).send(
        new UpdateScheduleCommand({
          ...named(far.txnId),
          ScheduleExpression: `at(${inSeconds(0).slice(0, 19)})`,
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: schedule.Target,
        }),
      );
      await eventually(waitingMessages, (count) => count === 1);
      expect(await statusOf(far.token, far.txnId)).toBe('SCHEDULED');
      await expectPaidInTime({ ...far, executeAt });
      // Scheduler deletes a schedule after it has fired.
      expect(await scheduleOf(far.txnId)).toBeUndefined();
    },
    2 * MINUTE,
  );

  it(
    'WD-2 WD-8: recovery executes a withdrawal whose message was lost, and not before its time',
    async () => {
      const near = await scheduleWithdrawal(8);
      await eventually(waitingMessages, (count) => count === 1);
      await new SQSClient(asRoot()).send(
        new PurgeQueueCommand({ QueueUrl: localCloud().outputs.ScheduleQueueUrl }),
      );
      expect(await waitingMessages()).toBe(0);
      // A minute after `execute_at` its next check would pass without this.
      await makeOverdue(near.id, near.txnId);
      await recoverNow();
      await eventually(waitingMessages, (count) => count === 1);
      expect(await statusOf(near.token, near.txnId)).toBe('SCHEDULED');
      await expectPaidInTime(near);
    },
    MINUTE,
  );
});
