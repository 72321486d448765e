import {
  type AuthenticationResultType,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';

/** The user pool, as far as registration and tokens need it. */
export type Identity = {
  readonly signUp: (
    name: string,
    password: string,
  ) => Promise<
    | { readonly kind: 'created'; readonly sub: string }
    | { readonly kind: 'taken' }
    | { readonly kind: 'weak_password'; readonly rule: string }
  >;
  /** The user's id, where the password is right. */
  readonly subOf: (name: string, password: string) => Promise<string | undefined>;
  readonly signIn: (name: string, password: string) => Promise<SignIn>;
  readonly refresh: (refreshToken: string) => Promise<SignIn>;
};

export type SignIn =
  | { readonly kind: 'tokens'; readonly tokens: AuthenticationResultType }
  | { readonly kind: 'refused' }
  | { readonly kind: 'password_change_required' };

/** A name that does not exist and a password that is wrong are told alike. */
const REFUSED = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
]);
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

export function cognitoIdentity(
  cognito: CognitoIdentityProviderClient,
  clientId: string,
): Identity {
  const authenticate = async (
    flow: 'USER_PASSWORD_AUTH' | 'REFRESH_TOKEN_AUTH',
    parameters: Record<string, string>,
  ): Promise<SignIn> => {
    try {
      const answer = await cognito.send(
        new InitiateAuthCommand({ ClientId: clientId, AuthFlow: flow, AuthParameters: parameters }),
      );
      // Any challenge: a user made in the console starts with a temporary password.
      if (answer.AuthenticationResult === undefined) return { kind: 'password_change_required' };
      return { kind: 'tokens', tokens: answer.AuthenticationResult };
    } catch (error) {
      if (REFUSED.has(nameOf(error))) return { kind: 'refused' };
      if (nameOf(error) === 'PasswordResetRequiredException')
        return { kind: 'password_change_required' };
      throw error;
    }
  };
  const signIn = (name: string, password: string): Promise<SignIn> =>
    authenticate('USER_PASSWORD_AUTH', { USERNAME: name, PASSWORD: password });

  return {
    signIn,
    refresh: (refreshToken) => authenticate('REFRESH_TOKEN_AUTH', { REFRESH_TOKEN: refreshToken }),
    subOf: async (name, password) => {
      const answer = await signIn(name, password);
      return answer.kind === 'tokens' ? subjectOf(answer.tokens.AccessToken ?? '') : undefined;
    },
    signUp: async (name, password) => {
      try {
        const { UserSub = '' } = await cognito.send(
          new SignUpCommand({ ClientId: clientId, Username: name, Password: password }),
        );
        return { kind: 'created', sub: UserSub };
      } catch (error) {
        if (nameOf(error) === 'UsernameExistsException') return { kind: 'taken' };
        if (error instanceof Error && saysWeak(error)) {
          return { kind: 'weak_password', rule: error.message };
        }
        throw error;
      }
    },
  };
}

/** The pool's policy, or Cognito's own form, which sees a password first (six characters, no blanks). */
const saysWeak = ({ name, message }: Error): boolean =>
  name === 'InvalidPasswordException' ||
  (name === 'InvalidParameterException' && /'password'/i.test(message));

/** The `sub` of a token that has just come from the user pool itself: nothing to verify. */
function subjectOf(token: string): string | undefined {
  const claims: unknown = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  );
  const sub =
    typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : undefined;
  return typeof sub === 'string' ? sub : undefined;
}
