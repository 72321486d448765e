import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { indexKeysOf } from '../../lambdas/ledger/index-keys.ts';
import { USD } from '../harness/in-memory-ledger.ts';
import { inside, STAGE_NAMES, stacksOf, theResource } from '../harness/templates.ts';

const { Properties: source } = theResource(
  'production',
  'AWS::Lambda::EventSourceMapping',
  'Relay',
);

type Pattern = { readonly [key: string]: Pattern | readonly (string | { prefix: string })[] };

const patterns = (): Pattern[] =>
  [inside(source, 'FilterCriteria', 'Filters')]
    .flat()
    .map((filter) => JSON.parse(String(inside(filter, 'Pattern'))));

/** Matches as Lambda does: each field must equal one of the strings or start with the prefix. */
const matches = (pattern: Pattern, record: unknown): boolean =>
  Object.entries(pattern).every(([key, wanted]) => {
    const found = inside(record, key);
    if (!Array.isArray(wanted)) return found !== undefined && matches(wanted as Pattern, found);
    return wanted.some((rule: string | { prefix: string }) =>
      typeof rule === 'string'
        ? found === rule
        : typeof found === 'string' && found.startsWith(rule.prefix),
    );
  });

const reachesTheRelay = (record: unknown) => patterns().some((one) => matches(one, record));

const withdrawal = {
  pk: 'M#01JD5Z6Q0W8F3V7K2N9XHEYB4T',
  sk: 'TXN#7QK2M4ZP9V1R6T8W3X5Y0B2C4D',
  txnId: '7QK2M4ZP9V1R6T8W3X5Y0B2C4D',
  type: 'withdrawal',
  status: 'PENDING',
  source: 'credit',
  amount: 10_000n,
  currency: 'USD',
  createdAt: '2026-11-21T08:00:00.000Z',
  payout: { provider: 'bank', destination: 'DE89370400440532013000', attempt: 0n },
  nextCheckKey: 'PAYOUT#7',
  nextCheckAt: '2026-11-21T08:15:00.000Z',
};
const { payout, ...withoutPayout } = withdrawal;

/** A record of a stream with both images. */
const record = (old: object | undefined, now: object | undefined) => ({
  eventID: '4b25bd0da9a181a155114127e4837252',
  eventName: old === undefined ? 'INSERT' : now === undefined ? 'REMOVE' : 'MODIFY',
  eventSource: 'aws:dynamodb',
  awsRegion: 'eu-central-1',
  dynamodb: {
    Keys: marshall({ pk: withdrawal.pk, sk: inside(now ?? old, 'sk') }),
    ...(old === undefined ? {} : { OldImage: marshall(old) }),
    ...(now === undefined ? {} : { NewImage: marshall(now) }),
    SequenceNumber: '4421584500000000017450439091',
    SizeBytes: 512,
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  },
});

const shard = { pk: 'POOL#USD#3', sk: 'POOL', currency: 'USD', available: 1n };
const root = {
  ...shard,
  ...indexKeysOf({ kind: 'pool', currency: USD, shard: 'ROOT' }, { currency: USD }),
};
const as = (status: string) => ({ ...withdrawal, status });

describe('the relay', () => {
  it.each([
    ['WD-1: a new PENDING withdrawal', undefined, as('PENDING')],
    ['WD-2: a new SCHEDULED withdrawal', undefined, as('SCHEDULED')],
    ['WD-2: a scheduled withdrawal that was executed', as('SCHEDULED'), as('PENDING')],
    ['WD-2: a scheduled withdrawal that was cancelled', as('SCHEDULED'), as('CANCELLED')],
    ['a new payout of another transaction type', undefined, { ...as('PENDING'), type: 'sale' }],
    ['CR-1: a new pool', undefined, root],
    ['CR-1: a top-up of the root of a pool', root, { ...root, available: 2n }],
  ])('receives %s', (_, old, now) => {
    expect(reachesTheRelay(record(old, now))).toBe(true);
  });

  it.each([
    ['WD-2: a scheduled withdrawal with a new check time', as('SCHEDULED'), as('SCHEDULED')],
    ['WD-2: a scheduled withdrawal that failed', as('SCHEDULED'), as('FAILED')],
    ['WD-7: a claim', as('PENDING'), as('PROCESSING')],
    ['WD-7: a claim returned to PENDING with its message', as('PROCESSING'), as('PENDING')],
    ['WD-6: an inquiry without a payout, which keeps its message', as('UNKNOWN'), as('PENDING')],
    [
      'another change of a pending withdrawal',
      as('PENDING'),
      { ...as('PENDING'), payout: { ...payout, attempt: 1n } },
    ],
    ['WD-3: a settled withdrawal', as('PROCESSING'), as('SUCCEEDED')],
    ['a deleted row', as('PENDING'), undefined],
    ['a top-up, which has no payout', undefined, { ...withoutPayout, type: 'top_up' }],
    [
      'a payout of an unknown provider',
      undefined,
      { ...as('PENDING'), payout: { ...payout, provider: 'other' } },
    ],
    ['CR-1: a shard of a pool', shard, { ...shard, available: 2n }],
    ['a PENDING merchant', undefined, { ...as('PENDING'), sk: 'MERCHANT' }],
  ])('does not receive %s', (_, old, now) => {
    expect(reachesTheRelay(record(old, now))).toBe(false);
  });

  // DynamoDB stream records hold numbers as strings, which numeric filters do not match.
  it('filters by strings only', () => {
    expect(JSON.stringify(patterns())).not.toMatch(/"N":|numeric/);
  });

  it.each(STAGE_NAMES)(
    'WD-8: retries a record in %s until it is too old, however often',
    (stage) => {
      const relay = theResource(stage, 'AWS::Lambda::EventSourceMapping', 'Relay').Properties;
      // -1 is the default and means without limit.
      expect(relay['MaximumRetryAttempts'] ?? -1).toBe(-1);
      expect(relay['MaximumRecordAgeInSeconds']).toBe(
        stacksOf(stage).stage.stream.maxRecordAgeSeconds,
      );
    },
  );

  it('bisects failed batches, and sends failures to a dead-letter queue', () => {
    expect(source).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [expect.stringMatching(/^RelayDeadLetters/), 'Arn'] },
        },
      },
    });
  });
});

it('WD-8: settle retries only the messages of a batch that failed', () => {
  expect(
    theResource('production', 'AWS::Lambda::EventSourceMapping', 'Settle').Properties,
  ).toMatchObject({
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^PayoutsQueue/), 'Arn'] },
    FunctionName: { Ref: expect.stringMatching(/^Settle/) },
  });
});
