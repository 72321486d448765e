import { Duration, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  Mfa,
  UserPool,
  type UserPoolClient,
  type UserPoolProps,
} from 'aws-cdk-lib/aws-cognito';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { UserAction } from '../../lambdas/http/operation.ts';
import type { Stage } from '../stage-schema.ts';
import { dataRemoval } from './removal.ts';
import { allow } from './table-grants.ts';

/**
 * A user pool whose users only the API and an administrator of AWS can create. Its client has no public
 * flow: nobody can sign in past the API, which throttles and logs it.
 */
export class Users extends Construct {
  readonly pool: UserPool;
  readonly client: UserPoolClient;

  constructor(scope: Construct, id: string, stage: Stage, props: UserPoolProps) {
    super(scope, id);
    this.pool = new UserPool(this, 'Pool', {
      signInAliases: { username: true },
      signInCaseSensitive: false,
      selfSignUpEnabled: false,
      // Users have no verified email address or phone number. An admin resets lost passwords.
      accountRecovery: AccountRecovery.NONE,
      deletionProtection: stage.deletionProtection,
      removalPolicy: dataRemoval(stage),
      ...props,
      passwordPolicy: {
        minLength: 8,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        ...props.passwordPolicy,
      },
    });
    Validations.of(this.pool).acknowledge({
      id: 'AwsSolutions-COG8',
      reason: 'The Plus tier is billed per user. API Gateway throttles password guessing.',
    });
    this.client = this.pool.addClient('Api', {
      generateSecret: false,
      authFlows: { adminUserPassword: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      // The gateway accepts a revoked token until it expires, so the validity is short.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.days(30),
    });
  }

  grant(grantee: IGrantable, action: UserAction): void {
    allow(grantee, [`cognito-idp:Admin${action}`], [this.pool.userPoolArn]);
  }
}

/** Merchants, who register through the API. A user is how a merchant signs in, not who it is. */
export class MerchantUsers extends Users {
  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, stage, {});
    Validations.of(this.pool).acknowledge({
      id: 'AwsSolutions-COG2',
      reason: 'Merchants sign in from programs, with a password only (ID-3).',
    });
  }
}

/** Administrators, who are created in Cognito and sign in with a password and an authenticator (ID-8). */
export class AdminUsers extends Users {
  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id, stage, {
      ...(stage.adminMfa && { mfa: Mfa.REQUIRED, mfaSecondFactor: { otp: true, sms: false } }),
      passwordPolicy: { minLength: 12, tempPasswordValidity: Duration.days(1) },
    });
    if (!stage.adminMfa) {
      Validations.of(this.pool).acknowledge({
        id: 'AwsSolutions-COG2',
        reason: 'Only the local stage lets administrators in without an authenticator.',
      });
    }
    new CfnUserPoolGroup(this, 'Admins', {
      userPoolId: this.pool.userPoolId,
      groupName: 'admins',
      description: 'Can approve merchants and fund pools',
    });
  }
}
