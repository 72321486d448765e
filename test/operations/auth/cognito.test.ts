import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminGetUserCommand,
  AdminInitiateAuthCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  AssociateSoftwareTokenCommand,
  type CognitoIdentityProviderClient,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, it } from '@jest/globals';
import { cognitoUserPool } from '../../../lambdas/operations/auth/cognito.ts';
import type { UserPool } from '../../../lambdas/operations/auth/user-pool.ts';

const NAME = 'alice';
const PASSWORD = 'Secret-123';
const CLIENT = { UserPoolId: 'pool', ClientId: 'client' };
const USER = { UserPoolId: 'pool', Username: NAME };
const BY_ID = { UserPoolId: 'pool', Username: 's1' };

/** A user pool that gives these answers in turn, the last one for ever, and the commands it received. */
const pool = (...answers: readonly object[]): UserPool & { readonly commands: unknown[] } => {
  const commands: unknown[] = [];
  const send = async (command: unknown): Promise<object> => {
    commands.push(command);
    const answer = answers[Math.min(commands.length, answers.length) - 1] ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const cognito = { send } as unknown as CognitoIdentityProviderClient;
  return { ...cognitoUserPool(cognito, 'pool', 'client'), commands };
};
const fault = (name: string, message = name): Error =>
  Object.assign(new Error(message), { name, $fault: 'client' });
const tokens = { AccessToken: 'access', ExpiresIn: 900, TokenType: 'Bearer' };
const challenge = (ChallengeName: string, Session?: string) => ({ ChallengeName, Session });

describe('ID-3: signing in', () => {
  it('sends name and password to the user pool, as a caller with IAM permissions', async () => {
    const { signIn, commands } = pool({ AuthenticationResult: tokens });
    expect(await signIn(NAME, PASSWORD)).toEqual({ kind: 'tokens', tokens });
    expect(commands).toEqual([expect.any(AdminInitiateAuthCommand)]);
    expect(commands).toMatchObject([
      {
        input: {
          ...CLIENT,
          AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
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
    ['PasswordResetRequiredException', 'password_reset_required'],
    ['CodeMismatchException', 'wrong_code'],
    ['ExpiredCodeException', 'wrong_code'],
    ['EnableSoftwareTokenMFAException', 'wrong_code'],
  ])('%s from the user pool means %s', async (name, kind) => {
    expect(await pool(fault(name)).signIn(NAME, PASSWORD)).toEqual({ kind });
    expect(await pool(fault(name)).refresh('r')).toEqual({ kind });
  });

  it.each(['NEW_PASSWORD_REQUIRED', 'MFA_SETUP', 'SOFTWARE_TOKEN_MFA'])(
    'ID-8: the challenge %s is passed on with its session',
    async (name) => {
      const found = await pool(challenge(name, 's')).signIn(NAME, PASSWORD);
      expect(found).toEqual({ kind: 'challenge', name, session: 's' });
    },
  );

  it('a challenge that Surety does not know, or one without a session, is an error', async () => {
    await expect(pool(challenge('SMS_MFA', 's')).signIn(NAME, PASSWORD)).rejects.toThrow('SMS_MFA');
    await expect(pool(challenge('MFA_SETUP')).signIn(NAME, PASSWORD)).rejects.toThrow('session');
  });

  it('a configuration error is not reported as a wrong password', async () => {
    const wrong = fault('ResourceNotFoundException');
    await expect(pool(wrong).signIn(NAME, PASSWORD)).rejects.toBe(wrong);
  });
});

describe('ID-7 ID-8: answering a challenge', () => {
  const answer = { username: NAME, session: 's' };

  it('a new password is sent with name and session', async () => {
    const { answer: send, commands } = pool({ AuthenticationResult: tokens });
    const given = { ...answer, challenge: 'NEW_PASSWORD_REQUIRED', newPassword: PASSWORD } as const;
    expect(await send(given)).toEqual({ kind: 'tokens', tokens });
    expect(commands).toEqual([expect.any(AdminRespondToAuthChallengeCommand)]);
    expect(commands).toMatchObject([
      {
        input: {
          ...CLIENT,
          ChallengeName: 'NEW_PASSWORD_REQUIRED',
          Session: 's',
          ChallengeResponses: { USERNAME: NAME, NEW_PASSWORD: PASSWORD },
        },
      },
    ]);
  });

  it('a code of the authenticator is sent with name and session', async () => {
    const { answer: send, commands } = pool({ AuthenticationResult: tokens });
    await send({ ...answer, challenge: 'SOFTWARE_TOKEN_MFA', code: '123456' });
    expect(commands).toMatchObject([
      { input: { ChallengeResponses: { USERNAME: NAME, SOFTWARE_TOKEN_MFA_CODE: '123456' } } },
    ]);
  });

  it('a new authenticator is verified by its first code, and the session after that ends the set-up', async () => {
    const { answer: send, commands } = pool({ Session: 's2' }, { AuthenticationResult: tokens });
    const given = { ...answer, challenge: 'MFA_SETUP', code: '123456' } as const;
    expect(await send(given)).toEqual({ kind: 'tokens', tokens });
    expect(commands).toEqual([
      expect.any(VerifySoftwareTokenCommand),
      expect.any(AdminRespondToAuthChallengeCommand),
    ]);
    expect(commands).toMatchObject([
      { input: { Session: 's', UserCode: '123456' } },
      {
        input: {
          ChallengeName: 'MFA_SETUP',
          Session: 's2',
          ChallengeResponses: { USERNAME: NAME },
        },
      },
    ]);
  });

  it('a set-up begins with a secret and its session', async () => {
    const { startMfaSetup, commands } = pool({ SecretCode: 'JBSW', Session: 's2' });
    expect(await startMfaSetup('s')).toEqual({ secret: 'JBSW', session: 's2' });
    expect(commands).toEqual([expect.any(AssociateSoftwareTokenCommand)]);
    expect(commands).toMatchObject([{ input: { Session: 's' } }]);
    await expect(pool({}).startMfaSetup('s')).rejects.toThrow('secret');
  });
});

const attributes = (sub: string) => [{ Name: 'sub', Value: sub }];

describe('ID-1: creating a user', () => {
  it('the password is temporary, and no message is sent', async () => {
    const { createUser, commands } = pool({ User: { Attributes: attributes('s1') } });
    expect(await createUser(NAME, PASSWORD)).toEqual({ kind: 'created', sub: 's1' });
    expect(commands).toEqual([expect.any(AdminCreateUserCommand)]);
    expect(commands).toMatchObject([
      { input: { ...USER, TemporaryPassword: PASSWORD, MessageAction: 'SUPPRESS' } },
    ]);
  });

  it.each([
    ['no attributes', {}],
    ['no id', { User: { Attributes: [] } }],
    ['an empty id, which would be everybody’s', { User: { Attributes: attributes('') } }],
  ])('a user with %s is an error', async (_, answer) => {
    await expect(pool(answer).createUser(NAME, PASSWORD)).rejects.toThrow('user id');
  });

  it('an existing name is taken', async () => {
    const { createUser } = pool(fault('UsernameExistsException'));
    expect(await createUser(NAME, PASSWORD)).toEqual({ kind: 'taken' });
  });

  const policy = 'Password did not conform with policy: Password must have symbol characters';
  const constraint = "1 validation error detected: Value at 'temporaryPassword' failed: too short";
  it.each([
    ['against the pool’s policy', 'InvalidPasswordException', policy],
    ['that Cognito refuses before its policy applies', 'InvalidParameterException', constraint],
  ])('a password %s is reported in the pool’s own words', async (_, name, rule) => {
    const weak = { kind: 'weak_password', rule };
    expect(await pool(fault(name, rule)).createUser(NAME, 'Secret123')).toEqual(weak);
    expect(await pool(fault(name, rule)).setPassword(NAME, 'Secret123')).toEqual(weak);
    const answer = { username: NAME, session: 's', newPassword: 'Secret123' };
    const given = { ...answer, challenge: 'NEW_PASSWORD_REQUIRED' } as const;
    expect(await pool(fault(name, rule)).answer(given)).toEqual(weak);
  });

  it('any other error is thrown', async () => {
    const wrong = fault('InvalidParameterException', 'Username is required');
    await expect(pool(wrong).createUser(NAME, PASSWORD)).rejects.toBe(wrong);
    await expect(pool(wrong).setPassword(NAME, PASSWORD)).rejects.toBe(wrong);
    await expect(pool(wrong).findUser(NAME)).rejects.toBe(wrong);
    await expect(pool(wrong).deleteUser(NAME)).rejects.toBe(wrong);
  });
});

describe('ID-7: a user that exists is changed by its id', () => {
  it('gets a permanent password', async () => {
    const { setPassword, commands } = pool({});
    expect(await setPassword('s1', PASSWORD)).toEqual({ kind: 'set' });
    expect(commands).toEqual([expect.any(AdminSetUserPasswordCommand)]);
    expect(commands).toMatchObject([{ input: { ...BY_ID, Password: PASSWORD, Permanent: true } }]);
  });

  it('is found by its name', async () => {
    const { findUser, commands } = pool({ UserAttributes: attributes('s1') });
    expect(await findUser(NAME)).toBe('s1');
    expect(commands).toEqual([expect.any(AdminGetUserCommand)]);
    expect(await pool(fault('UserNotFoundException')).findUser(NAME)).toBeUndefined();
  });

  it.each([
    ['deleteUser', AdminDeleteUserCommand],
    ['disableUser', AdminDisableUserCommand],
    ['signOut', AdminUserGlobalSignOutCommand],
  ] as const)(
    '%s names its id, and one that is gone already is no error',
    async (action, command) => {
      const found = pool({});
      await found[action]('s1');
      expect(found.commands).toEqual([expect.any(command)]);
      expect(found.commands).toMatchObject([{ input: BY_ID }]);
      await expect(pool(fault('UserNotFoundException'))[action]('s1')).resolves.toBeUndefined();
    },
  );
});
