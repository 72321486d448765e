import { describe, expect, it } from '@jest/globals';
import { Processes } from './processes.ts';
import { VirtualTime } from './virtual-time.ts';

describe('processes', () => {
  it('do one piece of work at a time, and the last busy one is taken first', async () => {
    const time = new VirtualTime(1);
    let opened = 0;
    const processes = new Processes(() => {
      opened += 1;
      return opened;
    });
    const work = (start: number, ms: number) =>
      time.sleep(start).then(() =>
        processes.inProcess(async (process) => {
          await time.sleep(ms);
          return process;
        }),
      );
    // The second starts while the first runs; the third when both are idle, the second since later.
    const used = await time.finish(Promise.all([work(0, 10), work(5, 10), work(20, 10)]));
    expect(used).toEqual([1, 2, 2]);
    expect(processes.counts).toEqual({ started: 2, mostBusy: 2 });
  });

  it('are idle again after work that failed', async () => {
    const processes = new Processes(() => 'context');
    const fail = () => Promise.reject(new Error('failed'));
    await expect(processes.inProcess(fail)).rejects.toThrow('failed');
    expect(await processes.inProcess(async (context) => context)).toBe('context');
    expect(processes.counts).toEqual({ started: 1, mostBusy: 1 });
  });
});
