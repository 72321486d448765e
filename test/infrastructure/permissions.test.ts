import { describe, expect, it } from '@jest/globals';
import { GROUPS, type OPERATIONS } from '../../lambdas/operations/index.ts';
import { resourcesOf } from '../harness/templates.ts';
import { allowedRoles, productionArn, productionRoles, sorted } from './simulated-iam.ts';

const ROLES = productionRoles();
const LEDGER = productionArn('AWS::DynamoDB::Table', 'Ledger');
const IDEMPOTENCY = productionArn('AWS::DynamoDB::Table', 'Idempotency');
const KEY = productionArn('AWS::KMS::Key', 'Key');
const STREAM = `${LEDGER}/stream/2026-11-21T00:00:00.000`;

const IN_TRANSACTION = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };

const WORKERS = ['settle', 'execute-scheduled', 'recover'];
const namesOf = (wanted: (operation: (typeof OPERATIONS)[number]) => boolean): string[] =>
  GROUPS.filter(({ operations }) => operations.some(wanted)).map(({ name }) => name);

// From what the API promises, not from the `grants` of the descriptors: a wrong grant must fail these tests.
const isChange = ({ route }: { readonly route: string }): boolean => !route.startsWith('GET ');
const WRITERS = [...namesOf(isChange), ...WORKERS];
/** Sign-ups and sign-ins are repeated at the user pool; everything else that changes is replayed. */
const STORE_RESPONSES = namesOf((each) => isChange(each) && each.access !== 'anyone');
/** Only where a merchant spends, or what it scheduled is executed, may pending releases be deleted. */
const DELETE_RELEASES = [
  ...namesOf(({ route, access }) => access === 'merchant' && route.startsWith('POST ')),
  'execute-scheduled',
  'recover',
];

const API = GROUPS.map(({ name }) => name);
const READERS = [...API, ...WORKERS];
/** The only role without a function. EventBridge Scheduler assumes it. */
const SCHEDULER = productionRoles().find(({ name }) => name.includes('SchedulerRole'))?.name ?? '';

it('every function has its own role, and EventBridge Scheduler has the only other one', () => {
  expect(sorted(ROLES.map(({ name }) => name))).toEqual(
    sorted([...READERS, 'relay', 'not-found', 'confirm-registration', SCHEDULER]),
  );
});

describe('the Ledger table', () => {
  it.each(['dynamodb:PutItem', 'dynamodb:UpdateItem'])(
    'CR-2: allows %s in a transaction, to functions that decide or settle',
    async (action) => {
      expect(await allowedRoles({ action, resource: LEDGER, context: IN_TRANSACTION })).toEqual(
        sorted(WRITERS),
      );
    },
  );

  it.each([
    ['dynamodb:PutItem', {}],
    ['dynamodb:UpdateItem', {}],
    ['dynamodb:PutItem', { 'dynamodb:EnclosingOperation': ['BatchWriteItem'] }],
    ['dynamodb:UpdateItem', { 'dynamodb:EnclosingOperation': ['ExecuteTransaction'] }],
  ])('CR-2: allows no role %s outside TransactWriteItems (%j)', async (action, context) => {
    expect(await allowedRoles({ action, resource: LEDGER, context })).toEqual([]);
  });

  it.each([
    'dynamodb:Scan',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLUpdate',
    'dynamodb:PartiQLSelect',
    'dynamodb:DeleteTable',
    'dynamodb:UpdateTable',
  ])('allows no role %s', async (action) => {
    expect(await allowedRoles({ action, resource: LEDGER })).toEqual([]);
  });

  it('WA-3: allows deletes in a transaction, to functions that settle pending releases', async () => {
    const action = 'dynamodb:DeleteItem';
    expect(await allowedRoles({ action, resource: LEDGER, context: IN_TRANSACTION })).toEqual(
      sorted(DELETE_RELEASES),
    );
  });

  it('CR-2: allows condition checks to every function that commits', async () => {
    const action = 'dynamodb:ConditionCheckItem';
    expect(await allowedRoles({ action, resource: LEDGER })).toEqual(sorted(WRITERS));
  });

  it.each(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'])(
    'allows %s to API functions and payout workers',
    async (action) => {
      expect(await allowedRoles({ action, resource: LEDGER })).toEqual(sorted(READERS));
    },
  );

  it.each([
    ['byTime', []],
    ['byRecipient', []],
    ['byId', []],
    ['byStatus', []],
    ['nextCheck', ['recover']],
  ])(
    'allows queries of the index %s to API functions and %p, and no scan',
    async (index, workers) => {
      const resource = `${LEDGER}/index/${index}`;
      expect(await allowedRoles({ action: 'dynamodb:Query', resource })).toEqual(
        sorted([...API, ...workers]),
      );
      expect(await allowedRoles({ action: 'dynamodb:Scan', resource })).toEqual([]);
    },
  );

  it('allows only relay to read the stream', async () => {
    expect(await allowedRoles({ action: 'dynamodb:GetRecords', resource: STREAM })).toEqual([
      'relay',
    ]);
  });
});

