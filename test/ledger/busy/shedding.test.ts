import { describe, expect, it } from '@jest/globals';
import { isShedding, shedNow } from '../../../lambdas/ledger/busy/shedding.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const marker = (ageMs: number, markedAgoMs = 0) => ({
  ageMs,
  markedAt: new Date(NOW.getTime() - markedAgoMs).toISOString(),
});

describe('OP-3: the share of requests on a busy merchant that is sent away', () => {
  it('is none while messages are young, grows with their age, and is never all of them', () => {
    const shares = [0, 80, 160, 240, 400, 10_000].map((ageMs) => shedNow(marker(ageMs), NOW));
    expect(shares[0]).toBe(0);
    expect(shares[1]).toBe(0);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[2]).toBeGreaterThan(0);
    expect(shares[4]).toBe(0.95);
    expect(shares[5]).toBe(0.95);
  });

  it('falls while no group is received: the queue may be empty', () => {
    const [fresh, old, older] = [0, 350, 600].map((ago) => shedNow(marker(400, ago), NOW));
    expect(fresh).toBe(0.95);
    expect(old).toBeLessThan(0.5);
    expect(older).toBe(0);
  });

  it('a group of one keeps the merchant busy while requests are sent away', () => {
    expect([isShedding(80), isShedding(81)]).toEqual([false, true]);
  });
});
