import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { adminToken, newMerchant, send } from '../harness/client.ts';

const MINUTE = 60_000;

describe('WA-7: conversions on the deployed app, at the rates of the local stage', () => {
  it(
    'a quote is converted once, in time and by its merchant; one that is 30 seconds old is refused',
    async () => {
      const admin = await adminToken();
      const [{ id, token }, other] = [
        await newMerchant('E2E-CONVERSIONS-1'),
        await newMerchant('E2E-CONVERSIONS-2'),
      ];
      const deposit = { token: admin, key: randomUUID(), body: { amount: '200.00' } };
      expect((await send(`/admin/wallets/${id}/deposits`, deposit)).status).toBe(201);
      const body = { from: 'USD', to: 'EUR', side: 'sell', amount: '100.00' };
      const quote = async () => (await send('/conversions/quotes', { token, body })).body.data;
      const convert = (quoteId: string, key: string, as = token) =>
        send('/conversions', { token: as, key, body: { quote_id: quoteId } });

      const [late, first] = [await quote(), await quote()];
      expect(first).toMatchObject({
        give: { amount: '100.00', currency: 'USD' },
        receive: { amount: '91.54', currency: 'EUR' },
        spread: { amount: '0.46', currency: 'EUR' },
        rate: '0.92',
      });
      const foreign = await convert(first.id, 'foreign', other.token);
      expect([foreign.status, foreign.body.code]).toEqual([404, 'quote_not_found']);
      const converted = await convert(first.id, 'first');
      expect(converted.status).toBe(201);
      expect((await convert(first.id, 'first')).text).toBe(converted.text);
      const again = await convert(first.id, 'again');
      expect([again.status, again.body.code]).toEqual([409, 'quote_used']);

      const unsupported = await send('/conversions/quotes', {
        token,
        body: { ...body, to: 'CHF' },
      });
      expect([unsupported.status, unsupported.body.code]).toEqual([422, 'pair_not_supported']);

      // The clock of the functions is that of this machine.
      await pause(Math.max(0, Date.parse(late.expires_at) - Date.now()));
      const expired = await convert(late.id, 'late');
      expect([expired.status, expired.body.code]).toEqual([409, 'quote_expired']);

      const wallets = (await send('/wallets', { token })).body.data.items;
      expect(wallets).toMatchObject([
        { currency: 'EUR', available: '91.54' },
        { currency: 'USD', available: '100.00' },
      ]);
      const history = await send('/transactions?type=conversion&currency=EUR', { token });
      expect(history.body.data.items).toMatchObject([{ id: converted.body.data.id }]);
    },
    2 * MINUTE,
  );
});
