import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, send } from '../harness/client.ts';

describe('CR-3: a request for more credit, end to end', () => {
  let shop: Awaited<ReturnType<typeof newMerchant>>;
  beforeAll(async () => {
    shop = await newMerchant('IRTEST0000000000001', '100.00');
  });

  const limit = async (): Promise<string> =>
    (await send('/me', { token: shop.token })).body.data.credit[0].limit;

  it('is approved twice and raises the limit once; a later rejection learns what was decided', async () => {
    const { token } = shop;
    const key = randomUUID();
    const body = { amount: '25.50', reason: 'Larger orders' };
    const asked = await send('/credit-requests', { token, key, body });
    expect([asked.status, asked.body.data.status]).toEqual([201, 'OPEN']);
    const { id } = asked.body.data;
    const again = await send('/credit-requests', { token, key: randomUUID(), body });
    expect([again.status, again.body.code]).toEqual([409, 'credit_request_open']);

    const admin = await adminToken();
    const listed = async () =>
      (await send('/admin/credit-requests?limit=100', { token: admin })).body.data.items;
    await eventually(listed, (items) => items.some((each: { id: string }) => each.id === id));
    const decide = (action: string, more: object = {}) =>
      send(`/admin/credit-requests/${id}/${action}`, { token: admin, body: {}, ...more });
    const approval = { key: randomUUID() };
    const first = await decide('approve', approval);
    expect([first.status, first.body.data.limit]).toEqual([200, '125.50']);
    const repeat = await decide('approve', approval);
    expect([repeat.text, repeat.headers.get('idempotency-replayed')]).toEqual([first.text, 'true']);
    const other = await decide('approve', { key: randomUUID() });
    expect([other.status, other.body.code]).toEqual([409, 'credit_request_approved']);
    const late = await decide('reject', { body: { reason: 'Too late' } });
    expect([late.status, late.body.values.limit]).toEqual([409, '125.50']);
    expect(await limit()).toBe('125.50');
    const [shown] = (await send('/credit-requests', { token })).body.data.items;
    expect(shown).toMatchObject({ id, status: 'APPROVED', limit: '125.50' });
  });

  it('CR-5: a daily limit refuses what is above it, and says what is left', async () => {
    const { token, id } = shop;
    const admin = await adminToken();
    const limits = [{ currency: 'USD', daily: '10.00' }];
    const changed = await send(`/admin/merchants/${id}`, {
      method: 'PATCH',
      token: admin,
      body: { limits },
    });
    expect(changed.status).toBe(200);
    const withdraw = (amount: string) =>
      send('/withdrawals', { token, key: randomUUID(), body: { amount } });
    expect((await withdraw('8.00')).status).toBe(202);
    const refused = await withdraw('2.01');
    expect([refused.status, refused.body.code]).toEqual([402, 'daily_limit_exceeded']);
    expect(refused.body.values).toMatchObject({ left: '2.00', currency: 'USD' });
    const used = (await send('/me/limits', { token })).body.data.limits;
    expect(used).toMatchObject([{ currency: 'USD', daily: { used: '8.00', left: '2.00' } }]);
  });
});
