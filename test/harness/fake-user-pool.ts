import { randomUUID } from 'node:crypto';
import type { SignInResult, UserPool } from '../../lambdas/operations/auth/user-pool.ts';

type User = {
  readonly sub: string;
  password: string;
  isTemporary: boolean;
  isEnabled: boolean;
  signedOut: number;
};

/** A user pool in memory. `users` shows what a test asks, or changes behind Surety's back. */
export type FakeUserPool = UserPool & { readonly users: Map<string, User> };

export function fakeUserPool(id: string): FakeUserPool {
  const users = new Map<string, User>();
  const sessions = new Map<string, string>();
  const bySub = (sub: string) => [...users].find(([, user]) => user.sub === sub);
  const changed = (sub: string, change: (user: User) => void): void => {
    const [, user] = bySub(sub) ?? [];
    if (user !== undefined) change(user);
  };
  const isWeak = (password: string): boolean => password.length < 8;
  const weak = { kind: 'weak_password', rule: 'Password not long enough' } as const;
  const tokensOf = (username: string): SignInResult => ({
    kind: 'tokens',
    tokens: {
      AccessToken: `access ${username}`,
      RefreshToken: `refresh ${username}`,
      ExpiresIn: 900,
      TokenType: 'Bearer',
    },
  });
  return {
    id,
    users,
    createUser: async (username, password) => {
      if (users.has(username)) return { kind: 'taken' };
      if (isWeak(password)) return weak;
      const sub = randomUUID();
      users.set(username, { sub, password, isTemporary: true, isEnabled: true, signedOut: 0 });
      return { kind: 'created', sub };
    },
    setPassword: async (sub, password) => {
      if (bySub(sub) === undefined) throw new Error(`no user ${sub}`);
      if (isWeak(password)) return weak;
      changed(sub, (user) => Object.assign(user, { password, isTemporary: false }));
      return { kind: 'set' };
    },
    findUser: async (username) => users.get(username)?.sub,
    deleteUser: async (sub) => void users.delete(bySub(sub)?.[0] ?? ''),
    disableUser: async (sub) =>
      changed(sub, (user) => {
        user.isEnabled = false;
      }),
    signOut: async (sub) =>
      changed(sub, (user) => {
        user.signedOut += 1;
      }),
    signIn: async (username, password) => {
      const user = users.get(username);
      if (user?.password !== password || !user.isEnabled) return { kind: 'refused' };
      if (!user.isTemporary) return tokensOf(username);
      const session = randomUUID();
      sessions.set(session, username);
      return { kind: 'challenge', name: 'NEW_PASSWORD_REQUIRED', session };
    },
    refresh: async (token) => {
      const username = token.replace('refresh ', '');
      return users.get(username)?.isEnabled ? tokensOf(username) : { kind: 'refused' };
    },
    answer: async (answer) => {
      const user = users.get(answer.username);
      if (user === undefined || sessions.get(answer.session) !== answer.username)
        return { kind: 'refused' };
      if (answer.challenge !== 'NEW_PASSWORD_REQUIRED') return { kind: 'wrong_code' };
      if (isWeak(answer.newPassword)) return weak;
      Object.assign(user, { password: answer.newPassword, isTemporary: false });
      return tokensOf(answer.username);
    },
    startMfaSetup: async (session) => ({ secret: 'JBSWY3DPEHPK3PXP', session }),
  };
}
