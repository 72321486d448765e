import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../local/api.ts';
import { adminToken, eventually, newMerchant, PASSWORD, send } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';

const MINUTE = 60_000;
/** A currency that no test before this one uses. */
const POOL = '/admin/pools/GBP';
let token: string;
beforeAll(async () => {
  token = await adminToken();
});

const pool = async () => (await send(POOL, { token })).body.data;
const topUp = (amount: string) =>
  send(`${POOL}/topups`, { token, key: randomUUID(), body: { amount } });
/** The token of a merchant with 900.00 GBP of credit. */
async function merchantWithPounds(): Promise<string> {
  const user = { username: `m-${randomUUID()}`, password: PASSWORD };
  const account = `E2E-${randomUUID().slice(0, 8)}`;
  const registration = { ...user, requested_credit: '900.00', bank_account: account };
  const { id } = (await send('/auth/register', { body: registration })).body.data;
  const body = { credit_limit: '900.00', currency: 'GBP' };
  await send(`/admin/merchants/${id}/approve`, { token, key: randomUUID(), body });
  return signIn(localCloud().api, user);
}
/** Nobody calls recovery in these tests: the stream and the queue start the rebalancer. */
const untilOpen = (shards: number) =>
  eventually(
    pool,
    (data) => data.shards === shards && data.open_shards === shards && data.exact,
    45,
  );

describe('CR-1: a pool on the deployed app', () => {
  it(
    'is spread over the shards of its stage after its first top-up',
    async () => {
      expect(await pool()).toMatchObject({ available: '0.00', shards: 0, hottest: null });
      expect((await topUp('1700.00')).status).toBe(201);
      const data = await untilOpen(16);
      expect(data).toMatchObject({ available: '1700.00', lent: '0.00', target_shards: 16 });
    },
    MINUTE,
  );

  it(
    'changes its number of shards both ways, while a merchant draws on it',
    async () => {
      const merchant = await merchantWithPounds();
      const statuses: number[] = [];
      const draw = async (amount: string) => {
        const body = { amount, currency: 'GBP' };
        const reply = await send('/withdrawals', { token: merchant, key: randomUUID(), body });
        statuses.push(reply.status);
      };
      for (const shards of [3, 20]) {
        const change = { method: 'PATCH', token, key: randomUUID(), body: { shards } };
        expect((await send(POOL, change)).body.data).toMatchObject({ target_shards: shards });
        for (let draws = 0; draws < 5; draws += 1) await draw('1.00');
        await untilOpen(shards);
      }
      expect(new Set(statuses)).toEqual(new Set([202]));
      // No row has as much.
      await draw('400.00');
      expect(statuses.at(-1)).toBe(202);
      expect(await pool()).toMatchObject({ available: '1290.00', lent: '410.00' });
    },
    2 * MINUTE,
  );

  it('refuses what it cannot pay, and nobody but an admin may change it', async () => {
    const body = { shards: 97 };
    const change = { method: 'PATCH', token, key: randomUUID(), body };
    expect((await send(POOL, change)).status).toBe(422);
    const missing = { ...change, key: randomUUID(), body: { shards: 4 } };
    expect((await send('/admin/pools/ISK', missing)).body.code).toBe('pool_not_found');
    const merchant = await newMerchant(`E2E-${randomUUID().slice(0, 8)}`);
    expect((await send(POOL, { ...missing, token: merchant.token })).status).toBe(401);
  });
});
