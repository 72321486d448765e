import { describe, expect, it } from '@jest/globals';
import {
  type Batch,
  isShedding,
  nextBatches,
  shedNow,
} from '../../../lambdas/ledger/busy/shedding.ts';
import { seeded } from '../../harness/random.ts';

/** Milliseconds from one batch to the next, and for how long the rule is applied here. */
const CYCLE_MS = 80;
const FOR_MS = 10_000;

type Load = (now: number) => number;

/** A queue under so many requests a second, of which the rule lets some in. Ten messages are taken in each cycle. */
function queueUnder(load: number | Load, { always }: { readonly always?: number } = {}) {
  const perSecondAt: Load = typeof load === 'number' ? () => load : load;
  const random = seeded(1);
  const queue: number[] = [];
  const lengths: number[] = [];
  let batches: readonly Batch[] = [];
  let taken = 0;
  let lastShedAt = 0;
  const arrive = (from: number, perSecondNow: number, shed: number) => {
    for (let at = from; ; ) {
      at += (-Math.log(1 - random()) * 1_000) / perSecondNow;
      if (at >= from + CYCLE_MS) return;
      if (random() >= shed) queue.push(at);
    }
  };
  for (let now = CYCLE_MS; now < FOR_MS; now += CYCLE_MS) {
    const from = now - CYCLE_MS;
    const shed = shedNow(batches, new Date(from));
    if (shed > 0) lastShedAt = now;
    arrive(from, perSecondAt(from), shed);
    if (always !== undefined) arrive(from, always, 0);
    queue.sort((a, b) => a - b);
    lengths.push(queue.length);
    const sent = queue.splice(0, 10).map(Math.floor);
    taken += sent.length;
    if (sent.length > 0) batches = nextBatches(batches, sent, now);
  }
  return {
    /** In the second half: at first everybody is let in. */
    longest: Math.max(...lengths.slice(lengths.length / 2)),
    perSecond: (taken * 1_000) / FOR_MS,
    batches,
    lastShedAt,
    longestOfAll: Math.max(...lengths),
  };
}
const AT = 1_800_000_000_000;
const date = (ms: number) => new Date(ms);

describe('OP-3: the share of requests on a busy merchant that is sent away', () => {
  it.each([5, 20, 60])('is none where %i a second come: groups take them all', (perSecond) => {
    const { batches } = queueUnder(perSecond);
    expect(batches.map(({ letIn }) => letIn)).toEqual(batches.map(() => 1_000));
    expect(isShedding(batches)).toBe(false);
  });

  it.each([130, 200, 400, 1_000, 3_000])(
    'keeps the queue short where %i a second come, and every batch full',
    (perSecond) => {
      const { longest, perSecond: taken } = queueUnder(perSecond);
      expect(longest).toBeLessThan(50);
      // The most is 125.
      expect(taken).toBeGreaterThan(110);
    },
  );

  it('makes room for refunds, which are never sent away', () => {
    const { longest, perSecond } = queueUnder(400, { always: 60 });
    expect(longest).toBeLessThan(50);
    expect(perSecond).toBeGreaterThan(110);
  });

  it('is told from what comes, not from how old messages are: those of a flood that is over send nobody away', () => {
    const flood = Array.from({ length: 10 }, (_, index) => AT + index);
    const few = Array.from({ length: 10 }, (_, index) => AT + 100 + 40 * index);
    const [first, after] = [nextBatches([], flood, AT + 50), nextBatches([], flood, AT + 20)];
    expect(isShedding(first)).toBe(true);
    const later = nextBatches(after, few, AT + 480);
    expect(later.at(-1)).toMatchObject({ letIn: 1_000 });
  });

  it('is none for a few requests at the same millisecond, however late they are received', () => {
    for (const count of [1, 2, 3, 5, 9])
      for (const late of [20, 100, 500, 900]) {
        const batches = nextBatches([], Array(count).fill(AT), AT + late);
        expect([count, late, isShedding(batches)]).toEqual([count, late, false]);
      }
  });

  it('is none three seconds after a flood', () => {
    const { lastShedAt } = queueUnder((now) => (now < 2_000 ? 1_000 : 5));
    expect(lastShedAt).toBeGreaterThan(2_000);
    expect(lastShedAt).toBeLessThan(2_000 + 1_500 + 3_000);
  });

  it('rises soon where a flood follows a quiet time', () => {
    const { longestOfAll } = queueUnder((now) => (now < 5_000 ? 20 : 1_000));
    // All batches of the last second together do not show it so soon: nearly 300.
    expect(longestOfAll).toBeLessThan(200);
  });

  it('is made of whole numbers: the table has no others', () => {
    const { batches } = queueUnder(400);
    expect(batches.flatMap((each) => Object.values(each)).every(Number.isInteger)).toBe(true);
  });

  it('is never all of them: else nobody would know how many come', () => {
    const batches = nextBatches(
      [],
      Array.from({ length: 10 }, () => AT),
      AT + 5_000,
    );
    expect(batches.at(-1)).toMatchObject({ letIn: 20 });
  });

  it('falls while no group is received: the queue may be empty', () => {
    const last = { receivedAt: AT, sentAt: AT, size: 10, letIn: 100 };
    const shed = [0, 1_000, 2_000, 3_000].map((ms) => shedNow([last], date(AT + ms)));
    expect(shed).toEqual([0.9, 0.9, 0.45, 0]);
    expect(shedNow([], date(AT))).toBe(0);
  });

  it('is told by a group of one as well, until nobody is sent away', () => {
    const shedding = [{ receivedAt: AT, sentAt: AT, size: 10, letIn: 500 }];
    const over = nextBatches(shedding, [AT + 900], AT + 910);
    expect(over.map(({ letIn }) => letIn)).toEqual([500, 1_000]);
    expect(isShedding(over)).toBe(true);
    expect(isShedding(nextBatches(over, [AT + 1_800], AT + 1_810))).toBe(false);
  });

  it('remembers the last ten batches', () => {
    expect(queueUnder(400).batches).toHaveLength(10);
  });
});
