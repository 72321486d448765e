import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Group } from '../../lambdas/http/operation.ts';
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

/** One function for each group of operations. Its role has what its operations declare, no more. */
export class FunctionGroups extends Construct {
  readonly functions: readonly GroupFunction[];

  constructor(scope: Construct, id: string, { stage, data }: FunctionGroupsProps) {
    super(scope, id);
    this.functions = GROUPS.map((group) => {
      const handler = this.#function(group, stage, data);
      data.ledger.grantRead(handler);
      const grants = new Set(group.operations.flatMap((operation) => operation.grants));
      if (grants.has('commit')) data.ledger.grantCommit(handler);
      if (grants.has('release')) data.ledger.grantRelease(handler);
      if (grants.has('store-responses')) data.idempotency.grantStoreResponses(handler);
      return { operations: group.operations, handler };
    });
  }

  #function({ name, impact }: Group, stage: Stage, { ledger, idempotency, users }: DataStack) {
    return new SuretyFunction(this, pascalCase(name), {
      stage,
      name,
      env: apiEnv,
      environment: {
        LEDGER_TABLE: ledger.tableName,
        IDEMPOTENCY_TABLE: idempotency.tableName,
        DEFAULT_CURRENCY: stage.defaultCurrency,
        DEFAULT_TIME_ZONE: stage.defaultTimeZone,
        CHECK_MARGIN_MS: String(stage.settlement.timers.checkMarginMs),
        // No role has a Cognito permission: a client without a secret needs none to sign up or in.
        USER_POOL_CLIENT_ID: users.client.userPoolClientId,
        MERCHANT_OPERATIONS: MERCHANT_OPERATIONS.join(','),
      },
      impact,
    });
  }
}
