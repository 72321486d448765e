import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Grant, Group } from '../../lambdas/http/operation.ts';
import { GROUPS, OPERATIONS } from '../../lambdas/operations/index.ts';
import { apiEnv } from '../../lambdas/platform/env.ts';
import type { DataStack } from '../data-stack.ts';
import type { Stage } from '../stage-schema.ts';
import { SuretyFunction } from './surety-function.ts';

export type FunctionGroupsProps = { readonly stage: Stage; readonly data: DataStack };

/** A deployed group: its operations, and the function that runs them. */
export type GroupFunction = {
  readonly operations: Group['operations'];
  readonly handler: IFunction;
};

/** Every route of the API, as `METHOD /path` without the API prefix. */
export const ROUTES = OPERATIONS.map(({ route }) => route);

const MERCHANT_OPERATIONS = OPERATIONS.filter(({ byKey }) => byKey).map(({ name }) => name);

/** `credit-requests` → `CreditRequests`. Part of logical ids, so a change replaces the function. */
const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** `USD=1000,*=5000`. */
const pairs = (texts: Readonly<Record<string, string>>): string =>
  Object.entries(texts)
    .map(([name, text]) => `${name}=${text}`)
    .join(',');

type Granted = (handler: IFunction, data: DataStack) => void;
const GRANTED: Readonly<Record<Extract<Grant, string>, Granted>> = {
  change: (handler, { ledger }) => ledger.grantChange(handler),
  commit: (handler, { ledger }) => ledger.grantCommit(handler),
  'store-responses': (handler, { idempotency }) => idempotency.grantStoreResponses(handler),
  release: (handler, { ledger }) => ledger.grantRelease(handler),
  register: (handler, { ledger }) => ledger.grantRegister(handler),
  'connect-sign-in': (handler, { ledger }) => ledger.grantConnectSignIn(handler),
  'check-health': (handler, { ledger }) => ledger.grantCheckHealth(handler),
};

/** What `grants` of a descriptor says, as permissions. */
function grantTo(handler: IFunction, grant: Grant, data: DataStack): void {
  if (typeof grant === 'string') GRANTED[grant](handler, data);
  else if ('query' in grant) data.ledger.grantQuery(handler, grant.query);
  else if ('merchants' in grant) data.merchants.grant(handler, grant.merchants);
  else data.admins.grant(handler, grant.admins);
}

/** One function for each group of operations. Its role has what its operations declare, no more. */
export class FunctionGroups extends Construct {
  readonly functions: readonly GroupFunction[];

  constructor(scope: Construct, id: string, { stage, data }: FunctionGroupsProps) {
    super(scope, id);
    this.functions = GROUPS.map((group) => {
      const handler = this.#function(group, stage, data);
      const grants = new Set(group.operations.flatMap((operation) => operation.grants));
      if (!grants.has('check-health')) data.ledger.grantRead(handler);
      for (const grant of grants) grantTo(handler, grant, data);
      return { operations: group.operations, handler };
    });
  }

  #function(
    { name, impact }: Group,
    stage: Stage,
    { ledger, idempotency, merchants, admins }: DataStack,
  ) {
    return new SuretyFunction(this, pascalCase(name), {
      stage,
      name,
      env: apiEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        DEADLINE_MS: String(stage.deadlines.requestMs),
        IDEMPOTENCY_TABLE: idempotency.tableName,
        DEFAULT_CURRENCY: stage.defaultCurrency,
        DEFAULT_TIME_ZONE: stage.defaultTimeZone,
        POOL_SHARDS: String(stage.pool.shards),
        CHECK_MARGIN_MS: String(stage.settlement.timers.checkMarginMs),
        MERCHANT_POOL_ID: merchants.pool.userPoolId,
        MERCHANT_CLIENT_ID: merchants.client.userPoolClientId,
        ADMIN_POOL_ID: admins.pool.userPoolId,
        ADMIN_CLIENT_ID: admins.client.userPoolClientId,
        SECOND_ADMIN_ABOVE: pairs(stage.secondAdminAbove),
        MERCHANT_OPERATIONS: MERCHANT_OPERATIONS.join(','),
      },
      impact,
    });
  }
}
