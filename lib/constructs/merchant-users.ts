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
import { keepData } from './removal.ts';
import { SuretyFunction } from './surety-function.ts';

/** Who may sign in: merchants, who register themselves, and the admins among them. */
export class MerchantUsers extends Construct {
  readonly pool: UserPool;
  readonly client: UserPoolClient;

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id);
    this.pool = new UserPool(this, 'Pool', {
      signInAliases: { username: true },
      signInCaseSensitive: false,
      selfSignUpEnabled: true,
      // Merchants give no mail address or number: an admin resets a lost password.
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
          impact: 'Nobody can register while this fails; merchants who exist are not affected.',
          // Cognito gives a trigger 5 seconds.
          timeout: Duration.seconds(5),
        }),
      },
      deletionProtection: stage.deletionProtection,
      removalPolicy: keepData(stage),
    });
    Validations.of(this.pool).acknowledge(
      {
        id: 'AwsSolutions-COG2',
        reason: 'Merchants sign in from programs, by password alone (ID-3).',
      },
      {
        id: 'AwsSolutions-COG8',
        reason: 'The Plus tier is paid by user; the gateway throttles guessing.',
      },
    );
    new CfnUserPoolGroup(this, 'Admins', {
      userPoolId: this.pool.userPoolId,
      groupName: 'admins',
      description: 'May approve merchants and fund pools',
    });
    this.client = this.pool.addClient('Api', {
      generateSecret: false,
      authFlows: { userPassword: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      // A revoked token stays valid to the gateway until it expires, so it expires soon.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
    });
  }
}
