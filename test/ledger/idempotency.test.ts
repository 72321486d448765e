import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ReplayResult, replayOr } from '../../lambdas/ledger/idempotency.ts';
import { requestIdentity } from '../../lambdas/ledger/request-identity.ts';
import { isRetryable } from '../../lambdas/platform/retry.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { TIMELESS } from '../harness/pacing.ts';

const SENT = { method: 'POST', path: '/withdrawals', query: '', body: { amount: '10.00' } };
const identity = requestIdentity('m1', 'withdrawal', 'k1', 'M#m1', SENT);
const STORED = {
  id: identity.responseId,
  requestHash: identity.hash,
  requestId: 'r0',
  status: 202n,
  body: '{"id":"T1"}',
  expiration: 1_800_000_000n,
};
const FIRST: ReplayResult = { status: 202, body: '{"id":"new"}' };
const throttled = (): Error =>
  Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });

/** Every command that the store receives. */
let sent: unknown[];
/** What the next lookups find or throw; after these, no row is found. */
let lookups: (object | Error)[];
const run = jest.fn<() => Promise<ReplayResult>>();
beforeEach(() => {
  sent = [];
  lookups = [];
  run.mockReset().mockResolvedValue(FIRST);
});

const send = async (command: unknown): Promise<object> => {
  sent.push(command);
  const next = lookups.shift();
  if (next instanceof Error) throw next;
  return next === undefined ? {} : { Item: next };
};
const store = {
  dynamo: { send } as unknown as DynamoDBDocumentClient,
  table: 'Responses',
  pacing: TIMELESS,
};
const request = () => replayOr(store, identity, lambdaContext, run);

describe('AP-1: a first request', () => {
  it('runs, and its response is returned as it is', async () => {
    expect(await request()).toEqual(FIRST);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('is looked up once, by a strong read of its own key', async () => {
    await request();
    expect(sent).toHaveLength(1);
    const [lookup] = sent;
    if (!(lookup instanceof GetCommand)) throw new Error('no lookup');
    expect(lookup.input).toEqual({
      TableName: 'Responses',
      Key: { id: identity.responseId },
      ConsistentRead: true,
    });
  });

  it('that reuses the key of another transaction is refused as such', async () => {
    run.mockResolvedValue('key_reused');
    expect(await request()).toBe('key_reused');
  });

  it('that replays by itself is marked as a replay', async () => {
    run.mockResolvedValue({ ...FIRST, replayed: true });
    expect(await request()).toEqual({ ...FIRST, replayed: true });
  });

  it('whose run fails rethrows that error, and nothing is written or deleted', async () => {
    run.mockRejectedValue(new TypeError('x of undefined'));
    await expect(request()).rejects.toThrow(new TypeError('x of undefined'));
    expect(sent.every((command) => command instanceof GetCommand)).toBe(true);
  });
});

describe('AP-1: a repeated request', () => {
  it('returns the stored response byte for byte, and does not run', async () => {
    lookups = [STORED];
    expect(await request()).toEqual({ status: 202, body: '{"id":"T1"}', replayed: true });
    expect(run).not.toHaveBeenCalled();
  });

  it.each([402n, 403n, 404n, 409n, 422n])('returns a stored refusal: %s', async (status) => {
    lookups = [{ ...STORED, status, body: '{"code":"x"}' }];
    expect(await request()).toEqual({
      status: Number(status),
      body: '{"code":"x"}',
      replayed: true,
    });
    expect(run).not.toHaveBeenCalled();
  });

  it('counts a row that DynamoDB has not deleted yet, although it has expired', async () => {
    lookups = [{ ...STORED, expiration: 1n }];
    expect(await request()).toMatchObject({ body: '{"id":"T1"}', replayed: true });
    expect(run).not.toHaveBeenCalled();
  });

  it('with other content under the same key is refused, and does not run', async () => {
    lookups = [{ ...STORED, requestHash: 'another' }];
    expect(await request()).toBe('key_reused');
    expect(run).not.toHaveBeenCalled();
  });

  it('is independent of other requests in the same process', async () => {
    lookups = [STORED];
    await request();
    const other = requestIdentity('m1', 'withdrawal', 'k2', 'M#m1', SENT);
    expect(await replayOr(store, other, lambdaContext, run)).toEqual(FIRST);
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe('WD-8: a lookup that fails', () => {
  it('is repeated', async () => {
    lookups = [throttled(), throttled(), STORED];
    expect(await request()).toMatchObject({ body: '{"id":"T1"}', replayed: true });
    expect(run).not.toHaveBeenCalled();
  });

  it('every time leaves the request undecided: nothing ran, and it may be sent again', async () => {
    lookups = Array.from({ length: 40 }, throttled);
    const error = await request().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'RetryableError' });
    expect(isRetryable(error)).toBe(true);
    expect([run.mock.calls.length, sent.length]).toEqual([0, 40]);
  });

  it('with a defect rethrows it, and nothing ran', async () => {
    const denied = Object.assign(new Error('denied'), {
      name: 'AccessDeniedException',
      $fault: 'client',
    });
    lookups = [denied];
    await expect(request()).rejects.toBe(denied);
    expect(run).not.toHaveBeenCalled();
  });

  it('on an unreadable row is an error, and nothing ran', async () => {
    lookups = [{ id: identity.responseId, status: 202n }];
    await expect(request()).rejects.toThrow();
    expect(run).not.toHaveBeenCalled();
  });
});
