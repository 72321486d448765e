import type { AuthenticationResultType } from '@aws-sdk/client-cognito-identity-provider';

export type Tokens = Pick<
  AuthenticationResultType,
  'AccessToken' | 'RefreshToken' | 'ExpiresIn' | 'TokenType'
>;

/** What Cognito asks for before it issues tokens. */
export const CHALLENGES = ['NEW_PASSWORD_REQUIRED', 'MFA_SETUP', 'SOFTWARE_TOKEN_MFA'] as const;
export type ChallengeName = (typeof CHALLENGES)[number];

export type SignInResult =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  | { readonly kind: 'challenge'; readonly name: ChallengeName; readonly session: string }
  | { readonly kind: 'refused' | 'wrong_code' | 'password_reset_required' }
  | { readonly kind: 'weak_password'; readonly rule: string };

export type Created =
  | { readonly kind: 'created'; readonly sub: string }
  | { readonly kind: 'taken' }
  | { readonly kind: 'weak_password'; readonly rule: string };

export type Answer = {
  readonly username: string;
  readonly session: string;
} & (
  | { readonly challenge: 'NEW_PASSWORD_REQUIRED'; readonly newPassword: string }
  | { readonly challenge: 'MFA_SETUP' | 'SOFTWARE_TOKEN_MFA'; readonly code: string }
);

/**
 * One Cognito user pool. Its client allows sign-in only to callers with IAM permissions: to Surety. A user that
 * exists is changed by its id: its name may belong to another user by then.
 */
export type UserPool = {
  readonly id: string;
  /** With a temporary password: `signIn` asks for a new one until `setPassword`. */
  readonly createUser: (username: string, temporaryPassword: string) => Promise<Created>;
  /** Follows only one's own creation, or a sign-in that proved the old password. */
  readonly setPassword: (
    sub: string,
    password: string,
  ) => Promise<
    { readonly kind: 'set' } | { readonly kind: 'weak_password'; readonly rule: string }
  >;
  /** The user's id; undefined where there is no such user. */
  readonly findUser: (username: string) => Promise<string | undefined>;
  readonly deleteUser: (sub: string) => Promise<void>;
  /** The user can no longer sign in or refresh. A user that is gone already is no error. */
  readonly disableUser: (sub: string) => Promise<void>;
  /** Ends every refresh token of the user. */
  readonly signOut: (sub: string) => Promise<void>;
  readonly signIn: (username: string, password: string) => Promise<SignInResult>;
  readonly refresh: (refreshToken: string) => Promise<SignInResult>;
  readonly answer: (answer: Answer) => Promise<SignInResult>;
  /** A new secret for the user's authenticator, and the session to prove it with. */
  readonly startMfaSetup: (
    session: string,
  ) => Promise<{ readonly secret: string; readonly session: string }>;
};

/** What the operations that sign in or register need beside the ledger. */
export type WithUserPools = { readonly merchantPool: UserPool; readonly adminPool: UserPool };
