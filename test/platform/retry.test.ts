import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  isRetryable,
  RetryableError,
  undecided,
  untilDecided,
} from '../../lambdas/platform/retry.ts';

const done = { kind: 'done' } as const;
let clock: number;
let jitter: jest.SpiedFunction<typeof Math.random>;
beforeEach(() => {
  clock = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => clock);
  // Without jitter, the pauses take no time.
  jitter = jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('WD-8: a decision that loses its race is repeated, within bounds', () => {
  it('until one try decides', async () => {
    const tries = [undecided('merchant'), undecided('credit'), done];
    const attempt = jest.fn(async () => tries.shift() ?? done);
    expect(await untilDecided(attempt)).toEqual(done);
    expect(attempt).toHaveBeenCalledTimes(3);
  });

  it('a first try that decides is the only one', async () => {
    const attempt = jest.fn(async () => done);
    await untilDecided(attempt);
    expect([attempt.mock.calls.length, jitter.mock.calls.length]).toEqual([1, 0]);
  });

  it('at most forty times; the result then names the last obstacle', async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      return undecided(`write ${tries}`);
    };
    expect(await untilDecided(attempt)).toEqual(undecided('write 40'));
    expect(tries).toBe(40);
  });

  it('for at most 2.5 seconds, so that the caller gets a response before the gateway’s time-out', async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      clock += 1_000;
      return undecided('pool');
    };
    expect(await untilDecided(attempt)).toEqual(undecided('pool'));
    expect(tries).toBe(3);
  });

  it('a pause that would end after the deadline does not begin', async () => {
    jitter.mockReturnValue(0.999);
    clock = 0;
    const attempt = jest.fn(async () => {
      clock = 2_490;
      return undecided('pool');
    });
    await untilDecided(attempt);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('a defect ends it at once', async () => {
    const attempt = jest.fn(() => Promise.reject(new Error('wrong')));
    await expect(untilDecided(attempt)).rejects.toThrow('wrong');
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it('a retryable error counts as an undecided try', async () => {
    const attempt = jest
      .fn<() => Promise<typeof done>>()
      .mockRejectedValueOnce(new RetryableError('rows were not read'))
      .mockResolvedValue(done);
    expect(await untilDecided(attempt)).toEqual(done);
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  it('a retryable error at every try is undecided by the read', async () => {
    const attempt = jest.fn(() => Promise.reject(new RetryableError('rows were not read')));
    expect(await untilDecided(attempt)).toEqual(undecided('read'));
    expect(attempt).toHaveBeenCalledTimes(40);
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
