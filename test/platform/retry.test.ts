import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { undecided, untilDecided } from '../../lambdas/platform/retry.ts';

const done = { kind: 'done' } as const;
let clock: number;
let jitter: jest.SpiedFunction<typeof Math.random>;
beforeEach(() => {
  clock = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => clock);
  // No jitter: the waits take no time.
  jitter = jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('WD-8: a decision that loses its race is made again, within bounds', () => {
  it('until one try decides', async () => {
    const tries = [undecided('merchant'), undecided('credit'), done];
    const attempt = jest.fn(async () => tries.shift() ?? done);
    expect(await untilDecided(attempt)).toEqual(done);
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  it('not at all where the first try decides', async () => {
    const attempt = jest.fn(async () => done);
    await untilDecided(attempt);
    expect([attempt.mock.calls.length, jitter.mock.calls.length]).toEqual([1, 0]);
  });

  it('forty times at most, and then it says what stood in the way last', async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      return undecided(`write ${tries}`);
    };
    expect(await untilDecided(attempt)).toEqual(undecided('write 40'));
    expect(tries).toBe(40);
  });

  it('not beyond 2.5 seconds, so that the caller hears from us before the gateway gives up', async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      clock += 1_000;
      return undecided('pool');
    };
    expect(await untilDecided(attempt)).toEqual(undecided('pool'));
    expect(tries).toBe(3);
  });

  it('a wait that would end after the deadline is not begun', async () => {
    jitter.mockReturnValue(0.999);
    clock = 0;
    const attempt = jest.fn(async () => {
      clock = 2_490;
      return undecided('pool');
    });
    await untilDecided(attempt);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('what is thrown ends it at once', async () => {
    const attempt = jest.fn(() => Promise.reject(new Error('wrong')));
    await expect(untilDecided(attempt)).rejects.toThrow('wrong');
    expect(attempt).toHaveBeenCalledTimes(1);
  });
});
