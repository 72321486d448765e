import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Decision, refused, retry } from '../../lambdas/ledger/decision.ts';
import { transactionKey, walletKey } from '../../lambdas/ledger/keys.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { postingsIn, system, walletAvailable } from '../../lambdas/ledger/postings.ts';
import { REASONS } from '../../lambdas/ledger/reasons.ts';
import { requestIdentity } from '../../lambdas/ledger/request-identity.ts';
import type { Decider } from '../../lambdas/ledger/request-run.ts';
import { stamp } from '../../lambdas/ledger/rows/transactions.ts';
import { runOperation } from '../../lambdas/ledger/run-operation.ts';
import type { NewTransactionOf, Transaction } from '../../lambdas/ledger/transactions.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { type InMemoryLedger, inMemoryLedger, USD } from '../harness/in-memory-ledger.ts';
import { TIMELESS } from '../harness/pacing.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const SENT = { method: 'POST', path: '/deposits', query: '', body: { amount: '0.30' } };
const identity = requestIdentity('a1', 'deposit', 'k1', 'M#m1', SENT);

const ACCEPTED = {
  kind: 'accepted',
  transaction: {
    type: 'deposit',
    status: 'SUCCEEDED',
    amount: minor(30n),
    currency: USD,
    merchantId: 'm1',
  },
  postings: postingsIn(USD, [system('outside'), walletAvailable('m1'), minor(30n)]),
  guards: [],
  changes: [],
} as const satisfies Decision<NewTransactionOf<'deposit'>>;
const EARLIER: Transaction = stamp(
  ACCEPTED,
  identity,
  new Date('2026-11-19T12:00:00.000Z'),
  'accept',
);
const rowOf = (transaction: Transaction) => ({
  ...transactionKey(transaction.pk, transaction.txnId),
  ...transaction,
});

const responseTo = ({ txnId, createdAt }: Transaction) => ({
  status: 201,
  body: JSON.stringify({ id: txnId, created_at: createdAt }),
});
const STORED = {
  id: identity.responseId,
  requestHash: identity.hash,
  status: 201n,
  body: '{"id":"stored"}',
  requestId: 'of an earlier copy',
};
const OWN = { ...STORED, requestId: 'r1' };

const decide = jest.fn<() => Decision<NewTransactionOf<'deposit'>>>();
const prepare = jest.fn<() => Promise<boolean>>();
const decider: Decider<unknown, NewTransactionOf<'deposit'>> = {
  name: 'deposit',
  read: async () => undefined,
  prepare,
  decide,
  respond: responseTo,
  refuse: (refusal) => {
    const reason = typeof refusal === 'string' ? refusal : refusal.reason;
    return { status: REASONS[reason].status, body: reason };
  },
};

let context: InMemoryLedger;
/** What the store of responses finds next; after these, nothing. */
let found: (object | undefined)[];
/** What a read of the transaction row finds next; after these, nothing. */
let earlier: (object | Error | undefined)[];
beforeEach(() => {
  context = inMemoryLedger();
  found = [];
  earlier = [];
  decide.mockReset().mockReturnValue(ACCEPTED);
  prepare.mockReset().mockResolvedValue(false);
  // No jitter: retries take no time.
});

