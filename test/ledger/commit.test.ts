import '../harness/enable-metrics.ts';
import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { commit } from '../../lambdas/ledger/commit.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { Pools } from '../../lambdas/ledger/pool/hints.ts';
import type { RowWrite } from '../../lambdas/ledger/row-writes.ts';
import { isRetryable } from '../../lambdas/platform/retry.ts';
import { countedBy } from '../harness/counted.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { REAL } from '../harness/pacing.ts';

const WRITES: readonly RowWrite[] = [
  {
    row: { kind: 'response', table: 'Responses', id: '1' },
    action: 'put',
    conditions: [{ must: 'be new' }],
    item: { status: 202 },
  },
  {
    row: { kind: 'transaction', pk: 'M#m1', txnId: 'T1' },
    action: 'check',
    conditions: [{ must: 'be new' }],
  },
  {
    row: { kind: 'credit', merchantId: 'm1', currency: USD },
    action: 'update',
    conditions: [{ must: 'exist' }],
    set: {},
    add: { utilised: 1n },
    append: {},
    remove: [],
  },
  {
    row: { kind: 'release', merchantId: 'm1', currency: USD, releaseAt: 'then', depositId: 'D1' },
    action: 'delete',
    conditions: [{ must: 'exist' }],
  },
];

const failing = (error: unknown) => {
  const dynamo = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' }));
  dynamo.middlewareStack.add(() => () => Promise.reject(error), { step: 'initialize' });
  return dynamo;
};
const cancelled = (...codes: readonly string[]) =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({
      Code,
      ...(Code === 'ConditionalCheckFailed' && { Item: { version: { N: '9007199254740993' } } }),
    })),
  });
const resultOf = (error: unknown) =>
  commit({ dynamo: failing(error), table: 'Ledger', pools: new Pools(REAL) }, WRITES);

const FAILED = 'ConditionalCheckFailed';
const CONFLICT = 'TransactionConflict';
const THROTTLED = 'ThrottlingError';
const OVER = 'ProvisionedThroughputExceeded';
const NONE = 'None';

describe('cancellation reasons are read in the order of refusal', () => {
  it.each([
    // response  transaction  credit    release   result
    [FAILED, NONE, NONE, NONE, 'refused by response'],
    [FAILED, FAILED, FAILED, NONE, 'refused by response'],
    [FAILED, CONFLICT, NONE, NONE, 'refused by response'],
    [NONE, FAILED, FAILED, NONE, 'refused by transaction'],
    [NONE, NONE, FAILED, CONFLICT, 'refused by credit'],
    [NONE, NONE, NONE, FAILED, 'refused by release'],
    [CONFLICT, NONE, NONE, NONE, 'contended by response: conflict'],
    [CONFLICT, FAILED, FAILED, NONE, 'contended by response: conflict'],
    [NONE, CONFLICT, FAILED, NONE, 'contended by transaction: conflict'],
    [NONE, THROTTLED, FAILED, NONE, 'contended by transaction: throttled'],
    [NONE, OVER, FAILED, NONE, 'contended by transaction: throttled'],
    [THROTTLED, CONFLICT, NONE, NONE, 'contended by response: throttled'],
    [NONE, NONE, CONFLICT, FAILED, 'contended by credit: conflict'],
  ])('%s, %s, %s, %s: %s', async (...line) => {
    const expected = line[4];
    const result = await resultOf(cancelled(...line.slice(0, 4)));
    const by = 'by' in result ? `${result.kind} by ${result.by}` : result.kind;
    expect('met' in result ? `${by}: ${result.met}` : by).toBe(expected);
  });

  it('a refusal returns the row that failed, with exact numbers', async () => {
    expect(await resultOf(cancelled(NONE, NONE, FAILED, NONE))).toMatchObject({
      kind: 'refused',
      by: 'credit',
      existing: { version: 9007199254740993n },
    });
  });

  it('every write that failed is named, in the order of refusal', async () => {
    const failures = [
      { row: WRITES[0]?.row, met: 'conflict', existing: undefined },
      { row: WRITES[2]?.row, met: 'condition', existing: { version: 9007199254740993n } },
      { row: WRITES[3]?.row, met: 'throttled', existing: undefined },
    ];
    const result = await resultOf(cancelled(CONFLICT, NONE, FAILED, THROTTLED));
    expect(result).toEqual({ kind: 'contended', by: 'response', met: 'conflict', failures });
  });

  it('a cancellation with no known reason is thrown', async () => {
    for (const codes of [
      ['ValidationError', NONE, NONE, NONE],
      [NONE, NONE, NONE, NONE],
      ['ItemCollectionSizeLimitExceeded', NONE, NONE, NONE],
      [],
    ]) {
      await expect(resultOf(cancelled(...codes))).rejects.toThrow('cancelled');
    }
  });
});

