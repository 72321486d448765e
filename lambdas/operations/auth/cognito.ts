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
import {
  type Answer,
  CHALLENGES,
  type ChallengeName,
  type SignInResult,
  type Tokens,
  type UserPool,
} from './user-pool.ts';

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** An unknown name, a wrong password and a session that has ended get the same response. */
const REFUSED = new Set(['NotAuthorizedException', 'UserNotFoundException']);
const WRONG_CODE = new Set([
  'CodeMismatchException',
  'EnableSoftwareTokenMFAException',
  'ExpiredCodeException',
]);

/**
 * The pool's policy refused a password, or Cognito's own check before it (six characters, no blanks).
 * @throws any other error.
 */
function weakPassword(error: unknown) {
  if (!(error instanceof Error)) throw error;
  const { name, message } = error;
  const isWeak =
    name === 'InvalidPasswordException' ||
    (name === 'InvalidParameterException' && /password'/i.test(message));
  if (!isWeak) throw error;
  return { kind: 'weak_password', rule: message } as const;
}

function given<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the user pool returned no ${what}`);
  return value;
}

type Replied = {
  readonly AuthenticationResult?: Tokens | undefined;
  readonly ChallengeName?: string | undefined;
  readonly Session?: string | undefined;
};

function resultOf({ AuthenticationResult, ChallengeName, Session }: Replied): SignInResult {
  if (AuthenticationResult !== undefined) return { kind: 'tokens', tokens: AuthenticationResult };
  const name = CHALLENGES.find((each) => each === ChallengeName);
  return {
    kind: 'challenge',
    name: given(name, `challenge that Surety knows, but ${ChallengeName}`),
    session: given(Session, 'session'),
  };
}

async function outcomeOf(replied: Promise<Replied>): Promise<SignInResult> {
  try {
    return resultOf(await replied);
  } catch (error) {
    const name = nameOf(error);
    if (REFUSED.has(name)) return { kind: 'refused' };
    if (WRONG_CODE.has(name)) return { kind: 'wrong_code' };
    if (name === 'PasswordResetRequiredException') return { kind: 'password_reset_required' };
    return weakPassword(error);
  }
}

export function cognitoUserPool(
  cognito: CognitoIdentityProviderClient,
  id: string,
  clientId: string,
): UserPool {
  const pool = { UserPoolId: id };
  const client = { ...pool, ClientId: clientId };

  const respond = (
    ChallengeName: ChallengeName,
    Session: string,
    ChallengeResponses: Record<string, string>,
  ) =>
    cognito.send(
      new AdminRespondToAuthChallengeCommand({
        ...client,
        ChallengeName,
        Session,
        ChallengeResponses,
      }),
    );

  const respondTo = async (answer: Answer): Promise<Replied> => {
    const { username: USERNAME, session, challenge } = answer;
    switch (challenge) {
      case 'NEW_PASSWORD_REQUIRED':
        return respond(challenge, session, { USERNAME, NEW_PASSWORD: answer.newPassword });
      case 'SOFTWARE_TOKEN_MFA':
        return respond(challenge, session, { USERNAME, SOFTWARE_TOKEN_MFA_CODE: answer.code });
      case 'MFA_SETUP': {
        const proof = { Session: session, UserCode: answer.code };
        const verified = await cognito.send(new VerifySoftwareTokenCommand(proof));
        return respond(challenge, given(verified.Session, 'session'), { USERNAME });
      }
    }
  };

  return {
    id,
    signIn: (USERNAME, PASSWORD) =>
      outcomeOf(
        cognito.send(
          new AdminInitiateAuthCommand({
            ...client,
            AuthFlow: 'ADMIN_USER_PASSWORD_AUTH',
            AuthParameters: { USERNAME, PASSWORD },
          }),
        ),
      ),
    refresh: (REFRESH_TOKEN) =>
      outcomeOf(
        cognito.send(
          new AdminInitiateAuthCommand({
            ...client,
            AuthFlow: 'REFRESH_TOKEN_AUTH',
            AuthParameters: { REFRESH_TOKEN },
          }),
        ),
      ),
    answer: (answer) => outcomeOf(respondTo(answer)),
    startMfaSetup: async (Session) => {
      const { SecretCode, Session: next } = await cognito.send(
        new AssociateSoftwareTokenCommand({ Session }),
      );
      return { secret: given(SecretCode, 'secret'), session: given(next, 'session') };
    },
    createUser: async (Username, TemporaryPassword) => {
      try {
        const { User } = await cognito.send(
          new AdminCreateUserCommand({
            ...pool,
            Username,
            TemporaryPassword,
            MessageAction: 'SUPPRESS',
          }),
        );
        return { kind: 'created', sub: subOf(User?.Attributes) };
      } catch (error) {
        if (nameOf(error) === 'UsernameExistsException') return { kind: 'taken' };
        return weakPassword(error);
      }
    },
    // A user's id is accepted as its `Username`.
    setPassword: async (Username, Password) => {
      try {
        await cognito.send(
          new AdminSetUserPasswordCommand({ ...pool, Username, Password, Permanent: true }),
        );
        return { kind: 'set' };
      } catch (error) {
        return weakPassword(error);
      }
    },
    findUser: async (Username) => {
      try {
        const { UserAttributes } = await cognito.send(
          new AdminGetUserCommand({ ...pool, Username }),
        );
        return subOf(UserAttributes);
      } catch (error) {
        if (nameOf(error) === 'UserNotFoundException') return undefined;
        throw error;
      }
    },
    deleteUser: (Username) =>
      unlessGone(cognito.send(new AdminDeleteUserCommand({ ...pool, Username }))),
    disableUser: (Username) =>
      unlessGone(cognito.send(new AdminDisableUserCommand({ ...pool, Username }))),
    signOut: (Username) =>
      unlessGone(cognito.send(new AdminUserGlobalSignOutCommand({ ...pool, Username }))),
  };
}

type Attribute = { readonly Name?: string | undefined; readonly Value?: string | undefined };
/** Rejects an empty id: it would map every such user to one merchant. */
const subOf = (attributes: readonly Attribute[] = []): string =>
  given(attributes.find(({ Name, Value }) => Name === 'sub' && Value !== '')?.Value, 'user id');

async function unlessGone(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (nameOf(error) !== 'UserNotFoundException') throw error;
  }
}
