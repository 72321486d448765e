import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openWallet } from '../../lambdas/ledger/balances.ts';
import { refused } from '../../lambdas/ledger/decision.ts';
import { changeStatus, type MerchantStatus } from '../../lambdas/ledger/merchant.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { type ChangeDecision, runChange } from '../../lambdas/ledger/run-change.ts';
import { type InMemoryLedger, inMemoryLedger, USD } from '../harness/in-memory-ledger.ts';

const SUSPEND: ChangeDecision = {
  kind: 'accepted',
  changes: [changeStatus('m1', 'ACTIVE', 'SUSPENDED')],
};
const lostResponse = (): Error => Object.assign(new Error('no response'), { name: 'TimeoutError' });
const cancelledBy = (Code: string): Error =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: [{ Code }],
  });

let context: InMemoryLedger;
/** The status at each read; the last one from then on. */
let statuses: [MerchantStatus, ...MerchantStatus[]];
const read = jest.fn(async (): Promise<MerchantStatus> => {
  const [first, ...rest] = statuses;
  const [next, ...others] = rest;
  if (next !== undefined) statuses = [next, ...others];
  return first;
});
/** Suspends an active merchant. */
const suspend = () =>
  runChange(context.ledger, {
    read,
    decide: (status) => (status === 'ACTIVE' ? SUSPEND : refused('merchant_not_active')),
    isDone: (status) => status === 'SUSPENDED',
    versionOf: () => version(),
    committed,
  });
const committed = jest.fn();
/** Of the row, at each time it is compared. */
const version = jest.fn<() => bigint>();
beforeEach(() => {
  context = inMemoryLedger();
  read.mockClear();
  committed.mockClear();
  version.mockReset().mockReturnValue(1n);
});

describe('ID-2: a change that moves no money', () => {
  it('is committed in one transaction and returns the rows after it', async () => {
    statuses = ['ACTIVE', 'SUSPENDED'];
    expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).toHaveBeenCalledTimes(1);
    expect(context.written).toHaveLength(1);
    expect(context.written[0]).toMatchObject([{ Update: { Key: { pk: 'M#m1', sk: 'MERCHANT' } } }]);
  });

  it('that is refused writes nothing', async () => {
    statuses = ['PENDING'];
    expect(await suspend()).toEqual(refused('merchant_not_active'));
    expect(context.written).toEqual([]);
  });

  it('that is done already writes nothing and is not reported as made', async () => {
    statuses = ['SUSPENDED'];
    const result = await runChange(context.ledger, {
      read,
      decide: () => ({ kind: 'done' }),
      isDone: () => true,
      versionOf: () => undefined,
      committed,
    });
    expect(result).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).not.toHaveBeenCalled();
    expect(context.written).toEqual([]);
  });

  describe('WA-2: that is recorded', () => {
    const identity = { pk: 'M#m1', txnId: 'T1', hash: 'h', admin: 'alice' };
    const OPENED: ChangeDecision = {
      kind: 'accepted',
      transaction: {
        type: 'wallet_opening',
        status: 'SUCCEEDED',
        amount: minor(0n),
        currency: USD,
        merchantId: 'm1',
      },
      postings: [],
      guards: [],
      changes: openWallet('m1', USD),
    };
    const record = (decision: ChangeDecision, known?: typeof identity) =>
      runChange(context.ledger, {
        read,
        decide: () => decision,
        isDone: () => false,
        versionOf: () => undefined,
        committed,
        ...(known && { identity: known }),
      });

    it('writes its transaction with it, which the rows of balances name', async () => {
      statuses = ['ACTIVE'];
      expect((await record(OPENED, identity)).kind).toBe('changed');
      expect(context.written).toHaveLength(1);
      const items = context.written.flat().map(({ Put, Update }) => Put?.Item ?? Update?.Key);
      expect(items).toMatchObject([
        { pk: 'M#m1', sk: 'TXN#T1', type: 'wallet_opening', requestHash: 'h', admin: 'alice' },
        { pk: 'M#m1', sk: 'MERCHANT' },
        { pk: 'M#m1', sk: 'WALLET#USD', available: 0n, pending: 0n, by: ['T1:accept'] },
      ]);
    });

    it('under no identity is a defect, as is a balance row that changes without a transaction', async () => {
      statuses = ['ACTIVE'];
      await expect(record(OPENED)).rejects.toThrow('no identity');
      const bare: ChangeDecision = { kind: 'accepted', changes: openWallet('m1', USD) };
      await expect(record(bare, identity)).rejects.toThrow('in a transaction alone');
      expect(context.written).toEqual([]);
    });
  });

  it('decides at the time of the ledger', async () => {
    statuses = ['ACTIVE'];
    const times: Date[] = [];
    await runChange(context.ledger, {
      read,
      decide: (_status, now) => {
        times.push(now);
        return SUSPEND;
      },
      isDone: () => false,
      versionOf: () => undefined,
      committed,
    });
    expect(times).toEqual([new Date('2026-11-20T12:00:00.000Z')]);
  });
});

