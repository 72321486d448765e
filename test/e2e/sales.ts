import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { adminToken, eventually, newMerchant, send } from '../harness/client.ts';
import { localCloud } from '../harness/local-cloud.ts';

const MINUTE = 60_000;
let admin: string;
beforeAll(async () => {
  admin = await adminToken();
}, MINUTE);

/** Numbers that no other run of these tests has, except for the ending that selects a fault. */
const numberEndingIn = (ending: string): string =>
  `+98912${String(Math.floor(Math.random() * 10_000)).padStart(4, '0')}${ending}`;
async function charges(key: string): Promise<{ status: string; phone_number: string }[]> {
  const all = (await (await fetch(`${localCloud().operator}/charges`)).json()) as {
    key: string;
    status: string;
    phone_number: string;
  }[];
  return all.filter((each) => each.key === key);
}
async function merchantWith(amount: string) {
  const merchant = await newMerchant(`E2E-${randomUUID().slice(0, 8)}`);
  const deposit = { token: admin, key: randomUUID(), body: { amount } };
  expect((await send(`/admin/wallets/${merchant.id}/deposits`, deposit)).status).toBe(201);
  return merchant;
}
const available = async (token: string) =>
  (await send('/wallets/USD', { token })).body.data.available;
const saleOf = async (token: string, id: string) =>
  (await send(`/sales/${id}`, { token })).body.data;
const sell = (token: string, phone_number: string, amount: string) =>
  send('/sales', { token, key: 'sale', body: { phone_number, amount } });
const final = (token: string, id: string) =>
  eventually(
    async () => (await saleOf(token, id)).status,
    (status) => status === 'SUCCEEDED' || status === 'FAILED',
    90,
  );

describe('sales on the deployed app', () => {
  it(
    'SA-1 AP-1: a sale is delivered by the operator, states the balances, and is repeated byte for byte',
    async () => {
      const { token } = await merchantWith('50.00');
      const number = numberEndingIn('567');
      const sold = await sell(token, number, '12.50');
      expect(sold.status).toBe(202);
      const { id } = sold.body.data;
      expect(sold.body.data).toMatchObject({ balance_before: '50.00', balance_after: '37.50' });
      expect(await final(token, id)).toBe('SUCCEEDED');
      expect(await charges(id)).toMatchObject([{ phone_number: number, status: 'SUCCEEDED' }]);
      expect(await available(token)).toBe('37.50');
      expect((await sell(token, number, '12.50')).text).toBe(sold.text);
      const { items } = (
        await send(`/sales?phone_number=${encodeURIComponent(number)}&status=SUCCEEDED`, { token })
      ).body.data;
      expect(items).toMatchObject([
        { id, operator_reference: expect.stringMatching(/^OPERATOR-/) },
      ]);
      const landline = await send('/sales', {
        token,
        key: 'landline',
        body: { phone_number: '+982112345678', amount: '1.00' },
      });
      expect([landline.status, landline.body.errors[0].code]).toEqual([
        422,
        'phone_number_invalid',
      ]);
    },
    2 * MINUTE,
  );

  it(
    'SA-1: a sale that the operator refuses is refunded, once',
    async () => {
      const { token } = await merchantWith('50.00');
      const { id } = (await sell(token, numberEndingIn('901'), '20.00')).body.data;
      expect(await final(token, id)).toBe('FAILED');
      expect(await saleOf(token, id)).toMatchObject({ failure: 'number_not_in_service' });
      expect(await available(token)).toBe('50.00');
      expect(await charges(id)).toMatchObject([{ status: 'REFUSED' }]);
    },
    2 * MINUTE,
  );

  it(
    'SA-1 WD-7: a sale whose answer was lost is asked about, and not paid twice',
    async () => {
      const { token } = await merchantWith('50.00');
      const { id } = (await sell(token, numberEndingIn('905'), '20.00')).body.data;
      expect(await final(token, id)).toBe('SUCCEEDED');
      expect(await charges(id)).toMatchObject([{ status: 'SUCCEEDED' }]);
      expect(await available(token)).toBe('30.00');
    },
    3 * MINUTE,
  );
});
