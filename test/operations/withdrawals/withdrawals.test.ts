import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditKey } from '../../../lambdas/ledger/keys.ts';
import { type Harness, startHarness, USD } from '../../harness/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('10000.00');
});
afterAll(() => harness.close());

const withdraw = (as: string, key: string, amount = '10.00') =>
  harness.call('POST /withdrawals', { as, key, body: { amount } });
const pool = async (currency = 'USD') =>
  (await harness.call('GET /admin/pools/{currency}', { admin: true, params: { currency } })).body
    .data;
const change = (id: string, name: 'suspend' | 'reactivate' | 'reject') =>
  harness.call(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id } });
const cents = (amount: string) => BigInt(amount.replace('.', ''));

/** Deletes all stored responses, as DynamoDB does when they expire. */
async function expireResponses(): Promise<void> {
  const { dynamo, table } = harness.context.responses;
  for (const { id } of await harness.responses()) {
    await dynamo.send(new DeleteCommand({ TableName: table, Key: { id } }));
  }
}

async function raiseLimit(merchantId: string, limit: bigint): Promise<void> {
  await harness.faultless.send(
    new UpdateCommand({
      TableName: harness.context.ledger.table,
      Key: { ...creditKey(merchantId, USD) },
      UpdateExpression: 'SET #limit = :limit, version = version + :one',
      ExpressionAttributeNames: { '#limit': 'limit' },
      ExpressionAttributeValues: { ':limit': limit, ':one': 1n },
    }),
  );
}

describe('a withdrawal on credit', () => {
  it('CR-1 CR-2 WD-1: lowers credit and pool together and is accepted at once', async () => {
    const as = await harness.merchant('100.00');
    const before = await pool();
    const reply = await withdraw(as, 'k1', '40.25');
    expect(reply.status).toBe(202);
    expect(reply.body.data).toMatchObject({
      status: 'PENDING',
      amount: '40.25',
      currency: 'USD',
      source: 'credit',
      bank_account: 'IRTEST0000000000001',
    });
    const me = (await harness.call('GET /me', { as })).body.data;
    expect(me.credit).toEqual([
      { currency: 'USD', limit: '100.00', utilised: '40.25', available: '59.75' },
    ]);
    const after = await pool('usd');
    expect(cents(before.available) - cents(after.available)).toBe(4025n);
    expect(cents(after.lent) - cents(before.lent)).toBe(4025n);
    expect(cents(after.in_flight) - cents(before.in_flight)).toBe(4025n);
  });

  it('CR-1: is in flight in the pool of its own currency, and a withdrawal from the wallet is in none', async () => {
    const as = await harness.merchant('100.00');
    await harness.deposit(as, { amount: '50.00' });
    const inFlight = async (currency: string) => (await pool(currency)).in_flight;
    const [usd, eur] = [await inFlight('USD'), await inFlight('EUR')];
    const fromWallet = { as, key: 'k1', body: { amount: '20.00', source: 'wallet' } };
    expect((await harness.call('POST /withdrawals', fromWallet)).status).toBe(202);
    expect([await inFlight('USD'), await inFlight('EUR')]).toEqual([usd, eur]);
    expect((await withdraw(as, 'k2', '30.00')).status).toBe(202);
    expect(cents(await inFlight('USD')) - cents(usd)).toBe(3000n);
    expect(await inFlight('EUR')).toBe(eur);
  });

  it('CR-2: is refused above the available credit and changes nothing', async () => {
    const as = await harness.merchant('10.00');
    const before = await harness.rows();
    const reply = await withdraw(as, 'k', '10.01');
    expect([reply.status, reply.body.code]).toEqual([402, 'insufficient_credit']);
    expect(await harness.rows()).toEqual(before);
  });

  it('CR-2: is refused above what the pool holds, even where the credit covers it', async () => {
    const as = await harness.merchant('9999999.00');
    const reply = await withdraw(as, 'k', '10000.01');
    expect([reply.status, reply.body.code]).toEqual([402, 'insufficient_pool']);
  });

  it('CR-2: is refused in a currency without a credit line', async () => {
    const as = await harness.merchant('10.00');
    const body = { amount: '1.00', currency: 'eur' };
    const reply = await harness.call('POST /withdrawals', { as, key: 'k', body });
    expect([reply.status, reply.body.code]).toEqual([422, 'no_credit_line']);
  });

  it.each([
    ['is not approved', undefined, 'merchant_not_approved'],
    ['was rejected', 'reject', 'merchant_not_approved'],
    ['is suspended', 'suspend', 'merchant_suspended'],
  ] as const)('ID-2: is refused for a merchant that %s', async (_case, status, code) => {
    const as = status === 'suspend' ? await harness.merchant('10.00') : await harness.register();
    if (status !== undefined) await change(as, status);
    const reply = await withdraw(as, 'k');
    expect([reply.status, reply.body.code]).toEqual([403, code]);
  });

  it('ID-2: is refused for a caller that is not a merchant', async () => {
    expect((await withdraw('unknown', 'k')).body.code).toBe('not_a_merchant');
  });

  it('CR-5: counts on the merchant’s own calendar day and month', async () => {
    const as = await harness.merchant('100.00');
    // 21:00 UTC on the 30th is half past midnight on the 1st in Tehran.
    const noon = harness.clock.now;
    harness.clock.now = new Date('2026-11-30T21:00:00.000Z');
    const { id } = (await withdraw(as, 'k')).body.data;
    harness.clock.now = noon;
    const row = (await harness.rows()).find(({ txnId }) => txnId === id);
    expect(row).toMatchObject({ limitDay: '2026-12-01', limitMonth: '2026-12' });
    const merchant = (await harness.rows()).find((each) => each['id'] === as);
    expect(merchant).toMatchObject({
      spent: { USD: { day: '2026-12-01', dayAmount: 1000n, month: '2026-12', monthAmount: 1000n } },
    });
  });
});

