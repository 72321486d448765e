import { afterEach, describe, expect, it } from '@jest/globals';
import { ROUGH } from '../harness/faults.ts';
import { startWorld, type World } from '../harness/harness.ts';

/** Every one of these runs under injected conflicts, throttling and lost answers: local engines have none. */
let world: World;
afterEach(() => world.close());

const POOL = { admin: true, params: { currency: 'USD' } };

describe('many at once, on a store that conflicts, throttles and loses answers', () => {
  it('CR-2: of 200 withdrawals at once on a credit that covers 120, exactly 120 succeed', async () => {
    world = await startWorld(11, ROUGH);
    await world.fillPool('100000.00');
    const as = await world.merchant('1200.00');
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        world.insist('POST /withdrawals', { as, key: `w${index}`, body: { amount: '10.00' } }),
      ),
    );
    const count = (status: number) => replies.filter((reply) => reply.status === status).length;
    expect([count(202), count(402), replies.length]).toEqual([120, 80, 200]);
    const me = (await world.insist('GET /me', { as })).body.data;
    expect(me.credit).toEqual([
      { currency: 'USD', limit: '1200.00', utilised: '1200.00', available: '0.00' },
    ]);
    const pool = (await world.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool).toEqual({
      currency: 'USD',
      available: '98800.00',
      lent: '1200.00',
      in_flight: '1200.00',
    });
    // The store was rough indeed, and lost answers of what it had committed.
    expect(world.faults.conflicts).toBeGreaterThan(10);
    expect(world.faults.lostAfter).toBeGreaterThan(0);
  }, 120_000);

  it('AP-1: 50 copies of one request make one commit and hear 50 identical answers', async () => {
    world = await startWorld(12, ROUGH);
    await world.fillPool('1000.00');
    const as = await world.merchant('1000.00');
    const replies = await Promise.all(
      Array.from({ length: 50 }, () =>
        world.insist('POST /withdrawals', { as, key: 'one', body: { amount: '7.00' } }),
      ),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies[0]?.status).toBe(202);
    const withdrawals = (await world.rows()).filter(({ type }) => type === 'withdrawal');
    expect(withdrawals).toHaveLength(1);
    const me = (await world.insist('GET /me', { as })).body.data;
    expect(me.credit[0].utilised).toBe('7.00');
  }, 60_000);

  it('AP-1: a refusal that races its own acceptance never answers "insufficient"', async () => {
    world = await startWorld(13, ROUGH);
    await world.fillPool('100000.00');
    // Each takes the whole credit: whichever copy loses sees nothing left, and must hear "accepted".
    for (let round = 0; round < 20; round += 1) {
      const as = await world.merchant('10.00');
      const replies = await Promise.all(
        Array.from({ length: 6 }, () =>
          world.insist('POST /withdrawals', { as, key: 'all', body: { amount: '10.00' } }),
        ),
      );
      expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 202]);
    }
  }, 60_000);

  it('CR-2: merchants that share a pool too small for all of them never overdraw it', async () => {
    world = await startWorld(14, ROUGH);
    await world.fillPool('250.00');
    const merchants = await Promise.all(Array.from({ length: 10 }, () => world.merchant('100.00')));
    const replies = await Promise.all(
      merchants.flatMap((as) =>
        Array.from({ length: 6 }, (_, index) =>
          world.insist('POST /withdrawals', { as, key: `w${index}`, body: { amount: '10.00' } }),
        ),
      ),
    );
    const accepted = replies.filter(({ status }) => status === 202).length;
    expect(accepted).toBe(25);
    expect(
      new Set(replies.filter(({ status }) => status !== 202).map(({ body }) => body.code)),
    ).toEqual(new Set(['insufficient_pool']));
    const pool = (await world.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool).toMatchObject({ available: '0.00', lent: '250.00' });
  }, 60_000);

  it('CR-1: 30 copies of one top-up and one approval count once', async () => {
    world = await startWorld(15, ROUGH);
    const id = await world.register();
    const approve = { admin: true, key: 'a', params: { id }, body: { credit_limit: '50.00' } };
    const topUp = { ...POOL, key: 't', body: { amount: '70.00' } };
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => [
        world.insist('POST /admin/merchants/{id}/approve', approve),
        world.insist('POST /admin/pools/{currency}/topups', topUp),
      ]).flat(),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(2);
    const pool = (await world.insist('GET /admin/pools/{currency}', POOL)).body.data;
    expect(pool.available).toBe('70.00');
  }, 60_000);
});