describe('stored responses of idempotency keys', () => {
  it('AP-1: are written only in a transaction', async () => {
    const put = { action: 'dynamodb:PutItem', resource: IDEMPOTENCY };
    expect(await allowedRoles({ ...put, context: IN_TRANSACTION })).toEqual(
      sorted(STORE_RESPONSES),
    );
    expect(await allowedRoles(put)).toEqual([]);
  });

  it.each(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'])(
    'AP-1: cannot be changed or deleted by a function (%s)',
    async (action) => {
      const context = IN_TRANSACTION;
      expect(await allowedRoles({ action, resource: IDEMPOTENCY, context })).toEqual([]);
    },
  );

  it('AP-1: can be read by the functions that store them', async () => {
    expect(await allowedRoles({ action: 'dynamodb:GetItem', resource: IDEMPOTENCY })).toEqual(
      sorted(STORE_RESPONSES),
    );
  });
});

describe('the KMS key of the tables', () => {
  const viaDynamo = { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' };

  it('can be used through DynamoDB by functions that read or write', async () => {
    expect(
      await allowedRoles({ resource: KEY, action: 'kms:Decrypt', context: viaDynamo }),
    ).toEqual(sorted([...READERS, 'relay']));
    expect(
      await allowedRoles({ resource: KEY, action: 'kms:GenerateDataKey', context: viaDynamo }),
    ).toEqual(sorted(WRITERS));
  });

  it('cannot be used by a function directly', async () => {
    expect(await allowedRoles({ resource: KEY, action: 'kms:Encrypt' })).toEqual([]);
  });

  it('cannot be managed by a function', async () => {
    expect(await allowedRoles({ resource: KEY, action: 'kms:ScheduleKeyDeletion' })).toEqual([]);
    expect(await allowedRoles({ resource: KEY, action: 'kms:PutKeyPolicy' })).toEqual([]);
  });
});

it('roles have permissions on all resources only for tracing and for listing streams', () => {
  const everywhere = ROLES.flatMap(({ policies }) => policies.flatMap(({ Statement }) => Statement))
    .filter((statement) => [statement['Resource']].flat().includes('*'))
    .flatMap((statement) => [statement['Action']].flat());
  expect(sorted([...new Set(everywhere.map(String))])).toEqual([
    'dynamodb:ListStreams',
    'xray:PutTelemetryRecords',
    'xray:PutTraceSegments',
  ]);
});

// AWS can widen a managed policy.
it('no role has a policy that is managed by AWS', () => {
  const managed = resourcesOf('production', 'AWS::IAM::Role').filter(
    ([, { Properties }]) => Properties['ManagedPolicyArns'] !== undefined,
  );
  expect(managed).toEqual([]);
});