describe('a repeated withdrawal request', () => {
  it('AP-1: returns the original response byte for byte, marked as replayed', async () => {
    const as = await harness.merchant('100.00');
    const first = await withdraw(as, 'same');
    const repeated = await withdraw(as, 'same');
    expect(repeated.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect((await harness.call('GET /me', { as })).body.data.credit[0].utilised).toBe('10.00');
  });

  it('AP-1: returns its acceptance where its withdrawal used up the credit', async () => {
    const as = await harness.merchant('10.00');
    const first = await withdraw(as, 'all');
    expect((await withdraw(as, 'other')).body.code).toBe('insufficient_credit');
    expect((await withdraw(as, 'all')).text).toBe(first.text);
  });

  it('AP-1: is refused with another body, and the original response stays', async () => {
    const as = await harness.merchant('100.00');
    const first = await withdraw(as, 'k', '10.00');
    const other = await withdraw(as, 'k', '11.00');
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await withdraw(as, 'k', '10.00')).text).toBe(first.text);
  });

  it('AP-1: returns the original response byte for byte after its stored response expired', async () => {
    const as = await harness.merchant('100.00');
    const first = await withdraw(as, 'aged');
    await expireResponses();
    const repeated = await withdraw(as, 'aged');
    expect(repeated.text).toBe(first.text);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect((await withdraw(as, 'aged', '11.00')).body.code).toBe('idempotency_key_reused');
  });

  it('AP-1: returns an expired response that DynamoDB has not deleted yet', async () => {
    const as = await harness.merchant('100.00');
    const first = await withdraw(as, 'late');
    const refused = await withdraw(as, 'late-refusal', '5000.00');
    const { dynamo, table } = harness.context.responses;
    for (const { id } of await harness.responses()) {
      await dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: { id },
          UpdateExpression: 'SET expiration = :past',
          ExpressionAttributeValues: { ':past': 1 },
        }),
      );
    }
    expect((await withdraw(as, 'late')).text).toBe(first.text);
    expect((await withdraw(as, 'late-refusal', '5000.00')).text).toBe(refused.text);
  });

  it('AP-1: returns the original refusal, even where it could now be accepted', async () => {
    const as = await harness.merchant('10.00');
    const first = await withdraw(as, 'k', '20.00');
    expect(first.body.code).toBe('insufficient_credit');
    await raiseLimit(as, 10_000n);
    const repeated = await withdraw(as, 'k', '20.00');
    expect(repeated.text).toBe(first.text);
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect((await withdraw(as, 'new', '20.00')).status).toBe(202);
  });

  it('AP-1: is another request where another merchant uses the same key', async () => {
    const [one, two] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    const ids = [await withdraw(one, 'shared'), await withdraw(two, 'shared')].map(
      ({ body }) => body.data.id,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('ID-2: returns the refusal of a suspended merchant, so that a late copy moves no money', async () => {
    const as = await harness.merchant('10.00');
    await change(as, 'suspend');
    const first = await withdraw(as, 'k');
    await change(as, 'reactivate');
    expect((await withdraw(as, 'k')).text).toBe(first.text);
    expect((await withdraw(as, 'new')).status).toBe(202);
  });
});

describe('the list of withdrawals', () => {
  it('WD-3 AP-6: is paged newest first, and new withdrawals do not shift its pages', async () => {
    const as = await harness.merchant('100.00');
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      harness.clock.now = new Date(harness.clock.now.getTime() + 1000);
      made.unshift((await withdraw(as, `k${index}`, '1.00')).body.data.id);
    }
    const list = (query: Record<string, string>) => harness.call('GET /withdrawals', { as, query });
    const first = (await list({ limit: '2' })).body.data;
    harness.clock.now = new Date(harness.clock.now.getTime() + 1000);
    await withdraw(as, 'newer', '1.00');
    const second = (await list({ limit: '2', cursor: first.next_cursor })).body.data;
    const third = (await list({ limit: '2', cursor: second.next_cursor })).body.data;
    const seen = [first, second, third].flatMap(({ items }) =>
      items.map(({ id }: { id: string }) => id),
    );
    expect(seen).toEqual(made);
    expect(third.next_cursor).toBeNull();
  });

  it.each(['0', '101', '1000', '-1', 'x', '1.5'])('AP-6: refuses a limit of %s', async (limit) => {
    const as = await harness.merchant('10.00');
    const reply = await harness.call('GET /withdrawals', { as, query: { limit } });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'limit']);
  });

  it('AP-6: refuses a forged cursor and the cursor of another merchant', async () => {
    const [as, other] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    await withdraw(as, 'a', '1.00');
    await withdraw(as, 'b', '1.00');
    const page = await harness.call('GET /withdrawals', { as, query: { limit: '1' } });
    const cursor = String(page.body.data.next_cursor);
    for (const [who, text] of [
      [other, cursor],
      [as, `x${cursor.slice(1)}`],
      [as, 'nonsense'],
    ] as const) {
      const reply = await harness.call('GET /withdrawals', { as: who, query: { cursor: text } });
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_cursor']);
    }
  });

  it('WD-3: another merchant’s withdrawal is not found, never forbidden', async () => {
    const [as, other] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    const { id } = (await withdraw(as, 'a', '1.00')).body.data;
    const reply = await harness.call('GET /withdrawals/{id}', { as: other, params: { id } });
    expect([reply.status, reply.body.code]).toEqual([404, 'withdrawal_not_found']);
    expect((await harness.call('GET /withdrawals/{id}', { as, params: { id } })).status).toBe(200);
  });
});