const named = (name: string, more: object = {}): Error =>
  Object.assign(new Error(name), { name }, more);
const CONNECTION_CODES = [
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
];
const TRANSIENT = [
  named('InternalServerError', { $fault: 'server' }),
  named('ProvisionedThroughputExceededException', { $fault: 'client' }),
  named('RequestLimitExceeded', { $fault: 'client' }),
  named('ServiceUnavailable', { $fault: 'server' }),
  named('ThrottlingException', { $fault: 'client' }),
  named('TransactionConflictException', { $fault: 'client' }),
  named('TransactionInProgressException', { $fault: 'client' }),
  named('TimeoutError'),
  named('UnlistedServiceError', { $fault: 'server' }),
  ...CONNECTION_CODES.map((code) => named('Error', { code })),
].map((error) => [`${error.name} ${'code' in error ? error.code : ''}`.trim(), error] as const);
const DEFECTS = [
  named('ValidationException', { $fault: 'client' }),
  named('AccessDeniedException', { $fault: 'client' }),
  named('ResourceNotFoundException', { $fault: 'client' }),
  named('IdempotentParameterMismatchException', { $fault: 'client' }),
  new TypeError('undefined is not a function'),
].map((error) => [error.name, error] as const);

describe('an error without cancellation reasons', () => {
  it.each(TRANSIENT)('%s leaves the result unknown', async (_, error) => {
    expect(await resultOf(error)).toEqual({ kind: 'unknown' });
    expect(isRetryable(error)).toBe(true);
  });

  it.each(DEFECTS)('%s is a defect and is thrown', async (_, error) => {
    await expect(resultOf(error)).rejects.toBe(error);
    expect(isRetryable(error)).toBe(false);
  });

  it('a thrown value that is no error is not retryable', () => {
    for (const thrown of [undefined, null, 'TimeoutError', {}]) {
      expect(isRetryable(thrown)).toBe(false);
    }
  });
});

