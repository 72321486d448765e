import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminToken,
  eventually,
  newMerchant,
  PASSWORD,
  payouts,
  send,
  statusOf,
} from '../harness/client.ts';
import { workersOf } from '../harness/workers.ts';

const MINUTE = 60_000;
let admin: string;
beforeAll(async () => {
  admin = await adminToken();
  await send('/admin/pools/USD/topups', {
    token: admin,
    key: randomUUID(),
    body: { amount: '10000.00' },
  });
}, MINUTE);

const pool = async () => (await send('/admin/pools/USD', { token: admin })).body.data;
const me = async (token: string) => (await send('/me', { token })).body.data;
const account = () => `E2E-${randomUUID().slice(0, 8)}`;

describe('money on the deployed app, over HTTP with real tokens', () => {
  it(
    'ID-1 ID-2 ID-3 ID-4 CR-1 CR-2 WD-1 WD-3 AP-7: a new merchant is approved, withdraws on credit and is paid by the bank',
    async () => {
      const username = `Shop-${randomUUID().slice(0, 8)}`;
      const bankAccount = account();
      const registered = await send('/auth/register', {
        body: {
          username,
          password: PASSWORD,
          requested_credit: '1000.00',
          bank_account: bankAccount,
        },
      });
      expect(registered.status).toBe(201);
      const { id } = registered.body.data;
      expect(registered.body.data).toMatchObject({
        username: username.toLowerCase(),
        status: 'PENDING',
      });

      const signedIn = await send('/auth/token', { body: { username, password: PASSWORD } });
      expect(signedIn.body.data).toMatchObject({ expires_in: 900, token_type: 'Bearer' });
      const { refresh_token } = signedIn.body.data;
      const refreshed = await send('/auth/refresh', { body: { refresh_token } });
      const token = refreshed.body.data.access_token;

      const early = await send('/withdrawals', { token, key: 'early', body: { amount: '1.00' } });
      expect([early.status, early.body.code]).toEqual([403, 'merchant_not_approved']);
      const approval = { token: admin, body: { credit_limit: '1000.00' } };
      expect((await send(`/admin/merchants/${id}/approve`, approval)).status).toBe(200);
      expect((await send(`/admin/merchants/${id}/approve`, approval)).status).toBe(409);

      const before = await pool();
      const accepted = await send('/withdrawals', {
        token,
        key: 'first',
        body: { amount: '25.00' },
      });
      expect(accepted.status).toBe(202);
      const withdrawal = accepted.body.data;
      const again = await send('/withdrawals', { token, key: 'first', body: { amount: '25.00' } });
      expect(again.text).toBe(accepted.text);
      expect(again.headers.get('idempotency-replayed')).toBe('true');

      await eventually(
        () => statusOf(token, withdrawal.id),
        (status) => status === 'SUCCEEDED',
      );
      expect(await payouts(bankAccount)).toMatchObject([
        { key: withdrawal.id, amount: '25.00', status: 'SUCCEEDED' },
      ]);
      const after = await pool();
      expect(
        BigInt(before.available.replace('.', '')) - BigInt(after.available.replace('.', '')),
      ).toBe(2500n);
      expect((await me(token)).credit).toEqual([
        { currency: 'USD', limit: '1000.00', utilised: '25.00', available: '975.00' },
      ]);
    },
    MINUTE,
  );

  it(
    'WD-6: a payout that the bank refuses leaves all balances as they were',
    async () => {
      const bankAccount = `${account()}-REFUSE`;
      const { token } = await newMerchant(bankAccount);
      const [before, poolBefore] = [await me(token), await pool()];
      const { id } = (await send('/withdrawals', { token, key: 'w', body: { amount: '60.00' } }))
        .body.data;
      await eventually(
        () => statusOf(token, id),
        (status) => status === 'FAILED',
      );
      expect(await me(token)).toEqual(before);
      expect(await pool()).toEqual(poolBefore);
      expect(await payouts(bankAccount)).toMatchObject([{ key: id, status: 'REFUSED' }]);
    },
    MINUTE,
  );

  it(
    'WD-5 WD-6 WD-7: a worker killed during its call, a lost response and a 503 each end in one payout',
    async () => {
      const accounts = [`${account()}-SLOW`, `${account()}-LOST`, `${account()}-503`];
      const orders = await Promise.all(
        accounts.map(async (bankAccount) => {
          const { token } = await newMerchant(bankAccount);
          const { id } = (
            await send('/withdrawals', { token, key: 'w', body: { amount: '10.00' } })
          ).body.data;
          return { token, id, bankAccount };
        }),
      );
      const [slow] = orders;
      if (slow === undefined) throw new Error('no order');
      // The bank has executed the payout and delays its response. The worker dies meanwhile.
      await eventually(
        () => payouts(slow.bankAccount),
        (found) => found.length === 1,
      );
      expect(killSettleWorkers()).toBeGreaterThan(0);
      expect(await statusOf(slow.token, slow.id)).toBe('PROCESSING');

      for (const { token, id, bankAccount } of orders) {
        await eventually(
          () => statusOf(token, id),
          (status) => status === 'SUCCEEDED',
          90,
        );
        expect(await payouts(bankAccount)).toMatchObject([{ key: id, status: 'SUCCEEDED' }]);
      }
    },
    2 * MINUTE,
  );

  it(
    'WA-1 WA-2 WD-1 LE-2: a deposit is withdrawn from the wallet, paid, and listed in the history',
    async () => {
      const bankAccount = account();
      const { id: merchantId, token } = await newMerchant(bankAccount);
      const deposit = { token: admin, key: randomUUID(), body: { amount: '40.00' } };
      expect((await send(`/admin/wallets/${merchantId}/deposits`, deposit)).status).toBe(201);
      const body = { amount: '15.00', source: 'wallet' };
      const { id } = (await send('/withdrawals', { token, key: 'from-wallet', body })).body.data;
      await eventually(
        () => statusOf(token, id),
        (status) => status === 'SUCCEEDED',
      );
      expect(await payouts(bankAccount)).toMatchObject([{ key: id, amount: '15.00' }]);
      expect((await send('/wallets/usd', { token })).body.data.available).toBe('25.00');
      const { items } = (await send('/transactions', { token })).body.data;
      expect(items.map(({ type }: { type: string }) => type)).toEqual([
        'withdrawal',
        'deposit',
        'approval',
      ]);
      const byKey = await send('/transactions/by-key/from-wallet?operation=withdrawal', { token });
      expect(byKey.body.data).toMatchObject({ id, status: 'SUCCEEDED', source: 'wallet' });
      const all = await send(`/admin/transactions?merchant=${merchantId}&type=deposit`, {
        token: admin,
      });
      expect(all.body.data.items).toMatchObject([{ merchant_id: merchantId, amount: '40.00' }]);
    },
    MINUTE,
  );

  it(
    'WA-5 WA-6 ID-5: a transfer moves the amount and the fee, and the payee finds it by the payer’s name',
    async () => {
      const [payer, payee] = [await newMerchant(account()), await newMerchant(account())];
      const path = `/admin/merchants/${payer.id}`;
      const fee = { method: 'PATCH', token: admin, body: { fee: '1.5' } };
      expect((await send(path, fee)).body.data.fee).toBe('1.50');
      const deposit = { token: admin, key: randomUUID(), body: { amount: '100.00' } };
      await send(`/admin/wallets/${payer.id}/deposits`, deposit);
      const order = { token: payer.token, key: 't', body: { to: payee.username, amount: '40.00' } };
      const made = await send('/transfers', order);
      expect([made.status, made.body.data.fee]).toEqual([201, '0.60']);
      expect((await send('/wallets/USD', payer)).body.data.available).toBe('59.40');
      expect((await send('/wallets/USD', payee)).body.data.available).toBe('40.00');
      const received = (await send(`/transfers?payer=${payer.username}`, payee)).body.data.items;
      expect(received).toMatchObject([{ id: made.body.data.id, direction: 'in', amount: '40.00' }]);
    },
    MINUTE,
  );

  it(
    'AP-1 AP-3 LE-2: who lost a response finds what became of the request, and where',
    async () => {
      const { id: merchantId, token } = await newMerchant(account(), '10.00');
      const path = `/admin/wallets/${merchantId}/deposits`;
      const deposit = { token: admin, key: randomUUID(), body: { amount: '40.00' } };
      const paid = await send(path, deposit);
      const query = `operation=deposit&subject=${merchantId}`;
      const found = await send(`/admin/transactions/by-key/${deposit.key}?${query}`, {
        token: admin,
      });
      expect(found.body.data).toMatchObject({ id: paid.body.data.id, merchant_id: merchantId });
      const at = paid.headers.get('location');
      expect(at).toBe(`/api/v1/admin/transactions/${paid.body.data.id}`);
      const read = await eventually(
        () => send(`/admin/transactions/${paid.body.data.id}`, { token: admin }),
        ({ status }) => status === 200,
      );
      expect(read.body.data).toMatchObject({ id: paid.body.data.id, type: 'deposit' });
      const tooMuch = { token, key: 'too-much', body: { amount: '11.00' } };
      const refused = await send('/withdrawals', tooMuch);
      const byKey = await send('/transactions/by-key/too-much?operation=withdrawal', { token });
      expect([byKey.status, byKey.body.data]).toEqual([
        200,
        { status: 'REFUSED', operation: 'withdrawal', problem: refused.body },
      ]);
      const twice = { token, key: randomUUID(), body: '{"amount":"1.00","amount":"9.00"}' };
      expect((await send('/withdrawals', twice)).body.code).toBe('duplicate_json_keys');
    },
    MINUTE,
  );

  it(
    'AP-3 ID-2: an admin changes a merchant as it was read, and says why it is suspended',
    async () => {
      const { id, token } = await newMerchant(account());
      const path = `/admin/merchants/${id}`;
      const etag = (await send(path, { token: admin })).headers.get('etag') ?? '';
      const patch = (fee: string) =>
        send(path, {
          method: 'PATCH',
          token: admin,
          headers: { 'If-Match': etag },
          body: { fee },
        });
      const changed = await patch('1.5');
      expect(changed.status).toBe(200);
      expect(changed.headers.get('etag')).not.toBe(etag);
      expect((await patch('2.5')).body.code).toBe('merchant_changed');
      const suspend = { token: admin, body: { reason: 'مدارک ناقص‌اند' } };
      expect((await send(`${path}/suspend`, suspend)).status).toBe(200);
      expect((await send('/me', { token })).body.data).toMatchObject({
        status: 'SUSPENDED',
        status_reason: 'مدارک ناقص‌اند',
      });
    },
    MINUTE,
  );

  it('AP-5: the health check needs no token and lists what it checked', async () => {
    const reply = await send('/health');
    expect([reply.status, reply.body.data]).toEqual([
      200,
      { status: 'ok', checks: { ledger: 'ok' } },
    ]);
    expect(reply.headers.get('x-request-id')).toBeTruthy();
  });
});

/** Sends SIGKILL, as when a machine fails, to the settle workers of this run only. */
function killSettleWorkers(): number {
  const pids = workersOf('settle');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}
