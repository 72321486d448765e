import { describe, expect, it } from '@jest/globals';
import { resourcesOf } from '../harness/templates.ts';
import { allowed, keyPolicy, productionArn, productionRoles, sorted } from './simulated-iam.ts';

const ROLES = productionRoles();
const LEDGER = productionArn('AWS::DynamoDB::Table', 'Ledger');
const IDEMPOTENCY = productionArn('AWS::DynamoDB::Table', 'Idempotency');
const KEY = productionArn('AWS::KMS::Key', 'Key');
const STREAM = `${LEDGER}/stream/2026-11-21T00:00:00.000`;

const IN_TRANSACTION = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };
const WRITERS = [
  'auth',
  'transfers',
  'wallets',
  'withdrawals',
  'merchants',
  'pools',
  'settle',
  'execute-scheduled',
  'recover',
];
/** No function has it: EventBridge Scheduler sends in it. */
const SCHEDULER = productionRoles().find(({ name }) => name.includes('SchedulerRole'))?.name ?? '';
const STORES_ANSWERS = ['transfers', 'wallets', 'withdrawals', 'merchants', 'pools'];
const FOLDERS = ['transfers', 'withdrawals', 'execute-scheduled', 'recover'];
const READERS = [...WRITERS, 'me', 'health', 'history'];

it('every function has a role of its own, and there is no other but the schedules’', () => {
  expect(sorted(ROLES.map(({ name }) => name))).toEqual(
    sorted([...READERS, 'relay', 'not-found', 'confirm-registration', SCHEDULER]),
  );
});

describe('the Ledger', () => {
  it.each(['dynamodb:PutItem', 'dynamodb:UpdateItem'])(
    'CR-2: %s is allowed inside a transaction, to those who decide or settle',
    async (action) => {
      expect(await allowed({ action, resource: LEDGER, context: IN_TRANSACTION })).toEqual(
        sorted(WRITERS),
      );
    },
  );

  it.each([
    ['dynamodb:PutItem', {}],
    ['dynamodb:UpdateItem', {}],
    ['dynamodb:PutItem', { 'dynamodb:EnclosingOperation': ['BatchWriteItem'] }],
    ['dynamodb:UpdateItem', { 'dynamodb:EnclosingOperation': ['ExecuteTransaction'] }],
  ])('CR-2: nobody can %s outside TransactWriteItems (%j)', async (action, context) => {
    expect(await allowed({ action, resource: LEDGER, context })).toEqual([]);
  });

  it.each([
    'dynamodb:Scan',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLUpdate',
    'dynamodb:PartiQLSelect',
    'dynamodb:DeleteTable',
    'dynamodb:UpdateTable',
  ])('nobody can %s', async (action) => {
    expect(await allowed({ action, resource: LEDGER })).toEqual([]);
  });

  it('WA-3: a tranche is taken away inside a transaction, by those who fold it into its wallet', async () => {
    const action = 'dynamodb:DeleteItem';
    expect(await allowed({ action, resource: LEDGER, context: IN_TRANSACTION })).toEqual(
      sorted(FOLDERS),
    );
  });

  it('CR-2: whoever commits may also check a row that stays as it is', async () => {
    const action = 'dynamodb:ConditionCheckItem';
    expect(await allowed({ action, resource: LEDGER })).toEqual(sorted(WRITERS));
  });

  it.each(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'])(
    '%s is for those who answer or settle',
    async (action) => {
      expect(await allowed({ action, resource: LEDGER })).toEqual(sorted(READERS));
    },
  );

  const WORKERS = ['settle', 'execute-scheduled', 'recover'];
  it.each([
    ['byTime', []],
    ['byRecipient', []],
    ['byId', []],
    ['byStatus', []],
    ['due', ['recover']],
  ])(
    'the index %s can be queried by those who answer (and %p), never scanned',
    async (index, workers) => {
      const resource = `${LEDGER}/index/${index}`;
      const answering = READERS.filter((name) => !WORKERS.includes(name));
      expect(await allowed({ action: 'dynamodb:Query', resource })).toEqual(
        sorted([...answering, ...workers]),
      );
      expect(await allowed({ action: 'dynamodb:Scan', resource })).toEqual([]);
    },
  );

  it('only relay reads the stream', async () => {
    expect(await allowed({ action: 'dynamodb:GetRecords', resource: STREAM })).toEqual(['relay']);
  });
});

describe('the answers stored for idempotency keys', () => {
  it('AP-1: are put inside the transaction that moved the money', async () => {
    const put = { action: 'dynamodb:PutItem', resource: IDEMPOTENCY };
    expect(await allowed({ ...put, context: IN_TRANSACTION })).toEqual(sorted(STORES_ANSWERS));
    expect(await allowed(put)).toEqual([]);
  });

  it.each(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'])(
    'AP-1: are never changed or deleted by a function (%s)',
    async (action) => {
      const context = IN_TRANSACTION;
      expect(await allowed({ action, resource: IDEMPOTENCY, context })).toEqual([]);
    },
  );

  it('AP-1: are looked up by those who store them', async () => {
    expect(await allowed({ action: 'dynamodb:GetItem', resource: IDEMPOTENCY })).toEqual(
      sorted(STORES_ANSWERS),
    );
  });
});

describe('the key of the tables', () => {
  const key = { resource: KEY, resourcePolicy: keyPolicy() };
  const viaDynamo = { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' };

  it('can be used through DynamoDB by those who read or write', async () => {
    expect(await allowed({ ...key, action: 'kms:Decrypt', context: viaDynamo })).toEqual(
      sorted([...READERS, 'relay']),
    );
    expect(await allowed({ ...key, action: 'kms:GenerateDataKey', context: viaDynamo })).toEqual(
      sorted(WRITERS),
    );
  });

  it('encrypts nothing for a function that goes past DynamoDB', async () => {
    expect(await allowed({ ...key, action: 'kms:Encrypt' })).toEqual([]);
  });

  it('cannot be managed by any function', async () => {
    expect(await allowed({ ...key, action: 'kms:ScheduleKeyDeletion' })).toEqual([]);
    expect(await allowed({ ...key, action: 'kms:PutKeyPolicy' })).toEqual([]);
  });
});

it('the only things a role may do to every resource are to trace and to find its stream', () => {
  const everywhere = ROLES.flatMap(({ policies }) => policies.flatMap(({ Statement }) => Statement))
    .filter((statement) => [statement['Resource']].flat().includes('*'))
    .flatMap((statement) => [statement['Action']].flat());
  expect(sorted([...new Set(everywhere.map(String))])).toEqual([
    'dynamodb:ListStreams',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ]);
});

it('no role carries a policy that AWS manages, and can widen', () => {
  const managed = resourcesOf('production', 'AWS::IAM::Role').filter(
    ([, { Properties }]) => Properties['ManagedPolicyArns'] !== undefined,
  );
  expect(managed).toEqual([]);
});
