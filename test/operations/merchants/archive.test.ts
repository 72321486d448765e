import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { data } from 'currency-codes';
import { walletRow } from '../../../lambdas/ledger/balances.ts';
import { merchantOf, walletKey } from '../../../lambdas/ledger/keys.ts';
import { merchantRow } from '../../../lambdas/ledger/merchant.ts';
import { type Currency, currencyCode, formatAmount, minor } from '../../../lambdas/ledger/money.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { TIMERS } from '../../harness/timers.ts';
import { untilDone } from '../../harness/until-done.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(51, ROUGH);
  await harness.fillPool('100000.00');
});
afterAll(() => harness.close());

const archive = (id: string, key: string = randomUUID()) =>
  harness.insist('POST /admin/merchants/{id}/archive', { admin: true, key, params: { id } });
const deposit = (id: string, amount: string, currency = 'USD') =>
  harness.deposit(id, { amount, currency });
const withdraw = (as: string, source: string, key: string = randomUUID()) =>
  harness.insist('POST /withdrawals', { as, key, body: { amount: '1.00', source } });
const statuses = async () => {
  const merchants = (await harness.rows()).filter(({ sk }) => sk === 'MERCHANT');
  return new Map(
    merchants.map((row) => merchantRow.parse(row)).map(({ id, status }) => [id, status]),
  );
};
const wallets = async () =>
  (await harness.rows())
    .filter(({ sk }) => String(sk).startsWith('WALLET#'))
    .map((row) => ({ owner: merchantOf(String(row['pk'])), ...walletRow.parse(row) }));

/** As no part of the app can. */
const empty = (id: string, currency: Currency) =>
  harness.faultless.send(
    new UpdateCommand({
      TableName: harness.context.ledger.table,
      Key: { ...walletKey(id, currency) },
      UpdateExpression: 'SET available = :none',
      ExpressionAttributeValues: { ':none': 0n },
    }),
  );