describe('WD-8: a change that loses a race', () => {
  it.each(['ConditionalCheckFailed', 'TransactionConflict', 'ThrottlingError'])(
    'by %s reads and decides again',
    async (code) => {
      statuses = ['ACTIVE', 'ACTIVE', 'SUSPENDED'];
      context.failures.push(cancelledBy(code));
      expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
      expect(committed).toHaveBeenCalledTimes(1);
      expect([read.mock.calls.length, context.written.length]).toEqual([3, 1]);
    },
  );

  it('to another admin is refused by the rule, not by the failed condition', async () => {
    statuses = ['ACTIVE', 'SUSPENDED'];
    context.failures.push(cancelledBy('ConditionalCheckFailed'));
    expect(await suspend()).toEqual(refused('merchant_not_active'));
    expect(context.written).toEqual([]);
  });

  it('every time is undecided, and names the row', async () => {
    statuses = ['ACTIVE'];
    context.failures.push(...Array.from({ length: 40 }, () => cancelledBy('TransactionConflict')));
    expect(await suspend()).toEqual({
      kind: 'undecided',
      by: 'merchant',
      met: 'conflict',
      tries: 40,
    });
    expect([context.failures, context.written]).toEqual([[], []]);
  });
});

describe('WD-8: a change whose response was lost', () => {
  it('and that was committed is new, and is not refused as a repeat', async () => {
    statuses = ['ACTIVE', 'SUSPENDED'];
    context.failures.push(lostResponse());
    expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).toHaveBeenCalledTimes(1);
    expect(context.written).toEqual([]);
  });

  it('and that was not committed is sent again', async () => {
    statuses = ['ACTIVE', 'ACTIVE', 'SUSPENDED'];
    context.failures.push(lostResponse());
    expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).toHaveBeenCalledTimes(1);
    expect(context.written).toHaveLength(1);
  });

  it('ID-2: is not made again over a later change of the row', async () => {
    statuses = ['ACTIVE'];
    context.failures.push(lostResponse());
    // Suspended, and then reactivated by another admin.
    version.mockReset().mockReturnValueOnce(3n).mockReturnValueOnce(1n);
    version.mockImplementation(() => BigInt(version.mock.calls.length));
    expect(await suspend()).toEqual({
      kind: 'undecided',
      by: 'unknown',
      met: 'unknown',
      tries: 40,
    });
    expect([context.written, committed.mock.calls]).toEqual([[], []]);
  });

  it('and that another change made impossible is refused', async () => {
    statuses = ['ACTIVE', 'ARCHIVED'];
    context.failures.push(lostResponse());
    expect(await suspend()).toEqual(refused('merchant_not_active'));
  });

  it('is remembered as sent after a later conflict', async () => {
    statuses = ['ACTIVE', 'ACTIVE', 'SUSPENDED'];
    context.failures.push(lostResponse(), cancelledBy('ConditionalCheckFailed'));
    expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).toHaveBeenCalledTimes(1);
    expect(context.written).toEqual([]);
  });
});

describe('WD-8: a read that fails', () => {
  const throttled = Object.assign(new Error('slow down'), { name: 'ThrottlingException' });

  it('after the commit is repeated, the commit is not', async () => {
    statuses = ['ACTIVE', 'SUSPENDED'];
    read.mockImplementationOnce(async () => 'ACTIVE').mockRejectedValueOnce(throttled);
    statuses = ['SUSPENDED'];
    expect(await suspend()).toEqual({ kind: 'changed', facts: 'SUSPENDED' });
    expect(committed).toHaveBeenCalledTimes(1);
    expect(context.written).toHaveLength(1);
  });

  it('with a defect is thrown', async () => {
    read.mockRejectedValueOnce(new TypeError('x of undefined'));
    await expect(suspend()).rejects.toThrow('x of undefined');
    expect(context.written).toEqual([]);
  });
});

it('a commit that fails with a defect is thrown', async () => {
  statuses = ['ACTIVE'];
  context.failures.push(Object.assign(new Error('denied'), { name: 'AccessDeniedException' }));
  await expect(suspend()).rejects.toThrow('denied');
});
