import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { merchantPk } from '../../../lambdas/ledger/keys.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, type Request, startHarness } from '../../harness/harness.ts';
import { expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { adminClaims } from '../../harness/sign-ins.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(61, ROUGH);
});
afterAll(() => harness.close());

const ROUTE = 'PUT /admin/wallets/{merchant_id}/{currency}';
const open = (merchant_id: string, currency = 'EUR', more: Request = {}) =>
  harness.insist(ROUTE, { admin: true, params: { merchant_id, currency }, ...more });
const archive = (id: string) =>
  harness.insist('POST /admin/merchants/{id}/archive', {
    admin: true,
    key: randomUUID(),
    params: { id },
  });
const rowsOf = async (id: string) => {
  const rows = (await harness.rows()).filter(({ pk }) => pk === merchantPk(id));
  const under = (prefix: string) => rows.filter(({ sk }) => String(sk).startsWith(prefix));
  const [merchant] = under('MERCHANT');
  return {
    merchant,
    wallets: under('WALLET#'),
    openings: under('TXN#').filter(({ type }) => type === 'wallet_opening'),
  };
};

describe('WA-2: an admin opens an empty wallet', () => {
  it('it is empty, the merchant sees it, and its transaction names the admin', async () => {
    const id = await harness.merchant('10.00');
    const reply = await open(id.toLowerCase(), 'irt', { claims: adminClaims('carol') });
    expect([reply.status, reply.body.data]).toEqual([
      200,
      { merchant_id: id, currency: 'IRT', available: '0', pending: '0' },
    ]);
    const own = { as: id, params: { currency: 'IRT' } };
    expect((await harness.insist('GET /wallets/{currency}', own)).body.data).toEqual({
      currency: 'IRT',
      available: '0',
      pending: '0',
      releases: [],
    });
    const { merchant, wallets, openings } = await rowsOf(id);
    expect(openings).toMatchObject([
      { status: 'SUCCEEDED', amount: 0n, currency: 'IRT', merchantId: id, phases: [] },
    ]);
    expect(openings[0]?.['admin']).toBe('carol');
    const [wallet] = wallets.filter(({ sk }) => sk === 'WALLET#IRT');
    expect(wallet).toMatchObject({ version: 1n, by: [`${openings[0]?.['txnId']}:accept`] });
    expect(merchant?.['wallets']).toBe(2n);
  });

  it('every repeat by any admin returns the wallet as it is, and writes nothing', async () => {
    const id = await harness.merchant('10.00');
    await open(id);
    const before = await rowsOf(id);
    for (const name of ['alice', 'bob'])
      expect((await open(id, 'eur', { claims: adminClaims(name) })).status).toBe(200);
    // A key changes nothing: the wallet says whether it is open.
    expect((await open(id, 'EUR', { key: 'k' })).status).toBe(200);
    expect(await rowsOf(id)).toEqual(before);
    await harness.deposit(id, { amount: '7.00', currency: 'EUR' });
    const pending = { amount: '5.00', currency: 'EUR', release_at: '2026-12-01T00:00:00Z' };
    await harness.deposit(id, pending);
    const full = await open(id);
    expect([full.status, full.body.data]).toEqual([
      200,
      { merchant_id: id, currency: 'EUR', available: '7.00', pending: '5.00' },
    ]);
    // The one that the approval has opened.
    expect((await open(id, 'USD')).body.data).toMatchObject({ available: '0.00' });
    expect((await rowsOf(id)).openings).toHaveLength(1);
  });

  it('a merchant finds it in its history', async () => {
    const id = await harness.merchant('10.00');
    await open(id);
    const query = { type: 'wallet_opening' };
    const { items } = (await harness.insist('GET /transactions', { as: id, query })).body.data;
    expect(items).toMatchObject([{ status: 'SUCCEEDED', amount: '0.00', currency: 'EUR' }]);
  });

  it('money can be received in it, and it is closed with its merchant', async () => {
    const [payer, payee] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    await open(payee);
    await harness.deposit(payer, { amount: '10.00', currency: 'EUR' });
    const body = { to: payee, amount: '9.00', currency: 'EUR' };
    const paid = await harness.insist('POST /transfers', { as: payer, key: 'pay', body });
    expect(paid.status).toBe(201);
    expect((await open(payee)).body.data).toMatchObject({ available: '9.00' });
    const other = await harness.merchant('10.00');
    await open(other);
    expect((await archive(other)).status).toBe(200);
    expectProblem(await open(other), 422, 'merchant_cannot_receive');
    expect((await rowsOf(other)).wallets.every(({ closed }) => closed)).toBe(true);
  });
});

