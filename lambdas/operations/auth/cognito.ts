import {
  type AuthenticationResultType,
  type CognitoIdentityProviderClient,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import * as z from 'zod';

/** The part of the user pool that registration and tokens need. */
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

/** An unknown name and a wrong password get the same response. */
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
      // Any challenge: a user made in the console has a temporary password.
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
      return answer.kind === 'tokens' ? subjectOf(answer.tokens.AccessToken) : undefined;
    },
    signUp: async (name, password) => {
      try {
        const { UserSub: sub } = await cognito.send(
          new SignUpCommand({ ClientId: clientId, Username: name, Password: password }),
        );
        if (sub === undefined) throw new Error('the user pool created a user without an id');
        return { kind: 'created', sub };
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

/** The pool's policy, or Cognito's own check before it (six characters, no blanks). */
const saysWeak = ({ name, message }: Error): boolean =>
  name === 'InvalidPasswordException' ||
  (name === 'InvalidParameterException' && /'password'/i.test(message));

const claims = z.object({ sub: z.string().min(1) });

/** The `sub` of a token that the user pool itself has just issued: there is nothing to verify. */
function subjectOf(token: string | undefined): string | undefined {
  const [, payload] = token?.split('.') ?? [];
  if (payload === undefined) return undefined;
  const decoded: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return claims.safeParse(decoded).data?.sub;
}

/** What the operations of this folder need beside the ledger. */
export type WithIdentity = { readonly identity: Identity };
