import { describe, expect, it } from '@jest/globals';
import { BUSY_SENDERS } from '../harness/busy-senders.ts';
import { resourcesOf, templatesOf } from '../harness/templates.ts';
import { SIMULATED_TYPES } from './resource-policies.ts';
import {
  ADMINISTRATOR,
  ANONYMOUS,
  allowedRoles,
  type Caller,
  isAllowed,
  OTHER_ACCOUNT,
  productionArn,
  productionRoles,
  service,
  simulate,
  sorted,
} from './simulated-iam.ts';

const STAGE = 'production';
const SERVICES = ['apigateway', 'events', 'scheduler', 'lambda', 'sqs', 's3', 'sns', 'dynamodb'];
/** Callers that only a resource policy can allow. */
const STRANGERS: readonly Caller[] = [OTHER_ACCOUNT, ANONYMOUS, ...SERVICES.map(service)];

const strangersAllowed = async (attempt: {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string>;
}): Promise<string[]> => {
  const decisions = await Promise.all(STRANGERS.map((caller) => isAllowed({ caller, ...attempt })));
  return STRANGERS.filter((_, at) => decisions[at]).map(({ arn }) => arn);
};

it('every resource policy of the templates is simulated', () => {
  const { data, service: services } = templatesOf(STAGE);
  const withPrincipal = [data, services]
    .flatMap(({ Resources }) => Object.values(Resources))
    .filter(({ Properties }) => JSON.stringify(Properties).includes('"Principal":'));
  expect(new Set(withPrincipal.map(({ Type }) => Type))).toEqual(new Set(SIMULATED_TYPES));
});

const scheduler = productionRoles().find(({ name }) => name.includes('SchedulerRole'))?.name ?? '';

describe('queues', () => {
  /** Which roles may send to a queue, and which may consume its messages. */
  const QUEUES: Record<string, { readonly send: readonly string[]; readonly consume: string[] }> = {
    BusyWorkQueue: { send: BUSY_SENDERS, consume: ['run-queued'] },
    BusyWorkDeadLetters: { send: [], consume: [] },
    PayoutsQueue: { send: ['recover', 'relay'], consume: ['settle'] },
    PayoutsDeadLetters: { send: [], consume: [] },
    SchedulesWorkQueue: { send: [scheduler, 'recover', 'relay'], consume: ['execute-scheduled'] },
    SchedulesWorkDeadLetters: { send: [scheduler], consume: [] },
    PoolsWorkQueue: { send: ['recover', 'relay'], consume: ['rebalance'] },
    PoolsWorkDeadLetters: { send: [], consume: [] },
    RelayDeadLetters: { send: ['relay'], consume: [] },
  };
  const queues = resourcesOf(STAGE, 'AWS::SQS::Queue').map(([id]) => ({
    id,
    name: id.slice(0, -'12345678'.length),
    resource: productionArn('AWS::SQS::Queue', id),
  }));

  it.each(queues)('$name can be used by the roles that need it', async ({ name, resource }) => {
    const send = await allowedRoles({ action: 'sqs:SendMessage', resource });
    const consume = await allowedRoles({ action: 'sqs:ReceiveMessage', resource });
    expect({ send, consume: sorted(consume) }).toEqual({
      send: sorted(QUEUES[name]?.send ?? []),
      consume: QUEUES[name]?.consume,
    });
  });

  it.each(queues)(
    '$name cannot be used by services, other accounts, or without a signature',
    async ({ resource }) => {
      for (const action of ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:PurgeQueue']) {
        expect(await strangersAllowed({ action, resource })).toEqual([]);
      }
    },
  );

  it.each(queues)('$name is open to an administrator over TLS only', async ({ resource }) => {
    const receive = { caller: ADMINISTRATOR, action: 'sqs:ReceiveMessage', resource };
    expect(await simulate(receive)).toBe('Allowed');
    expect(await simulate({ ...receive, context: { 'aws:SecureTransport': 'false' } })).toBe(
      'ExplicitlyDenied',
    );
  });
});