const run = (as = identity) => {
  const lookup = async () => ({ Item: found.shift() });
  const responses = {
    dynamo: { send: lookup } as unknown as DynamoDBDocumentClient,
    table: 'Responses',
    pacing: TIMELESS,
  };
  const load = async (): Promise<unknown> => {
    const next = earlier.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  const request = { requestId: 'r1', context: lambdaContext };
  return runOperation({ ledger: { ...context.ledger, load }, responses }, decider, as, request);
};
/** Reasons by write: response, transaction, wallet. */
const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const FAILED = 'ConditionalCheckFailed';
const CONFLICT = 'TransactionConflict';
const lostResponse = () => Object.assign(new Error('no response'), { name: 'TimeoutError' });

describe('AP-1: an accepted request', () => {
  it('commits response, transaction and balances in one transaction', async () => {
    const response = {
      status: 201,
      body: `{"id":"${identity.txnId}","created_at":"${NOW.toISOString()}"}`,
    };
    expect(await run()).toEqual(response);
    expect(context.written).toHaveLength(1);
    expect(context.written[0]).toMatchObject([
      {
        Put: {
          TableName: 'Responses',
          Item: {
            ...response,
            id: identity.responseId,
            requestHash: identity.hash,
            requestId: 'r1',
            // 90 days later, in seconds.
            expiration: 1_802_952_000,
          },
          ConditionExpression: 'attribute_not_exists(#n0)',
        },
      },
      {
        Put: {
          TableName: 'Ledger',
          Item: { pk: 'M#m1', sk: `TXN#${identity.txnId}`, requestHash: identity.hash },
          ConditionExpression: 'attribute_not_exists(#n0)',
        },
      },
      { Update: { Key: { ...walletKey('m1', USD) } } },
    ]);
  });

  it('is stamped with its request, its time and the phase that it accepted', () => {
    expect(stamp(ACCEPTED, identity, NOW, 'accept')).toEqual({
      type: 'deposit',
      status: 'SUCCEEDED',
      amount: 30n,
      currency: 'USD',
      merchantId: 'm1',
      pk: 'M#m1',
      txnId: identity.txnId,
      requestHash: identity.hash,
      createdAt: '2026-11-20T12:00:00.000Z',
      at: { SUCCEEDED: '2026-11-20T12:00:00.000Z' },
      phases: [
        {
          name: 'accept',
          at: '2026-11-20T12:00:00.000Z',
          postings: [['outside', 'wallet', 30n]],
        },
      ],
    });
  });

  it('that moves no money has no phase', () => {
    expect(stamp({ ...ACCEPTED, postings: [] }, identity, NOW, 'accept').phases).toEqual([]);
  });
});

describe('AP-1: a refused request', () => {
  it.each([
    'insufficient_funds',
    'merchant_suspended',
    'merchant_already_approved',
    'wallet_closed',
  ] as const)(
    'stores its response, and proves that it was not accepted meanwhile: %s',
    async (reason) => {
      decide.mockReturnValue(refused(reason));
      const { status } = REASONS[reason];
      expect(await run()).toEqual({ status, body: reason });
      expect(context.written).toMatchObject([
        [
          { Put: { TableName: 'Responses', Item: { status, body: reason } } },
          {
            ConditionCheck: {
              Key: { pk: 'M#m1', sk: `TXN#${identity.txnId}` },
              ConditionExpression: 'attribute_not_exists(#n0)',
            },
          },
        ],
      ]);
    },
  );

  it('that was accepted meanwhile returns that acceptance', async () => {
    decide.mockReturnValue(refused('insufficient_funds'));
    earlier = [undefined, rowOf(EARLIER)];
    context.failures.push(cancelled('None', FAILED));
    expect(await run()).toEqual({ ...responseTo(EARLIER), replayed: true });
    expect(context.written).toEqual([]);
  });
});

describe('AP-1: a repeated request', () => {
  it('returns the stored response without a decision', async () => {
    found = [STORED];
    expect(await run()).toEqual({ status: 201, body: '{"id":"stored"}', replayed: true });
    expect(decide).not.toHaveBeenCalled();
    expect(context.written).toEqual([]);
  });

  it('returns it although the rows of a decision cannot be read', async () => {
    found = [STORED];
    earlier = [new TypeError('unreadable')];
    expect(await run()).toMatchObject({ body: '{"id":"stored"}', replayed: true });
  });

  it('whose stored response is gone is rendered from its transaction', async () => {
    earlier = [rowOf(EARLIER)];
    expect(await run()).toEqual({ ...responseTo(EARLIER), replayed: true });
    expect(decide).not.toHaveBeenCalled();
    expect(context.written).toEqual([]);
  });

  it.each([
    ['the stored response', () => found.push({ ...STORED, requestHash: 'another' })],
    ['the transaction', () => earlier.push(rowOf({ ...EARLIER, requestHash: 'another' }))],
  ])('with other content than %s is refused', async (_, arrange) => {
    arrange();
    expect(await run()).toBe('key_reused');
    expect(decide).not.toHaveBeenCalled();
    expect(context.written).toEqual([]);
  });
});

describe('AP-1: of two concurrent requests with the same key, one wins', () => {
  it('the other returns the stored response of the winner', async () => {
    context.failures.push(cancelled(FAILED, FAILED, 'None'));
    // The lookup before the decision finds nothing.
    found = [undefined, STORED];
    expect(await run()).toEqual({ status: 201, body: '{"id":"stored"}', replayed: true });
    expect(context.written).toEqual([]);
  });

  it('the other is refused where the winner had other content', async () => {
    context.failures.push(cancelled(FAILED, FAILED, 'None'));
    found = [undefined, { ...STORED, requestHash: 'another' }];
    expect(await run()).toBe('key_reused');
  });

  it('the other is rendered from the transaction, where no response is stored', async () => {
    context.failures.push(cancelled('None', FAILED, 'None'));
    earlier = [undefined, rowOf(EARLIER)];
    expect(await run()).toEqual({ ...responseTo(EARLIER), replayed: true });
  });

  it('a failed condition on another row decides again', async () => {
    context.failures.push(cancelled('None', 'None', FAILED));
    expect(await run()).toMatchObject({ status: 201 });
    expect([decide.mock.calls.length, context.written.length]).toEqual([2, 1]);
  });

  it('a failed condition never refuses by itself: the rule decides on rows read after it', async () => {
    context.failures.push(cancelled('None', 'None', FAILED));
    decide.mockReturnValueOnce(ACCEPTED).mockReturnValue(refused('wallet_closed'));
    expect(await run()).toEqual({ status: 422, body: 'wallet_closed' });
    expect(context.written).toHaveLength(1);
  });
});

describe('WD-8: an undecided request stores nothing', () => {
  const always = (failure: () => Error) =>
    context.failures.push(...Array.from({ length: 40 }, failure));

  it.each([
    ['response', [CONFLICT, 'None', 'None'], 'request_in_progress'],
    ['transaction', ['None', CONFLICT, 'None'], 'request_in_progress'],
    ['wallet', ['None', 'None', CONFLICT], 'busy'],
    ['throttled table', ['None', 'None', 'ThrottlingError'], 'busy'],
    ['throttled response', ['ThrottlingError', 'None', 'None'], 'busy'],
  ] as const)('a conflict on the %s at every try is %p: %s', async (_, codes, reason) => {
    always(() => cancelled(...codes));
    expect(await run()).toEqual({ status: REASONS[reason].status, body: reason });
    expect([context.failures, context.written]).toEqual([[], []]);
  });

  it('a rule that cannot decide is busy', async () => {
    decide.mockReturnValue(retry('pool'));
    expect(await run()).toEqual({ status: 503, body: 'busy' });
    expect([decide.mock.calls.length, context.written.length]).toEqual([40, 0]);
  });

  it('a lost response at every try is busy, never a refusal', async () => {
    always(lostResponse);
    expect(await run()).toEqual({ status: 503, body: 'busy' });
  });

  it('a defect is thrown', async () => {
    decide.mockImplementation(() => {
      throw new TypeError('x of undefined');
    });
    await expect(run()).rejects.toThrow('x of undefined');
    expect(context.written).toEqual([]);
  });
});

describe('WD-8: a commit whose response was lost', () => {
  it('is found by its transaction, and not committed twice', async () => {
    context.failures.push(lostResponse());
    earlier = [undefined, rowOf(EARLIER)];
    expect(await run()).toMatchObject(responseTo(EARLIER));
    expect([decide.mock.calls.length, context.written.length]).toEqual([1, 0]);
  });

  it.each([
    ['its transaction', () => (earlier = [undefined, rowOf(EARLIER)])],
    ['the failed condition', () => context.failures.push(cancelled(FAILED, FAILED, 'None'))],
  ])('is not a replay where the stored response is its own, found by %s', async (_, arrange) => {
    context.failures.push(lostResponse());
    arrange();
    // The lookup before the decision finds nothing.
    found = [undefined, OWN];
    expect(await run()).toEqual({ status: 201, body: '{"id":"stored"}' });
    expect(context.written).toEqual([]);
  });

  it('is a replay where a concurrent copy committed first', async () => {
    context.failures.push(lostResponse());
    earlier = [undefined, rowOf(EARLIER)];
    found = [undefined, STORED];
    expect(await run()).toEqual({ status: 201, body: '{"id":"stored"}', replayed: true });
  });

  it('is not a replay where its refusal is its own', async () => {
    decide.mockReturnValue(refused('insufficient_funds'));
    context.failures.push(lostResponse(), cancelled(FAILED, 'None'));
    found = [undefined, { ...OWN, status: 402n, body: 'insufficient_funds' }];
    expect(await run()).toEqual({ status: 402, body: 'insufficient_funds' });
  });

  it('and that did not happen is sent again under the same id', async () => {
    context.failures.push(lostResponse());
    expect(await run()).toMatchObject({ status: 201 });
    expect(context.written).toHaveLength(1);
  });
});

describe('WA-3: rows that have to be prepared', () => {
  it('are read and decided on again before the commit', async () => {
    prepare.mockResolvedValueOnce(true);
    earlier = [undefined, undefined];
    expect(await run()).toMatchObject({ status: 201 });
    expect([prepare.mock.calls.length, decide.mock.calls.length]).toEqual([2, 2]);
    expect(context.written).toHaveLength(1);
  });

  it('are not prepared for a refusal', async () => {
    decide.mockReturnValueOnce(refused('insufficient_funds'));
    expect(await run()).toMatchObject({ status: 402 });
    expect(prepare).not.toHaveBeenCalled();
  });

  it('are not prepared for a repeat', async () => {
    earlier = [rowOf(EARLIER)];
    await run();
    expect(prepare).not.toHaveBeenCalled();
  });
});

it('a read that fails for a moment is repeated', async () => {
  earlier = [lostResponse(), undefined];
  expect(await run()).toMatchObject({ status: 201 });
  expect(context.written).toHaveLength(1);
});
