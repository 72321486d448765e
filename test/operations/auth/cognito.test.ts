import {
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, it } from '@jest/globals';
import { cognitoIdentity, type Identity } from '../../../lambdas/operations/auth/cognito.ts';

const NAME = 'alice';
const PASSWORD = 'Secret-123';

/** A user pool that answers every call alike, and what it was asked. */
const pool = (answer: object): Identity & { readonly asked: unknown[] } => {
  const asked: unknown[] = [];
  const send = async (command: unknown): Promise<object> => {
    asked.push(command);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const cognito = { send } as unknown as CognitoIdentityProviderClient;
  return { ...cognitoIdentity(cognito, 'client'), asked };
};
const fault = (name: string, message = name): Error =>
  Object.assign(new Error(message), { name, $fault: 'client' });

const token = (claims: object): string =>
  ['header', JSON.stringify(claims), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const tokens = { AccessToken: token({ sub: 's1' }), ExpiresIn: 900, TokenType: 'Bearer' };

describe('ID-3: signing in', () => {
  it('asks the user pool with name and password', async () => {
    const { signIn, asked } = pool({ AuthenticationResult: tokens });
    expect(await signIn(NAME, PASSWORD)).toEqual({ kind: 'tokens', tokens });
    expect(asked).toEqual([expect.any(InitiateAuthCommand)]);
    expect(asked).toMatchObject([
      {
        input: {
          ClientId: 'client',
          AuthFlow: 'USER_PASSWORD_AUTH',
          AuthParameters: { USERNAME: NAME, PASSWORD },
        },
      },
    ]);
  });

  it('or with a refresh token', async () => {
    const { refresh, asked } = pool({ AuthenticationResult: tokens });
    expect(await refresh('r')).toEqual({ kind: 'tokens', tokens });
    expect(asked).toMatchObject([
      { input: { AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: 'r' } } },
    ]);
  });

  it.each([
    ['NotAuthorizedException', 'refused'],
    ['UserNotFoundException', 'refused'],
    ['UserNotConfirmedException', 'refused'],
    ['PasswordResetRequiredException', 'password_change_required'],
  ])('a pool that says %s: %s', async (name, kind) => {
    expect(await pool(fault(name)).signIn(NAME, PASSWORD)).toEqual({ kind });
    expect(await pool(fault(name)).refresh('r')).toEqual({ kind });
  });

  it('a pool that wants something more first: its owner must change the password', async () => {
    const challenge = { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 's' };
    expect(await pool(challenge).signIn(NAME, PASSWORD)).toEqual({
      kind: 'password_change_required',
    });
  });

  it('a fault of ours is not taken for a wrong password', async () => {
    const wrong = fault('ResourceNotFoundException');
    await expect(pool(wrong).signIn(NAME, PASSWORD)).rejects.toBe(wrong);
  });
});

describe('ID-1: whose name it is, is shown by the password', () => {
  it('the right one tells the user’s id', async () => {
    expect(await pool({ AuthenticationResult: tokens }).subOf(NAME, PASSWORD)).toBe('s1');
  });

  it.each([
    ['a wrong password', fault('NotAuthorizedException')],
    ['a temporary password', { ChallengeName: 'NEW_PASSWORD_REQUIRED' }],
    ['a token without an id', { AuthenticationResult: { AccessToken: token({}) } }],
    ['a token whose id is no text', { AuthenticationResult: { AccessToken: token({ sub: 7 }) } }],
  ])('%s tells nothing', async (_, answer) => {
    expect(await pool(answer).subOf(NAME, PASSWORD)).toBeUndefined();
  });

  it('a pool that is too busy to say does not say no', async () => {
    const { subOf } = pool(fault('TooManyRequestsException'));
    const answer = await subOf(NAME, PASSWORD).catch(() => 'an error, so that it is tried again');
    expect(answer).not.toBeUndefined();
  });
});

describe('ID-1: signing up', () => {
  it('makes a user, and asks for nothing but name and password', async () => {
    const { signUp, asked } = pool({ UserSub: 's1' });
    expect(await signUp(NAME, PASSWORD)).toEqual({ kind: 'created', sub: 's1' });
    expect(asked).toEqual([expect.any(SignUpCommand)]);
    expect(asked).toMatchObject([
      { input: { ClientId: 'client', Username: NAME, Password: PASSWORD } },
    ]);
  });

  it('a name that exists is taken', async () => {
    expect(await pool(fault('UsernameExistsException')).signUp(NAME, PASSWORD)).toEqual({
      kind: 'taken',
    });
  });

  it('a password against the pool’s rules is told in the pool’s words', async () => {
    const rule = 'Password did not conform with policy: Password must have symbol characters';
    expect(await pool(fault('InvalidPasswordException', rule)).signUp(NAME, 'Secret123')).toEqual({
      kind: 'weak_password',
      rule,
    });
  });

  it('so is a password that Cognito’s own form refuses before its policy sees it', async () => {
    const rule =
      "1 validation error detected: Value at 'password' failed to satisfy constraint: " +
      'Member must have length greater than or equal to 6';
    expect(await pool(fault('InvalidParameterException', rule)).signUp(NAME, 'abc')).toEqual({
      kind: 'weak_password',
      rule,
    });
  });

  it('anything else is a fault of ours', async () => {
    const wrong = fault('ResourceNotFoundException');
    await expect(pool(wrong).signUp(NAME, PASSWORD)).rejects.toBe(wrong);
  });
});
