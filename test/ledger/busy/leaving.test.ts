import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BusyMerchants } from '../../../lambdas/ledger/busy/busy-merchants.ts';
import { leavingOf } from '../../../lambdas/ledger/busy/joining.ts';
import { markBusy } from '../../../lambdas/ledger/busy/marker.ts';
import type { Lost } from '../../../lambdas/ledger/commit.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';

/** Work that waits for nothing, and its way into a group. */
let harness: Harness;
let sent: string[];
let isSent: boolean;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(() => {
  [sent, isSent] = [[], true];
});
afterAll(() => harness.close());

const mark = (id: string) => markBusy(harness.context.responses, id, [], harness.clock.now);
const leaving = (id: string) => {
  const { ledger, responses } = harness.context;
  const busy = new BusyMerchants(ledger, responses, async ({ merchantId }) => {
    sent.push(merchantId);
    return isSent;
  });
  return leavingOf(busy, id, {
    messageFor: (merchantId, deadline) => ({
      work: 'execution',
      merchantId,
      txnId: 't',
      deadline,
    }),
    deduplicationId: 'd',
  });
};
const conflictOn = (merchantId: string): Lost =>
  ({
    kind: 'contended',
    met: 'conflict',
    failures: [{ row: { kind: 'merchant', merchantId }, met: 'conflict' }],
  }) as never;

describe('OP-3: work that does not wait', () => {
  it('leaves for the group of a busy merchant at once, and for no other', async () => {
    expect([await leaving('calm').atOnce(), sent]).toEqual([false, []]);
    await mark('busy');
    expect([await leaving('busy').atOnce(), sent]).toEqual([true, ['busy']]);
  });

  it('goes on by itself where the message is certainly not sent', async () => {
    await mark('unsent');
    isSent = false;
    const work = leaving('unsent');
    expect(await work.atOnce()).toBe(false);
    await work.after(conflictOn('unsent'));
    expect(await work.after(conflictOn('unsent'))).toBe(false);
  });

  it('leaves after its second conflict on the merchant, if a group is there to do it', async () => {
    await mark('met');
    const work = leaving('met');
    expect([await work.after(conflictOn('met')), sent]).toEqual([false, []]);
    expect([await work.after(conflictOn('other')), sent]).toEqual([false, []]);
    expect([await work.after(conflictOn('met')), sent]).toEqual([true, ['met']]);
  });

  it('WD-8: goes on as well where no group may be there: one of the two wins', async () => {
    const work = leaving('unmarked');
    await work.after(conflictOn('unmarked'));
    expect([await work.after(conflictOn('unmarked')), sent]).toEqual([false, ['unmarked']]);
  });
});
