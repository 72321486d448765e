import { describe, expect, it } from '@jest/globals';
import { GROUPS } from '../../lambdas/operations/index.ts';
import { resourcesOf, templatesOf } from '../harness/templates.ts';
import { resolved } from './resolved.ts';
import {
  ADMINISTRATOR,
  ANONYMOUS,
  isAllowed,
  OTHER_ACCOUNT,
  productionArn,
  service,
} from './simulated-iam.ts';

const STAGE = 'production';
const NOT_FOUND = 'not-found';
const API = 'arn:aws:execute-api:eu-central-1:123456789012:surety-production';

const FUNCTIONS = resourcesOf(STAGE, 'AWS::Lambda::Function').map(([id, { Properties }]) => ({
  name: String(Properties['FunctionName']).replace('surety-production-', ''),
  arn: productionArn('AWS::Lambda::Function', id),
}));

/** The integrations of the template, each with the ARN of its function. */
const INTEGRATIONS = new Map(
  resourcesOf(STAGE, 'AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [
    id,
    String(resolved(STAGE, templatesOf(STAGE).service, Properties['IntegrationUri'])),
  ]),
);

/** Each route, with its function and the source that API Gateway names when it calls the function. */
const ROUTES = resourcesOf(STAGE, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
  const routeKey = String(Properties['RouteKey']);
  const target = String(resolved(STAGE, templatesOf(STAGE).service, Properties['Target']));
  return {
    routeKey,
    handler: INTEGRATIONS.get(target.replace('integrations/', '')) ?? 'none',
    // `$default` has no method: its source has one segment fewer.
    source: `/$default/${routeKey.replace(' ', '')}`,
  };
});

const EVENT_SOURCES = {
  rule: productionArn('AWS::Events::Rule', 'Recover'),
  users: productionArn('AWS::Cognito::UserPool', 'Merchants'),
  payouts: productionArn('AWS::SQS::Queue', 'PayoutsQueue'),
  busy: productionArn('AWS::SQS::Queue', 'BusyWorkQueue'),
  ledger: productionArn('AWS::DynamoDB::Table', 'Ledger'),
  schedules: productionArn('AWS::Scheduler::ScheduleGroup', 'Schedules'),
};
const SOURCES: Record<string, string> = {
  ...Object.fromEntries(ROUTES.map(({ routeKey, source }) => [routeKey, `${API}${source}`])),
  ...EVENT_SOURCES,
};
/** Another API, other resources, and the same resources of another account. */
const FOREIGN_SOURCES = [
  ...ROUTES.map(({ source }) => `${API}2${source}`),
  ...Object.values(EVENT_SOURCES).map((arn) => `${arn}2`),
  ...Object.values(SOURCES).map((arn) => arn.replace('123456789012', '210987654321')),
];
const SERVICES = ['apigateway', 'events', 'cognito-idp', 'scheduler', 'sqs', 'dynamodb', 's3'];

const invocation = (resource: string, sourceArn?: string) => ({
  action: 'lambda:InvokeFunction',
  resource,
  ...(sourceArn && {
    context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': sourceArn.split(':')[4] ?? '' },
  }),
});

const invokersOf = async (resource: string): Promise<string[]> => {
  const attempts = SERVICES.flatMap((name) =>
    Object.entries(SOURCES).map(([from, sourceArn]) => ({ name, from, sourceArn })),
  );
  const decisions = await Promise.all(
    attempts.map(async ({ name, from, sourceArn }) => ({
      invoker: `${name} for ${from}`,
      allowed: await isAllowed({ caller: service(name), ...invocation(resource, sourceArn) }),
    })),
  );
  return decisions.filter(({ allowed }) => allowed).map(({ invoker }) => invoker);
};

const FROM_API = ROUTES.map(({ routeKey }) => `apigateway for ${routeKey}`);
/** By the name of the function. A function that reads a stream or a queue needs no permission. */
const INVOKERS: Record<string, readonly string[]> = {
  ...Object.fromEntries(
    GROUPS.map(({ name }) => [name, FROM_API.filter((from) => !from.endsWith('$default'))]),
  ),
  [NOT_FOUND]: FROM_API,
  recover: ['events for rule'],
  relay: [],
  settle: [],
  'execute-scheduled': [],
  rebalance: [],
  'run-queued': [],
};

describe('API Gateway', () => {
  it.each(ROUTES)('invokes the function of $routeKey', async ({ handler, source }) => {
    const caller = service('apigateway');
    expect(await isAllowed({ caller, ...invocation(handler, `${API}${source}`) })).toBe(true);
  });

  it('AP-3: invokes not-found for what matches no route', () => {
    const notFound = FUNCTIONS.find(({ name }) => name === NOT_FOUND)?.arn;
    const unmatched = ROUTES.filter(({ routeKey }) => routeKey === '$default');
    expect(unmatched).toEqual([
      { routeKey: '$default', handler: notFound, source: '/$default/$default' },
    ]);
  });
});

describe.each(FUNCTIONS)('$name', ({ name, arn }) => {
  it('is invoked by the services that need it, and by no other', async () => {
    expect(await invokersOf(arn)).toEqual(INVOKERS[name]);
  });

  it('is not invoked for the resources of others, or for no resource', async () => {
    const attempts = SERVICES.flatMap((from) =>
      [...FOREIGN_SOURCES, undefined].map((source) => ({
        caller: service(from),
        ...invocation(arn, source),
      })),
    );
    const allowed = await Promise.all(attempts.map(isAllowed));
    expect(attempts.filter((_, at) => allowed[at])).toEqual([]);
  });

  it('WD-4: is not invoked by other accounts or without a signature', async () => {
    expect(await isAllowed({ caller: OTHER_ACCOUNT, ...invocation(arn) })).toBe(false);
    expect(await isAllowed({ caller: ANONYMOUS, ...invocation(arn) })).toBe(false);
    // The simulation itself allows what IAM allows: an administrator can invoke a function.
    expect(await isAllowed({ caller: ADMINISTRATOR, ...invocation(arn) })).toBe(true);
  });
});
