import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditKey } from '../../../lambdas/ledger/keys.ts';
import { startWorld, USD, type World } from '../../harness/harness.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.fillPool('10000.00');
});
afterAll(() => world.close());

const withdraw = (as: string, key: string, amount = '10.00') =>
  world.call('POST /withdrawals', { as, key, body: { amount } });
const pool = async (currency = 'USD') =>
  (await world.call('GET /admin/pools/{currency}', { admin: true, params: { currency } })).body
    .data;
const move = (id: string, name: 'suspend' | 'reactivate' | 'reject') =>
  world.call(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id } });
const cents = (amount: string) => BigInt(amount.replace('.', ''));

/** What DynamoDB's TTL does to answers, at once. */
async function forgetAnswers(): Promise<void> {
  const { dynamo, table } = world.books.answers;
  for (const { id } of await world.answers()) {
    await dynamo.send(new DeleteCommand({ TableName: table, Key: { id } }));
  }
}

async function raiseLimit(merchantId: string, limit: bigint): Promise<void> {
  const { dynamo, table } = world.books.ledger;
  await dynamo.send(
    new UpdateCommand({
      TableName: table,
      Key: { ...creditKey(merchantId, USD) },
      UpdateExpression: 'SET #limit = :limit, seq = seq + :one',
      ExpressionAttributeNames: { '#limit': 'limit' },
      ExpressionAttributeValues: { ':limit': limit, ':one': 1n },
    }),
  );
}

describe('a withdrawal on credit', () => {
  it('CR-1 CR-2 WD-1: lowers credit and pool together and answers at once', async () => {
    const as = await world.merchant('100.00');
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
    const me = (await world.call('GET /me', { as })).body.data;
    expect(me.credit).toEqual([
      { currency: 'USD', limit: '100.00', utilised: '40.25', available: '59.75' },
    ]);
    const after = await pool('usd');
    expect(cents(before.available) - cents(after.available)).toBe(4025n);
    expect(cents(after.lent) - cents(before.lent)).toBe(4025n);
    expect(cents(after.in_flight) - cents(before.in_flight)).toBe(4025n);
  });

  it('CR-2: is refused above the credit that is left, and changes nothing', async () => {
    const as = await world.merchant('10.00');
    const before = await world.rows();
    const reply = await withdraw(as, 'k', '10.01');
    expect([reply.status, reply.body.code]).toEqual([402, 'insufficient_credit']);
    expect(await world.rows()).toEqual(before);
  });

  it('CR-2: is refused above what the pool holds, though the credit would cover it', async () => {
    const as = await world.merchant('99999999.00');
    const reply = await withdraw(as, 'k', '10000.01');
    expect([reply.status, reply.body.code]).toEqual([402, 'insufficient_pool']);
  });

  it('CR-2: is refused in a currency without a credit line', async () => {
    const as = await world.merchant('10.00');
    const body = { amount: '1.00', currency: 'eur' };
    const reply = await world.call('POST /withdrawals', { as, key: 'k', body });
    expect([reply.status, reply.body.code]).toEqual([422, 'no_credit_line']);
  });

  it.each([
    ['waits for approval', undefined, 'merchant_not_approved'],
    ['was rejected', 'reject', 'merchant_not_approved'],
    ['is suspended', 'suspend', 'merchant_suspended'],
  ] as const)('ID-2: is refused to a merchant that %s', async (_case, status, code) => {
    const as = status === 'suspend' ? await world.merchant('10.00') : await world.register();
    if (status !== undefined) await move(as, status);
    const reply = await withdraw(as, 'k');
    expect([reply.status, reply.body.code]).toEqual([403, code]);
  });

  it('ID-2: is refused to whoever is no merchant', async () => {
    expect((await withdraw('nobody', 'k')).body.code).toBe('not_a_merchant');
  });

  it("CR-5: counts on the merchant's own calendar day and month", async () => {
    const as = await world.merchant('100.00');
    // 21:00 UTC on the 30th is half past midnight on the 1st in Tehran.
    const noon = world.clock.now;
    world.clock.now = new Date('2026-11-30T21:00:00.000Z');
    const { id } = (await withdraw(as, 'k')).body.data;
    world.clock.now = noon;
    const row = (await world.rows()).find(({ txnId }) => txnId === id);
    expect(row).toMatchObject({ limitDay: '2026-12-01', limitMonth: '2026-12' });
    const merchant = (await world.rows()).find((each) => each['id'] === as);
    expect(merchant).toMatchObject({
      spent: { USD: { day: '2026-12-01', dayAmount: 1000n, month: '2026-12', monthAmount: 1000n } },
    });
  });
});

