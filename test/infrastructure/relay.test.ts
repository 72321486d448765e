import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from '@jest/globals';
import { inside, resourcesOf, theResource } from '../harness/templates.ts';

const { Properties: source } = theResource(
  'production',
  'AWS::Lambda::EventSourceMapping',
  'WorkRelay',
);

type Pattern = { readonly [key: string]: Pattern | readonly (string | { prefix: string })[] };

const patterns = (): Pattern[] =>
  [inside(source, 'FilterCriteria', 'Filters')]
    .flat()
    .map((filter) => JSON.parse(String(inside(filter, 'Pattern'))));

/** As Lambda matches: every field named must equal one of its strings, or start with its prefix. */
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
  attempt: 0,
  dueKey: 'DUE#7',
  due: '2026-11-21T08:15:00.000Z',
};

/** A record as it arrives from a stream of both images. */
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

const as = (status: string) => ({ ...withdrawal, status });

describe('the relay', () => {
  it.each([
    ['WD-1: a withdrawal that is new as PENDING', undefined, as('PENDING')],
    ['WD-2: a withdrawal that is new as SCHEDULED', undefined, as('SCHEDULED')],
    ['WD-2: a scheduled withdrawal whose time has come', as('SCHEDULED'), as('PENDING')],
    ['WD-2: a scheduled withdrawal that was cancelled', as('SCHEDULED'), as('CANCELLED')],
  ])('is woken by %s', (_, old, now) => {
    expect(reachesTheRelay(record(old, now))).toBe(true);
  });

  it.each([
    ['WD-2: a scheduled withdrawal that the sweep put off', as('SCHEDULED'), as('SCHEDULED')],
    ['WD-2: one that could not be carried out', as('SCHEDULED'), as('FAILED')],
    ['WD-7: a claim', as('PENDING'), as('PROCESSING')],
    ['WD-7: a claim given back, whose message is still there', as('PROCESSING'), as('PENDING')],
    ['WD-6: an inquiry that found nothing, likewise', as('UNKNOWN'), as('PENDING')],
    ['another change of a pending withdrawal', as('PENDING'), { ...as('PENDING'), attempt: 1 }],
    ['WD-3: a settled withdrawal', as('PROCESSING'), as('SUCCEEDED')],
    ['a row that is deleted', as('PENDING'), undefined],
    ['a top-up', undefined, { ...as('PENDING'), type: 'top-up' }],
    ['a merchant, PENDING like a withdrawal', undefined, { ...as('PENDING'), sk: 'MERCHANT' }],
  ])('sleeps through %s', (_, old, now) => {
    expect(reachesTheRelay(record(old, now))).toBe(false);
  });

  it('is filtered by strings alone, since Lambda compares no numbers of a stream', () => {
    expect(JSON.stringify(patterns())).not.toMatch(/"N":|numeric/);
  });

  it('loses nothing silently: bounded tries, halved batches, and a place for what fails', () => {
    expect(source).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 100,
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [expect.stringMatching(/^WorkRelayLost/), 'Arn'] },
        },
      },
    });
  });
});

describe('the settlement queue', () => {
  it('WD-8: parks a message after 1,000 receives, and keeps it for 14 days', () => {
    const queue = theResource('production', 'AWS::SQS::Queue', 'SettlementQueue').Properties;
    expect(queue).toMatchObject({
      VisibilityTimeout: 180,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: {
        maxReceiveCount: 1000,
        deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/^SettlementParked/), 'Arn'] },
      },
    });
    for (const [, { Properties }] of resourcesOf('production', 'AWS::SQS::Queue')) {
      expect(Properties).toMatchObject({ MessageRetentionPeriod: 1_209_600 });
    }
  });

  it('WD-8: hands settle ten messages at a time, and takes back only those that failed', () => {
    expect(
      theResource('production', 'AWS::Lambda::EventSourceMapping', 'Settle').Properties,
    ).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/^SettlementQueue/), 'Arn'] },
      FunctionName: { Ref: expect.stringMatching(/^Settle/) },
    });
  });
});
