import { describe, expect, it } from '@jest/globals';
import { inside, resourcesOf, theResource } from '../harness/templates.ts';

const STAGE = 'production';
const ledger = theResource(STAGE, 'AWS::DynamoDB::Table', 'Ledger').Properties;
const HISTORY = ['txnId', 'type', 'currency', 'amount', 'source', 'createdAt', 'reference'];

const include = (names: string[]) => ({ ProjectionType: 'INCLUDE', NonKeyAttributes: names });
const KEYS_ONLY = { ProjectionType: 'KEYS_ONLY' };

describe('the Ledger table', () => {
  it('has the keys pk and sk, on-demand billing, point-in-time recovery, and a stream with both images', () => {
    expect(ledger).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
  });

  it.each([
    ['byTime', ['pk', 'byTime'], include(HISTORY)],
    ['byRecipient', ['recipient', 'byTime'], include(HISTORY)],
    ['byId', ['txnId'], KEYS_ONLY],
    ['byStatus', ['statusKey', 'statusAt'], KEYS_ONLY],
    [
      'nextCheck',
      ['nextCheckKey', 'nextCheckAt'],
      include(['type', 'status', 'source', 'currency', 'amount', 'txnId']),
    ],
  ])('has the index %s with its keys and projection', (IndexName, keys, Projection) => {
    const indexes = [ledger['GlobalSecondaryIndexes']].flat();
    expect(indexes.filter((index) => inside(index, 'IndexName') === IndexName)).toMatchObject([
      {
        IndexName,
        KeySchema: keys.map((AttributeName, at) => ({
          AttributeName,
          KeyType: at === 0 ? 'HASH' : 'RANGE',
        })),
        Projection,
      },
    ]);
  });
});

it('AP-1: stored responses expire by TTL and have point-in-time recovery', () => {
  expect(theResource(STAGE, 'AWS::DynamoDB::Table', 'Idempotency').Properties).toMatchObject({
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

it('the KMS key of the tables rotates every year', () => {
  expect(theResource(STAGE, 'AWS::KMS::Key').Properties).toMatchObject({ EnableKeyRotation: true });
});

describe.each(['Merchants', 'Administrators'])('the users: %s', (users) => {
  const pool = () => theResource(STAGE, 'AWS::Cognito::UserPool', users).Properties;

  it('ID-1: only the API and an administrator of AWS create them, with case-insensitive usernames', () => {
    expect(pool()).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      UsernameConfiguration: { CaseSensitive: false },
    });
    expect(pool()).not.toHaveProperty('LambdaConfig');
  });

  it('ID-3: sign in only through the API, get access for 15 minutes, and refresh for 30 days', () => {
    expect(theResource(STAGE, 'AWS::Cognito::UserPoolClient', users).Properties).toMatchObject({
      GenerateSecret: false,
      // Each needs the IAM permission of a function.
      ExplicitAuthFlows: ['ALLOW_ADMIN_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 15,
      IdTokenValidity: 15,
      RefreshTokenValidity: 30 * 24 * 60,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
      AllowedOAuthFlowsUserPoolClient: false,
    });
  });

  it('ID-1: passwords have characters of all four kinds', () => {
    const kinds = { RequireLowercase: true, RequireUppercase: true, RequireNumbers: true };
    const length = users === 'Merchants' ? 8 : 12;
    expect(pool()).toMatchObject({
      Policies: { PasswordPolicy: { ...kinds, RequireSymbols: true, MinimumLength: length } },
    });
  });
});

it('ID-8: administrators need an authenticator; "admins" is the only group, in their pool', () => {
  const pool = theResource(STAGE, 'AWS::Cognito::UserPool', 'Administrators').Properties;
  expect(pool).toMatchObject({ MfaConfiguration: 'ON', EnabledMfas: ['SOFTWARE_TOKEN_MFA'] });
  const groups = resourcesOf(STAGE, 'AWS::Cognito::UserPoolGroup');
  expect(groups.map(([, { Properties }]) => Properties)).toMatchObject([
    {
      GroupName: 'admins',
      UserPoolId: { Ref: expect.stringMatching(/^AdministratorsPool/) },
    },
  ]);
});