describe('the queue of busy merchants', () => {
  const resource = productionArn('AWS::SQS::Queue', 'BusyWorkQueue');
  const send = { action: 'sqs:SendMessage', resource };

  it('WD-8: accepts messages only from the functions whose requests are decided in groups', async () => {
    expect(await allowedRoles(send)).toEqual(sorted(BUSY_SENDERS));
    expect(BUSY_SENDERS).not.toContain('confirmations');
  });

  it('WD-8: is named in the permissions of those functions, and in those of no other', () => {
    const named = productionRoles().filter(({ policies }) =>
      policies
        .flatMap(({ Statement }) => Statement)
        .some(
          ({ Action, Resource }) =>
            [Action].flat().includes('sqs:SendMessage') && [Resource].flat().includes(resource),
        ),
    );
    expect(sorted(named.map(({ name }) => name))).toEqual(sorted(BUSY_SENDERS));
  });

  // A message names its caller. A role that can send one can make a request for any merchant.
  it('WD-8: denies every other role by its own policy, also a role that has all permissions', async () => {
    const outcomes = await Promise.all(
      productionRoles().map(async ({ name, arn }) => ({
        name,
        outcome: await simulate({ caller: { ...ADMINISTRATOR, arn }, ...send }),
      })),
    );
    const denied = outcomes.filter(({ outcome }) => outcome === 'ExplicitlyDenied');
    const others = productionRoles().filter(({ name }) => !BUSY_SENDERS.includes(name));
    expect(sorted(denied.map(({ name }) => name))).toEqual(sorted(others.map(({ name }) => name)));
    expect(await simulate({ caller: ADMINISTRATOR, ...send })).toBe('ExplicitlyDenied');
  });

  it('WD-8: denies a role whose name starts with the name of a sender', async () => {
    const sender = productionRoles().find(({ name }) => name === 'transfers');
    const caller = { ...ADMINISTRATOR, arn: `${sender?.arn}2` };
    expect(await simulate({ caller, ...send })).toBe('ExplicitlyDenied');
  });

  it.each(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'])(
    'OP-3: is consumed by run-queued alone, which keeps the order of requests (%s)',
    async (action) => {
      expect(await allowedRoles({ action, resource })).toEqual(['run-queued']);
    },
  );

  it.each(['sqs:PurgeQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:AddPermission'])(
    'WD-8: is managed by no function (%s)',
    async (action) => {
      expect(await allowedRoles({ action, resource })).toEqual([]);
    },
  );

  it('WD-8: denies plain http', async () => {
    const context = { 'aws:SecureTransport': 'false' };
    expect(await allowedRoles({ ...send, context })).toEqual([]);
  });
});

describe('the KMS key of the tables', () => {
  const resource = productionArn('AWS::KMS::Key', 'Key');

  it('can be managed by administrators of its account, so that it is never locked', async () => {
    for (const action of ['kms:PutKeyPolicy', 'kms:EnableKey', 'kms:CancelKeyDeletion']) {
      expect(await isAllowed({ caller: ADMINISTRATOR, action, resource })).toBe(true);
    }
  });

  it.each(['kms:Decrypt', 'kms:CreateGrant', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion'])(
    'cannot be used by services, other accounts, or without a signature (%s)',
    async (action) => {
      expect(await strangersAllowed({ action, resource })).toEqual([]);
    },
  );
});

describe('roles', () => {
  const assume = (resource: string) => ({ action: 'sts:AssumeRole', resource });
  const group = productionArn('AWS::Scheduler::ScheduleGroup', 'SchedulesGroup');
  const from = (sourceArn: string) => ({
    'aws:SourceArn': sourceArn,
    'aws:SourceAccount': sourceArn.split(':')[4] ?? '',
  });

  it.each(productionRoles())('$name is assumed by its service only', async ({ name, arn }) => {
    const own = name === scheduler ? 'scheduler.amazonaws.com' : 'lambda.amazonaws.com';
    expect(await strangersAllowed({ ...assume(arn), context: from(group) })).toEqual([own]);
    expect(await isAllowed({ caller: ADMINISTRATOR, ...assume(arn) })).toBe(false);
    expect(await allowedRoles(assume(arn))).toEqual([]);
  });

  it('WD-2: the role of schedules is not assumed for other groups or accounts', async () => {
    const role = productionArn('AWS::IAM::Role', 'SchedulesSchedulerRole');
    const caller = service('scheduler');
    for (const source of [`${group}2`, group.replace('123456789012', '210987654321')]) {
      expect(await isAllowed({ caller, ...assume(role), context: from(source) })).toBe(false);
    }
    expect(await isAllowed({ caller, ...assume(role) })).toBe(false);
  });
});
