import {
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, it } from '@jest/globals';
import { cognitoIdentity, type Identity } from '../../../lambdas/operations/auth/cognito.ts';

const NAME = 'alice';
const PASSWORD = 'Secret-123';

/** A user pool that gives the same answer to every call, and the commands it received. */
const pool = (answer: object): Identity & { readonly commands: unknown[] } => {
  const commands: unknown[] = [];
  const send = async (command: unknown): Promise<object> => {
    commands.push(command);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const cognito = { send } as unknown as CognitoIdentityProviderClient;
  return { ...cognitoIdentity(cognito, 'client'), commands };
};
const fault = (name: string, message = name): Error =>
  Object.assign(new Error(message), { name, $fault: 'client' });

const token = (claims: object): string =>
  ['header', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const tokens = { AccessToken: token({ sub: 's1' }), ExpiresIn: 900, TokenType: 'Bearer' };

describe('ID-3: signing in', () => {
  it('sends name and password to the user pool', async () => {
    const { signIn, commands } = pool({ AuthenticationResult: tokens });
    expect(await signIn(NAME, PASSWORD)).toEqual({ kind: 'tokens', tokens });
    expect(commands).toEqual([expect.any(InitiateAuthCommand)]);
    expect(commands).toMatchObject([
      {
        input: {
          ClientId: 'client',
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: NAME, PASSWORD },
        },
      },
    ]);
  });

  it('sends a refresh token to the user pool', async () => {
    const { refresh, commands } = pool({ AuthenticationResult: tokens });
    expect(await refresh('r')).toEqual({ kind: 'tokens', tokens });
    expect(commands).toMatchObject([
      { input: { AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: 'r' } } },
    ]);
  });

  it.each([
    ['NotAuthorizedException', 'refused'],
    ['UserNotFoundException', 'refused'],
    ['UserNotConfirmedException', 'refused'],
    ['PasswordResetRequiredException', 'password_change_required'],
  ])('%s from the user pool means %s', async (name, kind) => {
    expect(await pool(fault(name)).signIn(NAME, PASSWORD)).toEqual({ kind });
    expect(await pool(fault(name)).refresh('r')).toEqual({ kind });
  });

  it('a challenge instead of tokens requires a change of password', async () => {
    const challenge = { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's' };
    expect(await pool(challenge).signIn(NAME, PASSWORD)).toEqual({
      kind: 'password_change_required',
    });
  });

  it('a configuration error is not reported as a wrong password', async () => {
    const wrong = fault('ResourceNotFoundException');
    await expect(pool(wrong).signIn(NAME, PASSWORD)).rejects.toBe(wrong);
  });
});

describe('ID-1: the password proves who owns a name', () => {
  it('the correct password returns the user’s id', async () => {
    expect(await pool({ AuthenticationResult: tokens }).subOf(NAME, PASSWORD)).toBe('s1');
  });

  it.each([
    ['a wrong password', fault('NotAuthorizedException')],
    ['a temporary password', { ChallengeName: 'NEW_PASSWORD_REQUIRED' }],
    ['a token without a subject', { AuthenticationResult: { AccessToken: token({}) } }],
    [
      'a token whose subject is not a string',
      { AuthenticationResult: { AccessToken: token({ sub: 7 }) } },
    ],
  ])('%s returns no id', async (_, answer) => {
    expect(await pool(answer).subOf(NAME, PASSWORD)).toBeUndefined();
  });

  it('throttling is an error, so that the caller tries again', async () => {
    const throttled = fault('TooManyRequestsException');
    await expect(pool(throttled).subOf(NAME, PASSWORD)).rejects.toBe(throttled);
  });
});

describe('ID-1: signing up', () => {
  it('creates a user with a name and a password alone', async () => {
    const { signUp, commands } = pool({ UserSub: 's1' });
    expect(await signUp(NAME, PASSWORD)).toEqual({ kind: 'created', sub: 's1' });
    expect(commands).toEqual([expect.any(SignUpCommand)]);
    expect(commands).toMatchObject([
      { input: { ClientId: 'client', Username: NAME, Password: PASSWORD } },
    ]);
  });

  it('an existing name is taken', async () => {
    expect(await pool(fault('UsernameExistsException')).signUp(NAME, PASSWORD)).toEqual({
      kind: 'taken',
    });
  });

  it('a password against the pool’s policy is reported in the pool’s own words', async () => {
    const rule = 'Password did not conform with policy: Password must have symbol characters';
    expect(await pool(fault('InvalidPasswordException', rule)).signUp(NAME, 'Secret123')).toEqual({
      kind: 'weak_password',
      rule,
    });
  });

  it('a password that Cognito refuses before its policy applies is reported in the same way', async () => {
    const rule =
      "1 validation error detected: Value at 'password' failed to satisfy constraint: " +
      'Member must have length greater than or equal to 6';
    expect(await pool(fault('InvalidParameterException', rule)).signUp(NAME, 'abc')).toEqual({
      kind: 'weak_password',
      rule,
    });
  });

  it('any other error is thrown', async () => {
    const wrong = fault('ResourceNotFoundException');
    await expect(pool(wrong).signUp(NAME, PASSWORD)).rejects.toBe(wrong);
  });
});
