import { describe, expect, it } from '@jest/globals';
import { inside, resourcesOf, theResource } from '../harness/templates.ts';

const STAGE = 'production';
const ledger = theResource(STAGE, 'AWS::DynamoDB::Table', 'Ledger').Properties;
const HISTORY = ['txnId', 'type', 'currency', 'amount', 'source', 'createdAt', 'subject'];

const include = (names: string[]) => ({ ProjectionType: 'INCLUDE', NonKeyAttributes: names });
const KEYS_ONLY = { ProjectionType: 'KEYS_ONLY' };

describe('the Ledger', () => {
  it('is one table by pk and sk, paid by request, restorable, with both images in its stream', () => {
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
      'due',
      ['dueKey', 'due'],
      include(['type', 'status', 'source', 'currency', 'amount', 'txnId']),
    ],
  ])('is found %s, and the index holds what a list needs', (IndexName, keys, Projection) => {
    const indexes = [ledger['GlobalSecondaryIndexes']].flat();
    expect(indexes.filter((index) => inside(index, 'IndexName') === IndexName)).toEqual([
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

it('AP-1: stored answers are forgotten by DynamoDB itself, and can be restored', () => {
  expect(theResource(STAGE, 'AWS::DynamoDB::Table', 'Idempotency').Properties).toMatchObject({
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

it('the key of the tables is renewed every year', () => {
  expect(theResource(STAGE, 'AWS::KMS::Key').Properties).toMatchObject({ EnableKeyRotation: true });
});

describe('users', () => {
  it('ID-1: a merchant registers itself; upper and lower case are the same name', () => {
    expect(theResource(STAGE, 'AWS::Cognito::UserPool').Properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
      UsernameConfiguration: { CaseSensitive: false },
      LambdaConfig: {
        PreSignUp: { 'Fn::GetAtt': [expect.stringMatching(/^UsersConfirmRegistration/), 'Arn'] },
      },
    });
  });

  it('ID-1: a password has eight characters, of all four kinds', () => {
    expect(theResource(STAGE, 'AWS::Cognito::UserPool').Properties).toMatchObject({
      Policies: {
        PasswordPolicy: {
          MinimumLength: 8,
          RequireLowercase: true,
          RequireUppercase: true,
          RequireNumbers: true,
          RequireSymbols: true,
        },
      },
    });
  });

  it('ID-3: admins are the group "admins", and there is no other', () => {
    const groups = resourcesOf(STAGE, 'AWS::Cognito::UserPoolGroup');
    expect(groups.map(([, { Properties }]) => Properties['GroupName'])).toEqual(['admins']);
  });

  it('ID-3: tokens come for a password or a refresh token, and last 15 minutes and 30 days', () => {
    expect(theResource(STAGE, 'AWS::Cognito::UserPoolClient').Properties).toMatchObject({
      GenerateSecret: false,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      PreventUserExistenceErrors: 'ENABLED',
      AccessTokenValidity: 15,
      IdTokenValidity: 15,
      RefreshTokenValidity: 30 * 24 * 60,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
      AllowedOAuthFlowsUserPoolClient: false,
    });
  });
});
