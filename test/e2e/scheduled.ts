import { randomUUID } from 'node:crypto';
import {
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, payouts, send, statusOf } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';
import { asRoot, makeDue, sweepNow } from '../harness/root-access.ts';

const MINUTE = 60_000;
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

/** A withdrawal a good minute ahead, and its schedule, made by the relay. */
async function scheduled() {
  const account = `E2E-${randomUUID().slice(0, 8)}`;
  const merchant = await newMerchant(account);
  const body = { amount: '10.00', execute_at: inSeconds(66) };
  const reply = await send('/withdrawals', { token: merchant.token, key: 'w', body });
  expect([reply.status, reply.body.data.status]).toEqual([202, 'SCHEDULED']);
  const { id } = reply.body.data;
  await eventually(() => scheduleOf(id), Boolean);
  return { ...merchant, account, txnId: String(id), at: body.execute_at };
}
const named = (id: string) => ({ GroupName: localCloud().outputs.ScheduleGroupName, Name: id });
const scheduleOf = (id: string) =>
  new SchedulerClient(asRoot()).send(new GetScheduleCommand(named(id))).then(
    (found) => found,
    () => undefined,
  );

// Made before the first of all tests, so that their minute passes while the others run.
let fires: Awaited<ReturnType<typeof scheduled>>;
let cancelled: Awaited<ReturnType<typeof scheduled>>;
let lost: Awaited<ReturnType<typeof scheduled>>;
beforeAll(async () => {
  const topUp = { token: await adminToken(), key: randomUUID(), body: { amount: '100.00' } };
  await send('/admin/pools/USD/topups', topUp);
  [fires, cancelled, lost] = await Promise.all([scheduled(), scheduled(), scheduled()]);
}, MINUTE);

describe('money with a time, on the deployed app', () => {
  it(
    'WA-3 WA-4: a deposit with a release 5 s ahead becomes available, and is withdrawn',
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
    'WD-2: one that is cancelled is never carried out, and its schedule is gone',
    async () => {
      const path = `/withdrawals/${cancelled.txnId}`;
      const reply = await send(path, { method: 'DELETE', token: cancelled.token });
      expect([reply.status, reply.body.data.status]).toEqual([200, 'CANCELLED']);
      await eventually(
        () => scheduleOf(cancelled.txnId),
        (found) => found === undefined,
      );
    },
    MINUTE,
  );

  it(
    'WD-2 WD-8: one whose schedule was deleted by hand is carried out by the sweep',
    async () => {
      await new SchedulerClient(asRoot()).send(new DeleteScheduleCommand(named(lost.txnId)));
      await eventually(
        async () => Date.now() > Date.parse(lost.at),
        (passed) => passed,
        90,
      );
      expect(await statusOf(lost.token, lost.txnId)).toBe('SCHEDULED');
      // Two minutes after its time it would be due by itself.
      await makeDue(lost.id, lost.txnId);
      await sweepNow();
      await eventually(
        () => statusOf(lost.token, lost.txnId),
        (status) => status === 'SUCCEEDED',
      );
      expect(await payouts(lost.account)).toMatchObject([{ key: lost.txnId, amount: '10.00' }]);
    },
    2 * MINUTE,
  );

  it(
    'WD-2 WD-3: one whose time has come is fired, carried out and paid, and its schedule is gone',
    async () => {
      await eventually(
        () => statusOf(fires.token, fires.txnId),
        (status) => status === 'SUCCEEDED',
        90,
      );
      const { data } = (await send(`/withdrawals/${fires.txnId}`, { token: fires.token })).body;
      const passed = data.history.map(({ status }: { status: string }) => status);
      expect(passed).toEqual(['SCHEDULED', 'PENDING', 'PROCESSING', 'SUCCEEDED']);
      expect(data.history[1].at >= fires.at).toBe(true);
      expect(await payouts(fires.account)).toMatchObject([{ key: fires.txnId, amount: '10.00' }]);
      expect(await scheduleOf(fires.txnId)).toBeUndefined();
      // The third, cancelled one is past its time as well.
      expect(await statusOf(cancelled.token, cancelled.txnId)).toBe('CANCELLED');
      expect(await payouts(cancelled.account)).toEqual([]);
    },
    2 * MINUTE,
  );
});