describe('the same request again', () => {
  it('AP-1: hears the first answer byte for byte, marked as replayed', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'same');
    const again = await withdraw(as, 'same');
    expect(again.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await world.call('GET /me', { as })).body.data.credit[0].utilised).toBe('10.00');
  });

  it('AP-1: of the withdrawal that emptied the credit is not told "insufficient"', async () => {
    const as = await world.merchant('10.00');
    const first = await withdraw(as, 'all');
    expect((await withdraw(as, 'other')).body.code).toBe('insufficient_credit');
    expect((await withdraw(as, 'all')).text).toBe(first.text);
  });

  it('AP-1: with another body is refused, and the first answer stays', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'k', '10.00');
    const other = await withdraw(as, 'k', '11.00');
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await withdraw(as, 'k', '10.00')).text).toBe(first.text);
  });

  it('AP-1: whose idempotency row is gone is rendered from the transaction, byte for byte', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'aged');
    await forgetAnswers();
    const again = await withdraw(as, 'aged');
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await withdraw(as, 'aged', '11.00')).body.code).toBe('idempotency_key_reused');
  });

  it('AP-1: counts an answer that DynamoDB is late to delete', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'late');
    const refused = await withdraw(as, 'late-refusal', '5000.00');
    const { dynamo, table } = world.books.answers;
    for (const { id } of await world.answers()) {
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

  it('AP-1: of a refused one hears the same refusal, even when it could now be accepted', async () => {
    const as = await world.merchant('10.00');
    const first = await withdraw(as, 'k', '20.00');
    expect(first.body.code).toBe('insufficient_credit');
    await raiseLimit(as, 10_000n);
    const again = await withdraw(as, 'k', '20.00');
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await withdraw(as, 'new', '20.00')).status).toBe(202);
  });

  it('AP-1: with the key of another merchant is another request', async () => {
    const [one, two] = [await world.merchant('10.00'), await world.merchant('10.00')];
    const ids = [await withdraw(one, 'shared'), await withdraw(two, 'shared')].map(
      ({ body }) => body.data.id,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('ID-2: a refusal for its status is remembered, so that a late copy cannot move money', async () => {
    const as = await world.merchant('10.00');
    await move(as, 'suspend');
    const first = await withdraw(as, 'k');
    await move(as, 'reactivate');
    expect((await withdraw(as, 'k')).text).toBe(first.text);
    expect((await withdraw(as, 'new')).status).toBe(202);
  });
});

describe("a merchant's own withdrawals", () => {
  it('WD-3 AP-6: are listed newest first, page by page, and new ones do not shift the pages', async () => {
    const as = await world.merchant('100.00');
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      world.clock.now = new Date(world.clock.now.getTime() + 1000);
      made.unshift((await withdraw(as, `k${index}`, '1.00')).body.data.id);
    }
    const list = (query: Record<string, string>) => world.call('GET /withdrawals', { as, query });
    const first = (await list({ limit: '2' })).body.data;
    world.clock.now = new Date(world.clock.now.getTime() + 1000);
    await withdraw(as, 'newer', '1.00');
    const second = (await list({ limit: '2', cursor: first.next_cursor })).body.data;
    const third = (await list({ limit: '2', cursor: second.next_cursor })).body.data;
    const seen = [first, second, third].flatMap(({ items }) =>
      items.map(({ id }: { id: string }) => id),
    );
    expect(seen).toEqual(made);
    expect(third.next_cursor).toBeNull();
  });

  it.each(['0', '101', '1000', '-1', 'x', '1.5'])(
    'AP-6: a page of %s is refused',
    async (limit) => {
      const as = await world.merchant('10.00');
      const reply = await world.call('GET /withdrawals', { as, query: { limit } });
      expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'limit']);
    },
  );

  it('AP-6: a cursor that was tampered with, or of another merchant, is refused', async () => {
    const [as, other] = [await world.merchant('10.00'), await world.merchant('10.00')];
    await withdraw(as, 'a', '1.00');
    await withdraw(as, 'b', '1.00');
    const page = await world.call('GET /withdrawals', { as, query: { limit: '1' } });
    const cursor = String(page.body.data.next_cursor);
    for (const [who, text] of [
      [other, cursor],
      [as, `x${cursor.slice(1)}`],
      [as, 'nonsense'],
    ] as const) {
      const reply = await world.call('GET /withdrawals', { as: who, query: { cursor: text } });
      expect([reply.status, reply.body.code]).toEqual([400, 'invalid_cursor']);
    }
  });

  it("WD-3: another merchant's is not found, never forbidden", async () => {
    const [as, other] = [await world.merchant('10.00'), await world.merchant('10.00')];
    const { id } = (await withdraw(as, 'a', '1.00')).body.data;
    const reply = await world.call('GET /withdrawals/{id}', { as: other, params: { id } });
    expect([reply.status, reply.body.code]).toEqual([404, 'withdrawal_not_found']);
    expect((await world.call('GET /withdrawals/{id}', { as, params: { id } })).status).toBe(200);
  });
});
