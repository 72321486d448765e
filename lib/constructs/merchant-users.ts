import { Duration, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  UserPool,
  type UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { z } from 'zod';
import type { Stage } from '../stage-schema.ts';
import { dataRemoval } from './removal.ts';
import { SuretyFunction } from './surety-function.ts';

/** The users of the API: merchants, who register themselves, and admins. */
export class MerchantUsers extends Construct {
  readonly pool: UserPool;
  readonly client: UserPoolClient;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.pool = new UserPool(this, 'Pool', {
      signInAliases: { username: true },
      signInCaseSensitive: false,
      selfSignUpEnabled: true,
      // Merchants have no verified email address or phone number. An admin resets lost passwords.
      accountRecovery: AccountRecovery.NONE,
      passwordPolicy: {
        minLength: 8,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      lambdaTriggers: {
        preSignUp: new SuretyFunction(this, 'ConfirmRegistration', {
          stage,
          name: 'confirm-registration',
          env: z.object({}),
          environment: {},
          impact: 'New merchants cannot register. Existing merchants are not affected.',
          // Cognito waits at most 5 seconds for a trigger.
          timeout: Duration.seconds(5),
        }),
      },
      deletionProtection: stage.deletionProtection,
      removalPolicy: dataRemoval(stage),
    });
    Validations.of(this.pool).acknowledge(
      {
        id: 'AwsSolutions-COG2',
        reason: 'Merchants sign in from programs, with a password only (ID-3).',
      },
      {
        id: 'AwsSolutions-COG8',
        reason: 'The Plus tier is billed per user. API Gateway throttles password guessing.',
      },
    );
    new CfnUserPoolGroup(this, 'Admins', {
      userPoolId: this.pool.userPoolId,
      groupName: 'admins',
      description: 'Can approve merchants and fund pools',
    });
    this.client = this.pool.addClient('Api', {
      generateSecret: false,
      authFlows: { userPassword: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      // The gateway accepts a revoked token until it expires, so the validity is short.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
    });
  }
}
