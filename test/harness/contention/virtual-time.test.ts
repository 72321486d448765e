import { describe, expect, it } from '@jest/globals';
import DataLoader from 'dataloader';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';
import { VirtualTime } from './virtual-time.ts';

describe('virtual time', () => {
  it('takes events in the order of their times, and those of the same time as they were added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (times) => {
        const queue = new EventQueue();
        const taken: [number, number][] = [];
        times.forEach((at, index) => {
          queue.add(at, () => taken.push([at, index]));
        });
        for (;;) {
          const event = queue.takeUntil(9);
          if (event === undefined) break;
          event.happen();
        }
        // Sorting is stable.
        const expected = times.map((at, index): [number, number] => [at, index]);
        expect(taken).toEqual(expected.sort(([a], [b]) => a - b));
      }),
      { seed: 81 },
    );
  });

  it('does not pass while code can run, however many promises and ticks it takes', async () => {
    const time = new VirtualTime(1);
    const seen: string[] = [];
    const loader = new DataLoader<string, string>(async (keys) => keys.map((key) => `${key}!`));
    const first = async () => {
      await time.sleep(1);
      for (let index = 0; index < 50; index += 1) await Promise.resolve();
      seen.push(`${await loader.load('a')} at ${time.now()}`);
    };
    const second = async () => {
      await time.sleep(1);
      await time.sleep(0.5);
      seen.push(`b at ${time.now()}`);
    };
    await time.finish(Promise.all([first(), second()]));
    expect(seen).toEqual(['a! at 1', 'b at 1.5']);
  });

  it('stops where it is told to, and goes on from there', async () => {
    const time = new VirtualTime(1, '2026-11-20T12:00:00.000Z');
    const seen: number[] = [];
    const work = [10, 20, 30].map((ms) => time.sleep(ms).then(() => seen.push(ms)));
    await time.run(20);
    expect(seen).toEqual([10, 20]);
    await time.run(25);
    expect(time.date().toISOString()).toBe('2026-11-20T12:00:00.025Z');
    await time.run();
    expect(seen).toEqual([10, 20, 30]);
    await Promise.all(work);
  });

  it('says so where work waits for nothing', async () => {
    const time = new VirtualTime(1);
    await expect(time.finish(new Promise(() => undefined))).rejects.toThrow('nothing is left');
  });

  it('passes on what work throws', async () => {
    const time = new VirtualTime(1);
    const work = time.sleep(5).then(() => Promise.reject(new Error('broken')));
    await expect(time.finish(work)).rejects.toThrow('broken');
  });

  it('has log-normal latencies around their median', () => {
    const time = new VirtualTime(3);
    const drawn = Array.from({ length: 4_000 }, () => time.latency(10)).sort((a, b) => a - b);
    // Of the standard normal distribution: half, and 84.13 % at one sigma.
    expect(drawn[2_000]).toBeCloseTo(10, 0);
    expect(drawn[3_365]).toBeCloseTo(10 * Math.exp(0.45), 0);
    expect(time.latency(10, 0)).toBe(10);
  });
});
