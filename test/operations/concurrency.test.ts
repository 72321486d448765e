import { afterEach, describe, expect, it } from '@jest/globals';
import { ROUGH } from '../harness/faults.ts';
import { type Harness, startHarness } from '../harness/harness.ts';

/** Every test runs under injected conflicts, throttling and lost answers: local engines have none. */
let harness: Harness;
afterEach(() => harness.close());

const POOL = { admin: true, params: { currency: 'USD' } };

describe('concurrent requests under conflicts, throttling and lost answers', () => {
  it('CR-2: exactly 120 of 200 concurrent withdrawals succeed on a credit that covers 120', async () => {
    harness = await startHarness(11, ROUGH);
    await harness.fillPool('100000.00');
    const as = await harness.merchant('1200.00');
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        harness.insist('POST /withdrawals', { as, key: `w${index}`, body: { amount: '10.00' } }),
      ),
    );
    const count = (status: number) => replies.filter((reply) => reply.status === status).length;
    expect([count(202), count(402), replies.length]).toEqual([120, 80, 200]);
    const me = (await harness.insist('GET /me', { as })).body.data;
    expect(me.credit).toEqual([
      { currency: 'USD', limit: '1200.00', utilised: '1200.00', available: '0.00' },
    ]);
    const pool = (await harness.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool).toMatchObject({
      exact: true,
      currency: 'USD',
      available: '98800.00',
      lent: '1200.00',
      in_flight: '1200.00',
    });
    // The faults did occur, lost answers of committed transactions among them.
    expect(harness.faults.conflicts).toBeGreaterThan(10);
    expect(harness.faults.lostAfter).toBeGreaterThan(0);
  }, 120_000);

  it('AP-1: 50 copies of one request make one commit and get 50 identical responses', async () => {
    harness = await startHarness(12, ROUGH);
    await harness.fillPool('1000.00');
    const as = await harness.merchant('1000.00');
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        harness.insist('POST /withdrawals', { as, key: 'one', body: { amount: '7.00' } }),
      ),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.status).toBe(202);
    const withdrawals = (await harness.rows()).filter(({ type }) => type === 'withdrawal');
    expect(withdrawals).toHaveLength(1);
    const me = (await harness.insist('GET /me', { as })).body.data;
    expect(me.credit[0].utilised).toBe('7.00');
  }, 60_000);

  it('AP-1: a copy that races its own acceptance is never refused as insufficient', async () => {
    harness = await startHarness(13, ROUGH);
    await harness.fillPool('100000.00');
    // Each takes the whole credit: a copy that loses the race reads no credit, and must be accepted.
    for (let round = 0; round < 20; round += 1) {
      const as = await harness.merchant('10.00');
      const replies = await Promise.all(
        Array.from({ length: 6 }, () =>
          harness.insist('POST /withdrawals', { as, key: 'all', body: { amount: '10.00' } }),
        ),
      );
      expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 202]);
    }
  }, 60_000);

  it('CR-2: merchants never overdraw a shared pool that is too small for all of them', async () => {
    harness = await startHarness(14, ROUGH);
    await harness.fillPool('250.00');
    const merchants = await Promise.all(
      Array.from({ length: 10 }, () => harness.merchant('100.00')),
    );
    const replies = await Promise.all(
      merchants.flatMap((as) =>
        Array.from({ length: 6 }, (_, index) =>
          harness.insist('POST /withdrawals', { as, key: `w${index}`, body: { amount: '10.00' } }),
        ),
      ),
    );
    const accepted = replies.filter(({ status }) => status === 202).length;
    expect(accepted).toBe(25);
    expect(
      new Set(replies.filter(({ status }) => status !== 202).map(({ body }) => body.code)),
    ).toEqual(new Set(['insufficient_pool']));
    const pool = (await harness.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool).toMatchObject({ available: '0.00', lent: '250.00' });
  }, 60_000);

  it('CR-1: 30 copies of one top-up and one approval count once', async () => {
    harness = await startHarness(15, ROUGH);
    const id = await harness.register();
    const approve = { admin: true, key: 'a', params: { id }, body: { credit_limit: '50.00' } };
    const topUp = { ...POOL, key: 't', body: { amount: '70.00' } };
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => [
        harness.insist('POST /admin/merchants/{id}/approve', approve),
        harness.insist('POST /admin/pools/{currency}/topups', topUp),
      ]).flat(),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(2);
    const pool = (await harness.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool.available).toBe('70.00');
  }, 60_000);
});
