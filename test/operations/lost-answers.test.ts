import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Harness, startHarness } from '../harness/harness.ts';

let harness: Harness;
beforeAll(async () => {
  const faults = { conflict: 0, throttle: 0, lostBefore: 0, lostAfter: 0.4 };
  harness = await startHarness(29, faults);
});
afterAll(() => harness.close());

describe('AP-1: a commit whose answer was lost', () => {
  it('is answered as the first response, and only its repeat is a replay', async () => {
    const id = await harness.merchant('100.00');
    await harness.deposit(id, { amount: '10.00' });
    const lost = harness.faults.lostAfter;
    for (let number = 0; number < 40; number += 1) {
      // Every other one is refused: refusals are stored as well.
      const body = { amount: number % 2 === 0 ? '0.10' : '50.00', source: 'wallet' };
      const request = { as: id, key: `w${number}`, body };
      const first = await harness.call('POST /withdrawals', request);
      expect([202, 402]).toContain(first.status);
      expect(first.headers).not.toHaveProperty('idempotency-replayed');
      const repeat = await harness.call('POST /withdrawals', request);
      expect([repeat.text, repeat.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
    }
    expect(harness.faults.lostAfter - lost).toBeGreaterThan(10);
  });
});