describe('WA-2: it is refused', () => {
  it('for a merchant that is unknown or cannot receive', async () => {
    expectProblem(await open('01J00000000000000000000000'), 404, 'merchant_not_found');
    const pending = await harness.register();
    expectProblem(await open(pending), 422, 'merchant_cannot_receive');
    expect((await rowsOf(pending)).wallets).toEqual([]);
  });

  it('with a currency that does not exist, a query or a body', async () => {
    const id = await harness.merchant('10.00');
    // The last is the path of another operation, which takes no PUT.
    for (const currency of ['XAU', 'U', 'deposits'])
      expect(wrongFields(await open(id, currency))).toEqual({ currency: 'currency_unknown' });
    const query = await open(id, 'EUR', { query: { amount: '1.00' } });
    expect(wrongFields(query)).toEqual({ amount: 'unknown_field' });
    const body = await open(id, 'EUR', { body: { amount: '1.00' } });
    expect(wrongFields(body)).toEqual({ amount: 'unknown_field' });
    expect((await rowsOf(id)).openings).toEqual([]);
  });
});

describe('WA-2 OP-3: at the same time as something else', () => {
  const TIMES = 30;
  const times = <Value>(run: () => Promise<Value>) =>
    Promise.all(Array.from({ length: TIMES }, run));

  it('as by another admin, it is opened and counted once', async () => {
    const seen = await times(async () => {
      const id = await harness.merchant('10.00');
      const admins = ['alice', 'bob', 'carol'];
      const replies = await Promise.all(
        admins.map((name) => open(id, 'EUR', { claims: adminClaims(name) })),
      );
      const { merchant, wallets, openings } = await rowsOf(id);
      const statuses = new Set(replies.map(({ status }) => status));
      return [[...statuses], merchant?.['wallets'], wallets.length, openings.length];
    });
    expect(seen).toEqual(seen.map(() => [[200], 2n, 2, 1]));
  }, 60_000);

  it('as a deposit that opens it, neither is lost', async () => {
    const seen = await times(async () => {
      const id = await harness.merchant('10.00');
      const [opened, deposited] = await Promise.all([
        open(id),
        harness.deposit(id, { amount: '4.00', currency: 'EUR' }),
      ]);
      const { merchant, openings } = await rowsOf(id);
      const view = (await open(id)).body.data;
      return [
        [opened.status, deposited.status, merchant?.['wallets'], view.available],
        openings.length,
      ] as const;
    });
    expect(seen.map(([all]) => all)).toEqual(seen.map(() => [200, 201, 2n, '4.00']));
    expect(Math.max(...seen.map(([, openings]) => openings))).toBeLessThanOrEqual(1);
  }, 60_000);

  it('as an archive, no open wallet remains', async () => {
    const seen = await times(async () => {
      const id = await harness.merchant('10.00');
      const [opened, archived] = await Promise.all([open(id), archive(id)]);
      const { merchant, wallets } = await rowsOf(id);
      const isClosed = wallets.every(({ closed }) => closed === true);
      const isCounted = BigInt(wallets.length) === merchant?.['wallets'];
      return [[200, 422].includes(opened.status), archived.status, isClosed, isCounted];
    });
    expect(seen).toEqual(seen.map(() => [true, 200, true, true]));
  }, 60_000);
});

describe('WA-2: what happens between its read and its commit', () => {
  it('an archive wins: the wallet is not opened', async () => {
    const id = await harness.merchant('10.00');
    harness.beforeCommit(async () => {
      expect((await archive(id)).status).toBe(200);
    });
    expectProblem(await open(id), 422, 'merchant_cannot_receive');
    expect((await rowsOf(id)).wallets).toHaveLength(1);
  });

  it('a deposit wins: the wallet is shown with its money', async () => {
    const id = await harness.merchant('10.00');
    harness.beforeCommit(async () => {
      await harness.deposit(id, { amount: '3.00', currency: 'EUR' });
    });
    expect((await open(id)).body.data).toMatchObject({ available: '3.00' });
    expect((await rowsOf(id)).openings).toEqual([]);
  });
});
