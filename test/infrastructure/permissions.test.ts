import { describe, expect, it } from '@jest/globals';
import { busyId } from '../../lambdas/ledger/keys.ts';
import { GROUPS, type OPERATIONS } from '../../lambdas/operations/index.ts';
import { resourcesOf } from '../harness/templates.ts';
import { allowedRoles, productionArn, productionRoles, sorted } from './simulated-iam.ts';

const ROLES = productionRoles();
const LEDGER = productionArn('AWS::DynamoDB::Table', 'Ledger');
const IDEMPOTENCY = productionArn('AWS::DynamoDB::Table', 'Idempotency');
const KEY = productionArn('AWS::KMS::Key', 'Key');
const STREAM = `${LEDGER}/stream/2026-11-21T00:00:00.000`;

const IN_TRANSACTION = { 'dynamodb:EnclosingOperation': ['TransactWriteItems'] };

/** run-queued decides requests of the API on busy merchants, refunds, and scheduled withdrawals. */
const WORKERS = ['settle', 'execute-scheduled', 'rebalance', 'recover', 'run-queued'];
const namesOf = (wanted: (operation: (typeof OPERATIONS)[number]) => boolean): string[] =>
  GROUPS.filter(({ operations }) => operations.some(wanted)).map(({ name }) => name);

// From what the API promises, not from the `grants` of the descriptors: a wrong grant must fail these tests.
const SIGN_IN_ROUTE = /^POST (\/admin)?\/auth\/(?!register)/;
const isChange = ({ route }: { readonly route: string }): boolean =>
  !route.startsWith('GET ') && !SIGN_IN_ROUTE.test(route);
const isRegistration = ({ route }: { readonly route: string }): boolean =>
  route === 'POST /auth/register';
/** What only changes rows that exist, or puts those of one kind, is listed apart. */
const WRITERS = [...namesOf((each) => isChange(each) && !isRegistration(each)), ...WORKERS];
/** Operations that move money have a transaction row. Others are repeated, or compared with the row. */
const STORE_RESPONSES = namesOf(
  ({ route, access }) => access !== 'anyone' && route.startsWith('POST ') && isChange({ route }),
);
/** And run-queued, for the requests that it decides. */
const RESPONDERS = [...STORE_RESPONSES, 'run-queued'];
/** New rows are those of transactions and of what they open. Other changes are of rows that exist. */
const PUTTERS = [...RESPONDERS, 'auth', 'execute-scheduled', 'recover'];
/**
 * Only where a merchant spends, what it scheduled is executed, or a deposit is reversed, also by a second admin, may
 * pending releases be deleted.
 */
const DELETE_RELEASES = [
  'reversals',
  'confirmations',
  ...namesOf(
    (each) => each.access === 'merchant' && each.route.startsWith('POST ') && isChange(each),
  ),
  'execute-scheduled',
  'recover',
  'run-queued',
];

const API = GROUPS.map(({ name }) => name);
const READERS = [...API.filter((name) => name !== 'health'), ...WORKERS];
/** The only role without a function. EventBridge Scheduler assumes it. */
const SCHEDULER = productionRoles().find(({ name }) => name.includes('SchedulerRole'))?.name ?? '';

const PARTITIONS = {
  merchant: 'M#01ARZ3NDEKTSV4RRFFQ69G5FAV',
  name: 'NAME#alice',
  signIn: 'LOGIN#eu-central-1_a#1',
  pool: 'POOL#USD#ROOT',
  health: 'HEALTH',
};
const inTransaction = (partition: keyof typeof PARTITIONS) => ({
  ...IN_TRANSACTION,
  'dynamodb:LeadingKeys': [PARTITIONS[partition]],
});

it('every function has its own role, and EventBridge Scheduler has the only other one', () => {
  expect(sorted(ROLES.map(({ name }) => name))).toEqual(
    sorted([...API, ...WORKERS, 'relay', 'not-found', SCHEDULER]),
  );
});

