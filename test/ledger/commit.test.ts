import { DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { commit, isPassing, type LabelledWrite } from '../../lambdas/ledger/commit.ts';

const condition = { TableName: 'Ledger', Key: { pk: 'a', sk: 'b' } };
const WRITES: readonly LabelledWrite[] = [
  { label: 'answer', write: { Put: { TableName: 'Answers', Item: { id: '1' } } } },
  { label: 'transaction', write: { ConditionCheck: { ...condition, ConditionExpression: 'x' } } },
  { label: 'credit', write: { Update: { ...condition, UpdateExpression: 'x' } } },
  { label: 'tranche', write: { Delete: condition } },
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
      ...(Code === 'ConditionalCheckFailed' && { Item: { seq: { N: '9007199254740993' } } }),
    })),
  });
const outcomeOf = (error: unknown) => commit(failing(error), WRITES);

const FAILED = 'ConditionalCheckFailed';
const CONFLICT = 'TransactionConflict';
const THROTTLED = 'ThrottlingError';
const OVER = 'ProvisionedThroughputExceeded';
const NONE = 'None';

describe('a cancelled transaction is read in order of refusal', () => {
  it.each([
    // answer    transaction  credit    tranche   outcome
    [FAILED, NONE, NONE, NONE, 'refused by answer'],
    [FAILED, FAILED, FAILED, NONE, 'refused by answer'],
    [FAILED, CONFLICT, NONE, NONE, 'refused by answer'],
    [NONE, FAILED, FAILED, NONE, 'refused by transaction'],
    [NONE, NONE, FAILED, CONFLICT, 'refused by credit'],
    [NONE, NONE, NONE, FAILED, 'refused by tranche'],
    [CONFLICT, NONE, NONE, NONE, 'contended by answer'],
    [CONFLICT, FAILED, FAILED, NONE, 'contended by answer'],
    [NONE, CONFLICT, FAILED, NONE, 'contended by transaction'],
    [NONE, THROTTLED, FAILED, NONE, 'contended by ThrottlingError'],
    [NONE, OVER, FAILED, NONE, 'contended by ProvisionedThroughputExceeded'],
    [NONE, NONE, CONFLICT, FAILED, 'contended by credit'],
  ])('%s, %s, %s, %s: %s', async (...line) => {
    const outcome = line[4];
    const result = await outcomeOf(cancelled(...line.slice(0, 4)));
    expect('by' in result ? `${result.kind} by ${result.by}` : result.kind).toBe(outcome);
  });

  it('the row that refused is at hand, its numbers exact', async () => {
    expect(await outcomeOf(cancelled(NONE, NONE, FAILED, NONE))).toEqual({
      kind: 'refused',
      by: 'credit',
      existing: { seq: 9007199254740993n },
    });
  });

  it('a cancellation that says nothing we know is not taken for an outcome', async () => {
    for (const codes of [
      ['ValidationError', NONE, NONE, NONE],
      [NONE, NONE, NONE, NONE],
      ['ItemCollectionSizeLimitExceeded', NONE, NONE, NONE],
      [],
    ]) {
      await expect(outcomeOf(cancelled(...codes))).rejects.toThrow('cancelled');
    }
  });
});

const named = (name: string, more: object = {}): Error =>
  Object.assign(new Error(name), { name }, more);
const PASSING = [
  named('InternalServerError', { $fault: 'server' }),
  named('ProvisionedThroughputExceededException', { $fault: 'client' }),
  named('RequestLimitExceeded', { $fault: 'client' }),
  named('ServiceUnavailable', { $fault: 'server' }),
  named('ThrottlingException', { $fault: 'client' }),
  named('TransactionConflictException', { $fault: 'client' }),
  named('TransactionInProgressException', { $fault: 'client' }),
  named('TimeoutError'),
  named('SomethingNewAtTheirEnd', { $fault: 'server' }),
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].map((code) => named('Error', { code })),
].map((error) => [`${error.name} ${'code' in error ? error.code : ''}`.trim(), error] as const);
const WRONG = [
  named('ValidationException', { $fault: 'client' }),
  named('AccessDeniedException', { $fault: 'client' }),
  named('ResourceNotFoundException', { $fault: 'client' }),
  named('IdempotentParameterMismatchException', { $fault: 'client' }),
  new TypeError('undefined is not a function'),
].map((error) => [error.name, error] as const);

describe('an answer that was lost, or that says nothing about the transaction', () => {
  it.each(PASSING)('%s leaves the outcome unknown', async (_, error) => {
    expect(await outcomeOf(error)).toEqual({ kind: 'unknown' });
    expect(isPassing(error)).toBe(true);
  });

  it.each(WRONG)('%s is a fault of ours and is thrown', async (_, error) => {
    await expect(outcomeOf(error)).rejects.toBe(error);
    expect(isPassing(error)).toBe(false);
  });

  it('what is no error at all is not passing', () => {
    for (const thrown of [undefined, null, 'TimeoutError', {}]) {
      expect(isPassing(thrown)).toBe(false);
    }
  });
});

it('CR-2: all writes go out as one transaction, in their order, and ask for the row that refuses', async () => {
  const sent: unknown[] = [];
  const send = (command: unknown): Promise<object> => {
    sent.push(command);
    return Promise.resolve({});
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  expect(await commit(dynamo, WRITES)).toEqual({ kind: 'committed' });
  expect(sent).toHaveLength(1);
  const [command] = sent;
  if (!(command instanceof TransactWriteCommand)) throw new Error('no transaction');
  const actions = (command.input.TransactItems ?? []).flatMap((item) => Object.entries(item));
  expect(actions.map(([kind]) => kind)).toEqual(['Put', 'ConditionCheck', 'Update', 'Delete']);
  for (const [, write] of actions) {
    expect(write).toMatchObject({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
  }
});
