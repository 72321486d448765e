import { describe, expect, it } from '@jest/globals';
import type { Identity, SignIn } from '../../../lambdas/operations/auth/cognito.ts';
import { issueToken, refreshToken } from '../../../lambdas/operations/auth/tokens.ts';
import { callerOf, expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { inMemoryLedger } from '../../harness/in-memory-ledger.ts';

const unexpected = (): never => {
  throw new Error('unexpected call of the user pool');
};
/** The parameters of every call of the user pool. */
const calls: string[][] = [];
const callerWith = (signIn: SignIn) => {
  calls.length = 0;
  const answer = async (...parameters: string[]): Promise<SignIn> => {
    calls.push(parameters);
    return signIn;
  };
  const identity: Identity = {
    signUp: unexpected,
    subOf: unexpected,
    signIn: answer,
    refresh: answer,
  };
  return callerOf({ ...inMemoryLedger(), identity }, issueToken, refreshToken);
};
const signedIn = (refresh?: string): SignIn => ({
  kind: 'tokens',
  tokens: {
    AccessToken: 'access',
    IdToken: 'id',
    ...(refresh && { RefreshToken: refresh }),
    ExpiresIn: 900,
    TokenType: 'Bearer',
  },
});
const credentials = { username: 'alice', password: 'Secret-123' };

describe('ID-3: tokens', () => {
  it('name and password return an access token and no ID token', async () => {
    const reply = await callerWith(signedIn('refresh'))('POST /auth/token', { body: credentials });
    expect(reply.status).toBe(200);
    expect(reply.body.data).toEqual({
      access_token: 'access',
      refresh_token: 'refresh',
      expires_in: 900,
      token_type: 'Bearer',
    });
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('the name is sent in lower case, as it was registered', async () => {
    const body = { ...credentials, username: 'ALICE' };
    await callerWith(signedIn())('POST /auth/token', { body });
    expect(calls).toEqual([['alice', 'Secret-123']]);
  });

  it('a refresh token returns a new access token and stays valid', async () => {
    const call = callerWith(signedIn());
    const reply = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expect(reply.body.data).toMatchObject({ access_token: 'access', refresh_token: 'r1' });
    expect(calls).toEqual([['r1']]);
  });

  it('a refresh token that Cognito replaced is returned', async () => {
    const call = callerWith(signedIn('r2'));
    const reply = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expect(reply.body.data.refresh_token).toBe('r2');
  });

  it.each([
    ['refused', 401, 'invalid_credentials'],
    ['password_change_required', 403, 'password_change_required'],
  ] as const)('a sign-in that is %s returns no tokens', async (kind, status, code) => {
    const call = callerWith({ kind });
    const bySignIn = await call('POST /auth/token', { body: credentials });
    expectProblem(bySignIn, status, code);
    expect(bySignIn.text).not.toContain('Secret-123');
    const byRefresh = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expectProblem(byRefresh, status, code);
  });

  it.each([
    ['POST /auth/token', 'no field', {}, { username: 'required', password: 'required' }],
    [
      'POST /auth/token',
      'a malformed name',
      { username: 'a b', password: 'x' },
      { username: 'username_malformed' },
    ],
    [
      'POST /auth/token',
      'a number as password',
      { ...credentials, password: 7 },
      { password: 'wrong_type' },
    ],
    [
      'POST /auth/token',
      'an unknown field',
      { ...credentials, admin: true },
      { admin: 'unknown_field' },
    ],
    ['POST /auth/refresh', 'no field', {}, { refresh_token: 'required' }],
    ['POST /auth/refresh', 'an empty token', { refresh_token: '' }, { refresh_token: 'too_short' }],
    [
      'POST /auth/refresh',
      'a token of 8,193 characters',
      { refresh_token: 'r'.repeat(8_193) },
      { refresh_token: 'too_long' },
    ],
  ] as const)('AP-3: %s with %s names each wrong field', async (route, _what, body, fields) => {
    const reply = await callerWith(signedIn())(route, { body });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual(fields);
    expect(calls).toEqual([]);
  });
});