describe('archiving a merchant', () => {
  it('ID-2: is final: no withdrawal, no deposit and no reactivation', async () => {
    const id = await harness.merchant('10.00');
    const reply = await archive(id, 'k-end');
    expect([reply.status, reply.body.data.status]).toEqual([200, 'ARCHIVED']);
    expect((await archive(id, 'k-end')).text).toBe(reply.text);
    expect((await archive(id)).body.code).toBe('merchant_not_archivable');
    expect((await withdraw(id, 'credit')).body.code).toBe('merchant_archived');
    expect((await deposit(id, '1.00')).body.code).toBe('merchant_cannot_receive');
    const reactivate = { admin: true, params: { id } };
    expect((await harness.insist('POST /admin/merchants/{id}/reactivate', reactivate)).status).toBe(
      409,
    );
    const { items } = (
      await harness.insist('GET /admin/merchants', { admin: true, query: { status: 'ARCHIVED' } })
    ).body.data;
    expect(items.map((each: { id: string }) => each.id)).toContain(id);
  });

  it('ID-2: is refused while a wallet holds money, credit is used or a payout is in flight', async () => {
    const rich = await harness.merchant('10.00');
    await deposit(rich, '0.01');
    expect((await archive(rich)).body.code).toBe('merchant_not_empty');
    const owing = await harness.merchant('10.00');
    await withdraw(owing, 'credit');
    expect((await archive(owing)).body.code).toBe('merchant_not_empty');

    const paying = await harness.merchant('10.00');
    await deposit(paying, '1.00');
    const txnId = (await withdraw(paying, 'wallet')).body.data.id;
    // Its wallet is empty, but the bank may still refuse and the money would return.
    expect((await archive(paying)).body.code).toBe('merchant_not_empty');
    const pay = async () => ({ kind: 'succeeded', reference: 'r' }) as const;
    const worker = settle({
      ledger: harness.context.ledger,
      busy: harness.context.busy,
      providers: bothProviders({ pay, inquire: pay }),
      timers: TIMERS,
    });
    await untilDone(
      () => worker({ merchantId: paying, txnId }),
      () => {
        harness.clock.now = new Date(harness.clock.now.getTime() + 120_000);
      },
    );
    expect((await archive(paying)).status).toBe(200);
  });

  it('ID-2 WA-2: closes ninety wallets in one transaction, and no merchant has more', async () => {
    const id = await harness.merchant('10.00');
    const others = data
      .filter(({ code }) => code !== 'USD' && currencyCode.safeParse(code).success)
      .map(({ code }) => code);
    const one = (code: string) =>
      deposit(id, formatAmount(minor(1n), currencyCode.parse(code)), code);
    for (const code of others.slice(0, 79)) expect((await one(code)).status).toBe(201);
    // Eighty wallets so far, and room for ten of twenty at once.
    const replies = await Promise.all(others.slice(79, 99).map(one));
    const answers = replies.map(({ status, body }) => (status === 201 ? status : body.code));
    expect(answers.filter((answer) => answer === 201)).toHaveLength(10);
    expect(answers.filter((answer) => answer === 'too_many_wallets')).toHaveLength(10);
    // A wallet that is there still receives.
    expect((await deposit(id, '1.00')).status).toBe(201);

    const own = (await wallets()).filter(({ owner }) => owner === id);
    expect(own).toHaveLength(90);
    for (const { currency } of own) await empty(id, currency);
    expect((await archive(id)).status).toBe(200);
    const closed = (await wallets()).filter((each) => each.owner === id && each.closed === true);
    expect(closed).toHaveLength(90);
  }, 60_000);

  it('ID-2: is refused for an unknown merchant and for one that was not approved', async () => {
    expect((await archive('unknown')).body.code).toBe('merchant_not_found');
    expect((await archive(await harness.register())).body.code).toBe('merchant_not_archivable');
  });

  it('ID-2 OP-3: excludes a concurrent deposit in 100 races, and no archived merchant holds money', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const id = await harness.merchant('10.00');
        // Every second deposit opens a wallet.
        const currency = index % 2 === 0 ? 'USD' : 'EUR';
        const [end, paid] = await Promise.all([archive(id), deposit(id, '5.00', currency)]);
        return { id, archived: end.status === 200, paid: paid.status === 201 };
      }),
    );
    const stored = await statuses();
    const held = await wallets();
    for (const { id, archived, paid } of outcomes) {
      expect([id, archived]).toEqual([id, !paid]);
      expect([id, stored.get(id)]).toEqual([id, archived ? 'ARCHIVED' : 'ACTIVE']);
      const received = held.filter(({ owner }) => owner === id);
      expect(received.reduce((sum, { available }) => sum + available, 0n)).toBe(paid ? 5_00n : 0n);
    }
  }, 120_000);

  it('ID-2 WA-5 OP-3: excludes a concurrent incoming transfer in 500 races', async () => {
    const payers = await Promise.all(Array.from({ length: 50 }, () => harness.merchant('1.00')));
    for (const id of payers)
      for (const currency of ['USD', 'EUR']) await deposit(id, '20.00', currency);
    const outcomes: { payee: string; archived: boolean; paid: boolean }[] = [];
    for (let round = 0; round < 10; round += 1) {
      const races = payers.map(async (as, index) => {
        const payee = await harness.merchant('10.00');
        // Every second transfer opens a wallet.
        const body = { to: payee, amount: '1.00', currency: index % 2 === 0 ? 'USD' : 'EUR' };
        const transfer = harness.insist('POST /transfers', { as, key: randomUUID(), body });
        const [end, paid] = await Promise.all([archive(payee), transfer]);
        return { payee, archived: end.status === 200, paid: paid.status === 201 };
      });
      outcomes.push(...(await Promise.all(races)));
    }
    const stored = await statuses();
    const held = await wallets();
    for (const { payee, archived, paid } of outcomes) {
      expect([payee, archived]).toEqual([payee, !paid]);
      expect([payee, stored.get(payee)]).toEqual([payee, archived ? 'ARCHIVED' : 'ACTIVE']);
      const received = held.filter(({ owner }) => owner === payee);
      expect(received.reduce((sum, { available }) => sum + available, 0n)).toBe(paid ? 1_00n : 0n);
    }
    const transfers = BigInt(outcomes.filter(({ paid }) => paid).length);
    expect(transfers > 0n && transfers < 500n).toBe(true);
    const left = held.filter(({ owner }) => payers.includes(owner));
    // Each transfer costs a fee of two per cent.
    expect(left.reduce((sum, { available }) => sum + available, 0n)).toBe(
      2_000_00n - transfers * 1_02n,
    );
  }, 180_000);

  it('ID-2: excludes a concurrent withdrawal in 50 races', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const id = await harness.merchant('10.00');
        const [end, spent] = await Promise.all([archive(id), withdraw(id, 'credit')]);
        return { archived: end.status === 200, spent: spent.status === 202 };
      }),
    );
    expect(outcomes.filter(({ archived, spent }) => archived === spent)).toEqual([]);
  }, 120_000);
});