describe('the Ledger table', () => {
  it('CR-2: allows updates in a transaction, to functions that decide or settle', async () => {
    const update = { action: 'dynamodb:UpdateItem', resource: LEDGER, context: IN_TRANSACTION };
    expect(await allowedRoles(update)).toEqual(sorted(WRITERS));
  });

  it('CR-2: allows new rows in a transaction, to functions that decide; never to settle', async () => {
    const put = { action: 'dynamodb:PutItem', resource: LEDGER };
    const context = inTransaction('merchant');
    expect(await allowedRoles({ ...put, context })).toEqual(sorted(PUTTERS));
    expect(PUTTERS).not.toContain('settle');
  });

  it('ID-1: registration puts rows of a merchant, its name and its sign-in; only an admin puts another sign-in', async () => {
    const put = { action: 'dynamodb:PutItem', resource: LEDGER };
    const putters = (partition: keyof typeof PARTITIONS) =>
      allowedRoles({ ...put, context: inTransaction(partition) });
    expect(await putters('merchant')).toContain('auth');
    expect(await putters('name')).toEqual(['auth']);
    expect(await putters('signIn')).toEqual(['auth', 'sign-ins']);
    expect(await putters('pool')).not.toContain('auth');
    expect(await putters('pool')).toContain('rebalance');
    expect(await putters('health')).toEqual([]);
  });

  it.each([
    ['dynamodb:PutItem', {}],
    ['dynamodb:UpdateItem', {}],
    ['dynamodb:DeleteItem', {}],
    ['dynamodb:PutItem', { 'dynamodb:EnclosingOperation': ['BatchWriteItem'] }],
    ['dynamodb:UpdateItem', { 'dynamodb:EnclosingOperation': ['ExecuteTransaction'] }],
  ])('CR-2: allows no role %s outside TransactWriteItems (%j)', async (action, more) => {
    const context = { 'dynamodb:LeadingKeys': [PARTITIONS.merchant], ...more };
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

  it.each([
    ['merchant', DELETE_RELEASES],
    ['signIn', ['sign-ins']],
    ['name', []],
    ['pool', []],
  ] as const)(
    'WA-3 ID-7: allows deletes in a transaction in a partition of %s to %p',
    async (partition, names) => {
      const context = inTransaction(partition);
      expect(
        await allowedRoles({ action: 'dynamodb:DeleteItem', resource: LEDGER, context }),
      ).toEqual(sorted(names));
    },
  );

  it('CR-2: allows condition checks to every function that commits', async () => {
    const action = 'dynamodb:ConditionCheckItem';
    expect(await allowedRoles({ action, resource: LEDGER })).toEqual(sorted(WRITERS));
  });

  it.each(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'])(
    'allows %s to API functions and payout workers, but not to the health check',
    async (action) => {
      const context = { 'dynamodb:LeadingKeys': [PARTITIONS.merchant] };
      expect(await allowedRoles({ action, resource: LEDGER, context })).toEqual(sorted(READERS));
    },
  );

  it('AP-5: the health check, which needs no token, reads one row that holds nothing', async () => {
    const read = { action: 'dynamodb:BatchGetItem', resource: LEDGER };
    const of = (partition: string) => ({ context: { 'dynamodb:LeadingKeys': [partition] } });
    expect(await allowedRoles({ ...read, ...of(PARTITIONS.health) })).toContain('health');
    expect(await allowedRoles({ ...read, ...of(PARTITIONS.merchant) })).not.toContain('health');
  });

  it.each([
    ['byTime', ['credit', 'history', 'sales', 'transfers', 'withdrawals']],
    ['byRecipient', ['credit', 'history', 'sales', 'transfers', 'withdrawals']],
    ['byId', ['confirmations', 'credit-decisions', 'history', 'reversals']],
    ['byStatus', ['credit-decisions', 'history', 'merchants']],
    ['nextCheck', ['pools', 'recover']],
  ])('allows queries of the index %s to %p alone, and no scan', async (index, names) => {
    const resource = `${LEDGER}/index/${index}`;
    expect(await allowedRoles({ action: 'dynamodb:Query', resource })).toEqual(sorted(names));
    expect(await allowedRoles({ action: 'dynamodb:Scan', resource })).toEqual([]);
  });

  it('allows only relay to read the stream', async () => {
    expect(await allowedRoles({ action: 'dynamodb:GetRecords', resource: STREAM })).toEqual([
      'relay',
    ]);
  });
});

describe('the user pools', () => {
  const MERCHANTS = productionArn('AWS::Cognito::UserPool', 'Merchants');
  const ADMINS = productionArn('AWS::Cognito::UserPool', 'Administrators');

  it.each([
    ['AdminCreateUser', ['auth', 'sign-ins'], []],
    ['AdminDeleteUser', ['auth', 'sign-ins'], []],
    ['AdminSetUserPassword', ['auth', 'profile'], []],
    ['AdminGetUser', ['admin-auth', 'auth', 'sign-ins'], ['auth', 'sign-ins']],
    ['AdminInitiateAuth', ['auth', 'profile'], ['admin-auth']],
    ['AdminRespondToAuthChallenge', ['auth'], ['admin-auth']],
    ['AdminDisableUser', ['sign-ins'], []],
    ['AdminUserGlobalSignOut', ['profile', 'sign-ins'], []],
    ['AdminAddUserToGroup', [], []],
    ['AdminUpdateUserAttributes', [], []],
    ['AdminSetUserMFAPreference', [], []],
    ['UpdateUserPool', [], []],
    ['UpdateUserPoolClient', [], []],
    ['ListUsers', [], []],
    ['DeleteUserPool', [], []],
  ])(
    'ID-7 ID-8: %s is allowed to %p at the merchants’, to %p at the administrators’',
    async (name, merchants, admins) => {
      const action = `cognito-idp:${name}`;
      expect(await allowedRoles({ action, resource: MERCHANTS })).toEqual(sorted(merchants));
      expect(await allowedRoles({ action, resource: ADMINS })).toEqual(sorted(admins));
    },
  );
});

it('a function that reads for merchants does not change anything as an admin', () => {
  for (const { operations } of GROUPS) {
    const reads = operations.some(
      ({ access, route }) => access === 'merchant' && route.startsWith('GET '),
    );
    const changes = operations.some(
      ({ access, route }) => access === 'admin' && !route.startsWith('GET '),
    );
    expect(reads && changes).toBe(false);
  }
});

describe('stored responses of idempotency keys', () => {
  const RESPONSE = { 'dynamodb:LeadingKeys': ['surety#Zm9yIGFuIGV4YW1wbGU='] };

  it('AP-1: are written only in a transaction', async () => {
    const put = { action: 'dynamodb:PutItem', resource: IDEMPOTENCY };
    const context = { ...IN_TRANSACTION, ...RESPONSE };
    expect(await allowedRoles({ ...put, context })).toEqual(sorted(RESPONDERS));
    expect(await allowedRoles({ ...put, context: RESPONSE })).toEqual([]);
  });

  it.each(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'])(
    'AP-1: cannot be changed or deleted by a function (%s)',
    async (action) => {
      const context = IN_TRANSACTION;
      expect(await allowedRoles({ action, resource: IDEMPOTENCY, context })).toEqual([]);
    },
  );

  it('AP-1 LE-2: can be read by the functions that store them, and by the lookup by key', async () => {
    const read = { action: 'dynamodb:GetItem', resource: IDEMPOTENCY };
    const readers = new Set([...RESPONDERS, ...namesOf(({ route }) => route.includes('/by-key/'))]);
    expect(await allowedRoles({ ...read, context: RESPONSE })).toEqual(sorted([...readers]));
  });
});

describe('the markers of busy merchants', () => {
  const MARKER = busyId('01ARZ3NDEKTSV4RRFFQ69G5FAV');
  const of = (...ids: readonly string[]) => ({ 'dynamodb:LeadingKeys': [...ids] });
  const put = { action: 'dynamodb:PutItem', resource: IDEMPOTENCY };

  it('WD-8: are put by run-queued, outside a transaction, and by no other function', async () => {
    expect(await allowedRoles({ ...put, context: of(MARKER) })).toEqual(['run-queued']);
  });

  it.each([
    'surety#Zm9yIGFuIGV4YW1wbGU=',
    'BUSY',
    'busy#01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'surety#BUSY#01ARZ3NDEKTSV4RRFFQ69G5FAV',
    PARTITIONS.merchant,
  ])('AP-1: are the only rows that are put outside a transaction, not %s', async (id) => {
    expect(await allowedRoles({ ...put, context: of(id) })).toEqual([]);
    expect(await allowedRoles({ ...put, context: of(MARKER, id) })).toEqual([]);
  });

  it.each([
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PartiQLInsert',
    'dynamodb:PartiQLUpdate',
  ])('WD-8: are only put and read (%s)', async (action) => {
    for (const context of [of(MARKER), { ...IN_TRANSACTION, ...of(MARKER) }])
      expect(await allowedRoles({ action, resource: IDEMPOTENCY, context })).toEqual([]);
  });

  it.each(Object.entries({ ...PARTITIONS, marker: MARKER }))(
    'CR-2: give no function a write to the Ledger outside a transaction, in the partition of %s',
    async (_, partition) => {
      for (const name of ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']) {
        const action = `dynamodb:${name}`;
        const context = of(partition);
        expect(await allowedRoles({ action, resource: LEDGER, context })).toEqual([]);
      }
    },
  );

  it('WD-8: are read by the functions that may hand over; the workers read nothing else of that table', async () => {
    const read = { action: 'dynamodb:GetItem', resource: IDEMPOTENCY };
    expect(await allowedRoles({ ...read, context: of(MARKER) })).toEqual(
      sorted([...RESPONDERS, 'settle', 'execute-scheduled', 'recover']),
    );
    for (const id of ['surety#Zm9yIGFuIGV4YW1wbGU=', 'BUSY', PARTITIONS.merchant])
      expect(await allowedRoles({ ...read, context: of(id) })).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(settle|execute-scheduled|recover)$/)]),
      );
  });

  it.each(['dynamodb:Query', 'dynamodb:BatchGetItem', 'dynamodb:Scan'])(
    'AP-1: are read one at a time, as responses are (%s)',
    async (action) => {
      const context = of(MARKER);
      expect(await allowedRoles({ action, resource: IDEMPOTENCY, context })).toEqual([]);
    },
  );
});

describe('the KMS key of the tables', () => {
  const viaDynamo = { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' };

  it('can be used through DynamoDB by functions that read or write', async () => {
    expect(
      await allowedRoles({ resource: KEY, action: 'kms:Decrypt', context: viaDynamo }),
    ).toEqual(sorted([...READERS, 'health', 'relay']));
    expect(
      await allowedRoles({ resource: KEY, action: 'kms:GenerateDataKey', context: viaDynamo }),
    ).toEqual(sorted([...WRITERS, 'auth']));
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
