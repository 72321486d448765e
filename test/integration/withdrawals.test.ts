import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.fillPool('10000.00');
});
afterAll(() => world.close());

const withdraw = (as: string, key: string, amount = '10.00') =>
  world.call('POST /withdrawals', { as, key, body: { amount } });

describe('a withdrawal on credit', () => {
  it('CR-2 WD-1: lowers merchant, credit and pool together and answers at once', async () => {
    const as = await world.merchant('100.00');
    const before = (
      await world.call('GET /admin/pools/{currency}', { admin: true, params: { currency: 'USD' } })
    ).body.data;
    const reply = await withdraw(as, 'k1', '40.25');
    expect(reply.status).toBe(202);
    expect(reply.body.data).toMatchObject({
      status: 'PENDING',
      amount: '40.25',
      currency: 'USD',
      source: 'credit',
    });
    const me = (await world.call('GET /me', { as })).body.data;
    expect(me.credit).toEqual([
      { currency: 'USD', limit: '100.00', utilised: '40.25', available: '59.75' },
    ]);
    const after = (
      await world.call('GET /admin/pools/{currency}', { admin: true, params: { currency: 'usd' } })
    ).body.data;
    expect(Number(before.available) - Number(after.available)).toBeCloseTo(40.25, 9);
    expect(after.in_flight).toBe('40.25');
  });

  it('AP-1: a repeat hears the first answer byte for byte, marked as replayed', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'same');
    const again = await withdraw(as, 'same');
    expect(again.text).toBe(first.text);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('AP-1: the retry of the withdrawal that emptied the credit is not told "insufficient"', async () => {
    const as = await world.merchant('10.00');
    const first = await withdraw(as, 'all');
    expect((await withdraw(as, 'other')).body.code).toBe('insufficient_credit');
    expect((await withdraw(as, 'all')).text).toBe(first.text);
  });

  it('AP-1: a replay whose idempotency row is gone is rendered from the transaction, byte for byte', async () => {
    const as = await world.merchant('100.00');
    const first = await withdraw(as, 'aged');
    await forgetAnswers();
    const again = await withdraw(as, 'aged');
    expect(again.text).toBe(first.text);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect((await withdraw(as, 'aged', '11.00')).body.code).toBe('idempotency_key_reused');
  });
});

async function forgetAnswers(): Promise<void> {
  const { dynamo, table } = world.books.answers;
  for (const { id } of await world.answers()) {
    await dynamo.send(new DeleteCommand({ TableName: table, Key: { id } }));
  }
}
void PutCommand;
