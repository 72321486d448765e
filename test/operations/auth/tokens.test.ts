import { describe, expect, it } from '@jest/globals';
import type { Identity, SignIn } from '../../../lambdas/operations/auth/cognito.ts';
import { issueToken, refreshToken } from '../../../lambdas/operations/auth/tokens.ts';
import { callerOf, expectProblem, wrongFields } from '../../harness/http-caller.ts';

const nobody = (): never => {
  throw new Error('nobody should have asked');
};
const asked: string[][] = [];
const answering = (signIn: SignIn) => {
  asked.length = 0;
  const answer = async (...parameters: string[]): Promise<SignIn> => {
    asked.push(parameters);
    return signIn;
  };
  const identity: Identity = { signUp: nobody, subOf: nobody, signIn: answer, refresh: answer };
  return callerOf({
    'POST /auth/token': issueToken(identity),
    'POST /auth/refresh': refreshToken(identity),
  });
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
  it('are given for name and password, the access token and not the ID token', async () => {
    const reply = await answering(signedIn('refresh'))('POST /auth/token', { body: credentials });
    expect(reply.status).toBe(200);
    expect(reply.body.data).toEqual({
      access_token: 'access',
      refresh_token: 'refresh',
      expires_in: 900,
      token_type: 'Bearer',
    });
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('are asked for by the name in lower case, as it was registered', async () => {
    const body = { ...credentials, username: 'ALICE' };
    await answering(signedIn())('POST /auth/token', { body });
    expect(asked).toEqual([['alice', 'Secret-123']]);
  });

  it('are renewed with a refresh token, which stays good', async () => {
    const call = answering(signedIn());
    const reply = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expect(reply.body.data).toMatchObject({ access_token: 'access', refresh_token: 'r1' });
    expect(asked).toEqual([['r1']]);
  });

  it('a refresh token that Cognito has replaced is handed on', async () => {
    const call = answering(signedIn('r2'));
    const reply = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expect(reply.body.data.refresh_token).toBe('r2');
  });

  it.each([
    ['refused', 401, 'invalid_credentials'],
    ['password_change_required', 403, 'password_change_required'],
  ] as const)('are not given when sign-in is %s', async (kind, status, code) => {
    const call = answering({ kind });
    const bySignIn = await call('POST /auth/token', { body: credentials });
    expectProblem(bySignIn, status, code);
    expect(bySignIn.text).not.toContain('Secret-123');
    const byRefresh = await call('POST /auth/refresh', { body: { refresh_token: 'r1' } });
    expectProblem(byRefresh, status, code);
  });

  it.each([
    ['POST /auth/token', {}, { username: 'required', password: 'required' }],
    ['POST /auth/token', { username: 'a b', password: 'x' }, { username: 'username_malformed' }],
    ['POST /auth/token', { ...credentials, password: 7 }, { password: 'wrong_type' }],
    ['POST /auth/token', { ...credentials, admin: true }, { admin: 'unknown_field' }],
    ['POST /auth/refresh', {}, { refresh_token: 'required' }],
    ['POST /auth/refresh', { refresh_token: '' }, { refresh_token: 'too_short' }],
    ['POST /auth/refresh', { refresh_token: 'r'.repeat(8_193) }, { refresh_token: 'too_long' }],
  ] as const)('AP-3: %s of %j is told field by field', async (route, body, fields) => {
    const reply = await answering(signedIn())(route, { body });
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual(fields);
    expect(asked).toEqual([]);
  });
});
