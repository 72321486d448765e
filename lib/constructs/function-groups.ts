import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Access, Grant, Group, Operation } from '../../lambdas/http/operation.ts';
import { GROUPS, OPERATIONS } from '../../lambdas/operations/index.ts';
import { apiEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';

export type FunctionGroupsProps = {
  readonly stage: Stage;
  readonly data: DataStack;
  readonly busyQueue: IQueue;
};

/** A deployed group: its operations, and the function that runs them. */
export type GroupFunction = {
  readonly operations: Group['operations'];
  readonly handler: SuretyFunction<typeof apiEnv>;
};

/** Every route of the API, as `METHOD /path` without the API prefix. */
export const ROUTES = OPERATIONS.map(({ route }) => route);

/** What callers with this access can look up by key. Comma-separated. */
const operationsByKey = (wanted: Access): string =>
  OPERATIONS.filter(({ byKey, access }) => byKey && access === wanted)
    .map(({ name }) => name)
    .join(',');

/** `credit-requests` → `CreditRequests`. Part of logical ids, so a change replaces the function. */
const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `USD=1000,*=5000`. */
const pairs = (texts: Readonly<Record<string, string>>): string =>
  Object.entries(texts)
    .map(([name, text]) => `${name}=${text}`)
    .join(',');

type Resources = Pick<FunctionGroupsProps, 'data' | 'busyQueue'>;
type Granted = (handler: IFunction, data: DataStack) => void;
const GRANTED: Readonly<Record<Exclude<Extract<Grant, string>, 'hand-over'>, Granted>> = {
  change: (handler, { ledger }) => ledger.grantChange(handler),
  commit: (handler, { ledger }) => ledger.grantCommit(handler),
  'store-responses': (handler, { idempotency }) => idempotency.grantStoreResponses(handler),
  'read-responses': (handler, { idempotency }) => idempotency.grantReadResponses(handler),
  release: (handler, { ledger }) => ledger.grantRelease(handler),
  register: (handler, { ledger }) => ledger.grantRegister(handler),
  'connect-sign-in': (handler, { ledger }) => ledger.grantConnectSignIn(handler),
  'check-health': (handler, { ledger }) => ledger.grantCheckHealth(handler),
};

/** What `grants` of a descriptor says, as permissions. */
function grantTo(handler: IFunction, grant: Grant, { data, busyQueue }: Resources): void {
  if (grant === 'hand-over') busyQueue.grantSendMessages(handler);
  else if (typeof grant === 'string') GRANTED[grant](handler, data);
  else if ('query' in grant) data.ledger.grantQuery(handler, grant.query);
  else if ('merchants' in grant) data.merchants.grant(handler, grant.merchants);
  else data.admins.grant(handler, grant.admins);
}

const grantsOf = (operations: readonly Pick<Operation, 'grants'>[]): ReadonlySet<Grant> =>
  new Set(operations.flatMap(({ grants }) => grants));

/** The environment of every function that decides requests of the API. */
export const apiEnvironment = ({ stage, data, busyQueue }: FunctionGroupsProps) => {
  const { ledger, idempotency, merchants, admins } = data;
  return {
    LEDGER_TABLE: ledger.tableName,
    DEADLINE_MS: String(stage.deadlines.requestMs),
    IDEMPOTENCY_TABLE: idempotency.tableName,
    BUSY_QUEUE_URL: busyQueue.queueUrl,
    DEFAULT_CURRENCY: stage.defaultCurrency,
    DEFAULT_TIME_ZONE: stage.defaultTimeZone,
    POOL_SHARDS: String(stage.pool.shards),
    CHECK_MARGIN_MS: String(stage.settlement.timers.checkMarginMs),
    MERCHANT_POOL_ID: merchants.pool.userPoolId,
    MERCHANT_CLIENT_ID: merchants.client.userPoolClientId,
    ADMIN_POOL_ID: admins.pool.userPoolId,
    ADMIN_CLIENT_ID: admins.client.userPoolClientId,
    SECOND_ADMIN_ABOVE: pairs(stage.secondAdminAbove),
    RATES_URL: stage.conversions.ratesUrl,
    RATES_CALL_MS: String(stage.conversions.ratesCallMs),
    RATES_MAX_AGE_MS: String(stage.conversions.ratesMaxAgeMs),
    SPREAD_PPM: String(stage.conversions.spreadPpm),
    MOST_PER_ADMIN_REQUEST: pairs(stage.mostPerAdminRequest),
    MERCHANT_OPERATIONS: operationsByKey('merchant'),
    ADMIN_OPERATIONS: operationsByKey('admin'),
  };
};

/** One function for each group of operations. Its role has what its operations declare, no more. */
export class FunctionGroups extends Construct {
  readonly functions: readonly GroupFunction[];

  constructor(scope: Construct, id: string, props: FunctionGroupsProps) {
    super(scope, id);
    const { stage, data } = props;
    this.functions = GROUPS.map((group) => {
      const handler = new SuretyFunction(this, pascalCase(group.name), {
        stage,
        name: group.name,
        env: apiEnv,
        environment: apiEnvironment(props),
        impact: group.impact,
      });
      const grants = grantsOf(group.operations);
      if (!grants.has('check-health')) data.ledger.grantRead(handler);
      for (const grant of grants) grantTo(handler, grant, props);
      return { operations: group.operations, handler };
    });
  }

  /** The roles of the functions that have one of these permissions. */
  rolesWith(grant: Grant): readonly IRole[] {
    return this.functions
      .filter(({ operations }) => grantsOf(operations).has(grant))
      .map(({ handler }) => handler.executionRole);
  }
}
