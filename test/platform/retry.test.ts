import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  deadlineOf,
  isRetryable,
  type Obstacle,
  type Pacing,
  RetryableError,
  undecided,
  untilDecided,
} from '../../lambdas/platform/retry.ts';

const done = { kind: 'done' } as const;
let clock: number;
let chance: number;
let pauses: number[];
beforeEach(() => {
  clock = 0;
  chance = 0;
  pauses = [];
});
const PACING: Pacing = {
  clock: () => clock,
  pause: async (ms) => {
    clock += ms;
    pauses.push(ms);
  },
  random: () => chance,
  deadlineMs: 2_500,
};

describe('WD-8: a decision that loses its race is repeated, within bounds', () => {
  it('until one try decides', async () => {
    const tries = [undecided('merchant', 'conflict'), undecided('credit', 'changed'), done];
    const attempt = jest.fn(async () => tries.shift() ?? done);
    expect(await untilDecided(PACING, attempt)).toEqual(done);
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  it('a first try that decides is the only one', async () => {
    const attempt = jest.fn(async () => done);
    await untilDecided(PACING, attempt);
    expect([attempt.mock.calls.length, pauses]).toEqual([1, []]);
  });

  it('at most forty times; the result then names the last obstacle and how many there were', async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      return undecided(`write ${tries}`, 'changed');
    };
    const result = await untilDecided(PACING, attempt);
    expect(result).toEqual({ ...undecided('write 40', 'changed'), tries: 40 });
    expect(tries).toBe(40);
  });

  it('until the deadline of its pacing, so that the caller gets a response before the gateway’s time-out', async () => {
    const attempt = async () => {
      clock += 1_000;
      return undecided('pool', 'conflict');
    };
    expect(await untilDecided(PACING, attempt)).toMatchObject({ by: 'pool', tries: 3 });
    clock = 0;
    const patient = { ...PACING, deadlineMs: 10_000 };
    expect(await untilDecided(patient, attempt)).toMatchObject({ by: 'pool', tries: 11 });
  });

  it('several share one deadline', async () => {
    const until = deadlineOf(PACING);
    clock = 2_501;
    const attempt = async () => undecided('read', 'read');
    expect(await untilDecided(PACING, attempt, until)).toMatchObject({ tries: 1 });
  });

  it('a pause that would end after the deadline does not begin', async () => {
    chance = 0.999;
    const attempt = jest.fn(async () => {
      clock = 2_495;
      return undecided('pool', 'conflict');
    });
    await untilDecided(PACING, attempt);
    expect([attempt.mock.calls.length, pauses]).toEqual([1, []]);
  });

  it('a defect ends it at once', async () => {
    const attempt = jest.fn(() => Promise.reject(new Error('wrong')));
    await expect(untilDecided(PACING, attempt)).rejects.toThrow('wrong');
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('a retryable error counts as an undecided try', async () => {
    const attempt = jest
      .fn<() => Promise<typeof done>>()
      .mockRejectedValueOnce(new RetryableError('rows were not read'))
      .mockResolvedValue(done);
    expect(await untilDecided(PACING, attempt)).toEqual(done);
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it('a retryable error at every try is undecided by the read', async () => {
    const attempt = jest.fn(() => Promise.reject(new RetryableError('rows were not read')));
    expect(await untilDecided(PACING, attempt)).toMatchObject(undecided('read', 'read'));
    expect(attempt).toHaveBeenCalledTimes(40);
  });
});

describe('WD-8: the pauses between tries', () => {
  const pausesAfter = async (...met: readonly Obstacle[]): Promise<readonly number[]> => {
    const tries = met.map((each) => undecided('row', each));
    await untilDecided(PACING, async () => tries.shift() ?? done);
    return pauses;
  };

  it('are a random part of their longest', async () => {
    chance = 0.25;
    expect(await pausesAfter('conflict')).toEqual([2.5]);
  });

  it('grow with how often the same obstacle was met, up to a cap', async () => {
    chance = 0.5;
    const met = Array.from({ length: 8 }, () => 'conflict' as const);
    expect(await pausesAfter(...met)).toEqual([5, 10, 20, 40, 80, 160, 320, 320]);
  });

  it('grow for each obstacle by itself', async () => {
    chance = 0.5;
    expect(await pausesAfter('conflict', 'throttled', 'conflict', 'changed')).toEqual([
      5, 25, 10, 10,
    ]);
  });
});

describe('WD-8: a retryable error', () => {
  it('says nothing about the request itself', () => {
    expect(isRetryable(new RetryableError('later'))).toBe(true);
    expect(isRetryable(new Error('wrong'))).toBe(false);
  });

  it('is recognised although its code is a number', () => {
    const timeout = Object.assign(new Error('no response'), { name: 'TimeoutError', code: 23 });
    expect(isRetryable(timeout)).toBe(true);
    expect(isRetryable(Object.assign(new Error('x'), { code: 23 }))).toBe(false);
  });

  it('of the client’s own making is a defect, although its connection code is retryable', () => {
    const wrong = Object.assign(new Error('x'), { $fault: 'client', code: 'ECONNRESET' });
    expect(isRetryable(wrong)).toBe(false);
  });
});
