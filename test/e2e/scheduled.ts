import { randomUUID } from 'node:crypto';
import {
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  eventually,
  type HttpReply,
  newMerchant,
  payouts,
  send,
  statusOf,
} from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot, makeOverdue, recoverNow } from '../harness/root-access.ts';

const MINUTE = 60_000;
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** A withdrawal scheduled 66 s ahead, of a new merchant. Returns when the relay has created the schedule. */
async function scheduleWithdrawal() {
  const account = `E2E-${randomUUID().slice(0, 8)}`;
  const merchant = await newMerchant(account);
  const body = { amount: '10.00', execute_at: inSeconds(66) };
  const reply = await send('/withdrawals', { token: merchant.token, key: 'w', body });
  expect([reply.status, reply.body.data.status]).toEqual([202, 'SCHEDULED']);
  const { id } = reply.body.data;
  await eventually(() => scheduleOf(id), Boolean);
  return { ...merchant, account, txnId: String(id), executeAt: body.execute_at };
}
type Scheduled = Awaited<ReturnType<typeof scheduleWithdrawal>>;

const named = (id: string) => ({ GroupName: localCloud().outputs.ScheduleGroupName, Name: id });
const scheduleOf = (id: string) =>
  new SchedulerClient(asRoot()).send(new GetScheduleCommand(named(id))).then(
    (found) => found,
    () => undefined,
  );

// Created before the first of all tests, so that their minute passes while the other tests run.
let executed: Scheduled;
let cancelled: Scheduled;
let cancellation: HttpReply;
let unscheduled: Scheduled;
beforeAll(async () => {
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  [executed, cancelled, unscheduled] = await Promise.all([
    scheduleWithdrawal(),
    scheduleWithdrawal(),
    scheduleWithdrawal(),
  ]);
  // What has to come before their time cannot wait for the tests before these.
  const path = `/withdrawals/${cancelled.txnId}`;
  cancellation = await send(path, { method: 'DELETE', token: cancelled.token });
  await new SchedulerClient(asRoot()).send(new DeleteScheduleCommand(named(unscheduled.txnId)));
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
    'WD-2: cancelling a scheduled withdrawal deletes its schedule',
    async () => {
      expect([cancellation.status, cancellation.body.data.status]).toEqual([200, 'CANCELLED']);
      await eventually(
        () => scheduleOf(cancelled.txnId),
        (found) => found === undefined,
      );
    },
    MINUTE,
  );

  it(
    'WD-2 WD-8: recovery executes a withdrawal whose schedule was deleted by hand',
    async () => {
      const { id, token, txnId, account, executeAt } = unscheduled;
      await eventually(
        async () => Date.now() > Date.parse(executeAt),
        (hasPassed) => hasPassed,
        90,
      );
      expect(await statusOf(token, txnId)).toBe('SCHEDULED');
      // Two minutes after `execute_at` its next check would pass without this.
      await makeOverdue(id, txnId);
      await recoverNow();
      await eventually(
        () => statusOf(token, txnId),
        (status) => status === 'SUCCEEDED',
      );
      expect(await payouts(account)).toMatchObject([{ key: txnId, amount: '10.00' }]);
    },
    2 * MINUTE,
  );

  it(
    'WD-2 WD-3: a withdrawal is executed and paid at its time, and a cancelled one is not',
    async () => {
      const { token, txnId, account, executeAt } = executed;
      await eventually(
        () => statusOf(token, txnId),
        (status) => status === 'SUCCEEDED',
        90,
      );
      const { data } = (await send(`/withdrawals/${txnId}`, { token })).body;
      const passed = data.history.map(({ status }: { status: string }) => status);
      expect(passed).toEqual(['SCHEDULED', 'PENDING', 'PROCESSING', 'SUCCEEDED']);
      expect(data.history[1].at >= executeAt).toBe(true);
      expect(await payouts(account)).toMatchObject([{ key: txnId, amount: '10.00' }]);
      // Scheduler deletes a schedule after it has fired.
      expect(await scheduleOf(txnId)).toBeUndefined();
      // The time of the cancelled withdrawal has passed as well.
      expect(await statusOf(cancelled.token, cancelled.txnId)).toBe('CANCELLED');
      expect(await payouts(cancelled.account)).toEqual([]);
    },
    2 * MINUTE,
  );
});