it('CR-2: all writes form one transaction, in their order, and each returns the row that fails it', async () => {
  const sent: unknown[] = [];
  const send = (command: unknown): Promise<object> => {
    sent.push(command);
    return Promise.resolve({});
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  expect(await commit({ dynamo, table: 'Ledger', pools: new Pools(REAL) }, WRITES)).toEqual({
    kind: 'committed',
  });
  expect(sent).toHaveLength(1);
  const [command] = sent;
  if (!(command instanceof TransactWriteCommand)) throw new Error('no transaction');
  const actions = (command.input.TransactItems ?? []).flatMap((item) => Object.entries(item));
  expect(actions.map(([kind]) => kind)).toEqual(['Put', 'ConditionCheck', 'Update', 'Delete']);
  for (const [, write] of actions) {
    expect(write).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  }
  expect(actions.map(([, write]) => (write as { TableName: string }).TableName)).toEqual([
    'Responses',
    'Ledger',
    'Ledger',
    'Ledger',
  ]);
});

const POOL_ROWS: readonly RowWrite[] = ['0', 'ROOT'].map((shard) => ({
  row: { kind: 'pool', currency: USD, shard },
  action: 'update',
  conditions: [{ must: 'exist' }],
  set: {},
  add: { available: -30n, conflicts: 2n },
  append: {},
  remove: [],
}));

describe('CR-1 CR-2: what a process learns of a pool from each commit', () => {
  const learned = async (dynamo: DynamoDBDocumentClient) => {
    const pools = new Pools({ clock: () => 0, random: () => 0 });
    pools.of(USD).sawShard({ shard: '0', open: true, available: minor(100n) });
    const result = await commit({ dynamo, table: 'Ledger', pools }, POOL_ROWS);
    const { canPay, isContended } = pools.of(USD).knowledge(1);
    const shares = [{ shard: '0', amount: minor(1n) }];
    return {
      kind: result.kind,
      canPay: canPay('0'),
      isContended: [isContended('0'), isContended('ROOT')],
      conflicts: pools.of(USD).counted(shares)[0]?.conflicts,
    };
  };
  const committing = { send: async () => ({}) } as unknown as DynamoDBDocumentClient;

  it('a commit has drawn on the rows, and has counted their conflicts', async () => {
    expect(await learned(committing)).toEqual({
      kind: 'committed',
      canPay: 70n,
      isContended: [false, false],
      conflicts: undefined,
    });
  });

  it('a conflict is remembered of its own row, also where another one comes first', async () => {
    expect(await learned(failing(cancelled(CONFLICT, CONFLICT)))).toEqual({
      kind: 'contended',
      canPay: 100n,
      isContended: [true, true],
      conflicts: 3n,
    });
    expect(await learned(failing(cancelled(NONE, THROTTLED)))).toMatchObject({
      isContended: [false, true],
      conflicts: 2n,
    });
  });

  it('a row that failed its condition comes with what it has', async () => {
    const Item = { currency: 'USD', available: 12n, lent: 0n, open: true, conflicts: 0n };
    const error = new TransactionCanceledException({
      message: 'cancelled',
      $metadata: {},
      CancellationReasons: [
        { Code: FAILED, Item: marshall({ ...Item, version: 1n, by: [] }) },
        { Code: NONE },
      ],
    });
    expect(await learned(failing(error))).toMatchObject({ kind: 'refused', canPay: 12n });
  });

  it('a lost answer teaches nothing', async () => {
    expect(await learned(failing(named('TimeoutError')))).toEqual({
      kind: 'unknown',
      canPay: 100n,
      isContended: [false, false],
      conflicts: undefined,
    });
  });
});

describe('CR-1 WD-8: what every commit counts', () => {
  const writes = [...POOL_ROWS, ...WRITES.slice(0, 1)];
  const commitMeets = (error: unknown) =>
    countedBy(() =>
      commit({ dynamo: failing(error), table: 'Ledger', pools: new Pools(REAL) }, writes),
    );

  it.each<[string, Error, object]>([
    ['a refusal', cancelled(FAILED, FAILED, FAILED), {}],
    ['a lost answer', named('TimeoutError'), {}],
    ['a conflict on another row', cancelled(NONE, NONE, CONFLICT), { Conflicts: 1 }],
    ['a conflict on the pool', cancelled(NONE, CONFLICT, NONE), { Conflicts: 1, PoolConflicts: 1 }],
    [
      'several conflicts',
      cancelled(CONFLICT, CONFLICT, CONFLICT),
      { Conflicts: 1, PoolConflicts: 1 },
    ],
    ['throttling', cancelled(OVER, THROTTLED, NONE), { ThrottledTransactions: 1 }],
    [
      'both',
      cancelled(CONFLICT, NONE, OVER),
      { Conflicts: 1, PoolConflicts: 1, ThrottledTransactions: 1 },
    ],
  ])('%s', async (_, error, expected) => {
    expect(await commitMeets(error)).toEqual({ Transactions: 1, ...expected });
  });
});
