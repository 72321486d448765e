import '../../harness/enable-logs.ts';
import { describe, expect, it } from '@jest/globals';
import {
  answerChallenge,
  issueToken,
  refreshToken,
} from '../../../lambdas/operations/auth/tokens.ts';
import type { SignInResult } from '../../../lambdas/operations/auth/user-pool.ts';
import { fakeUserPool } from '../../harness/fake-user-pool.ts';
import { callerOf, expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { inMemoryLedger } from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { POOLS } from '../../harness/sign-ins.ts';

/** The parameters of every call of the user pool. */
const calls: unknown[][] = [];
const callerWith = (result: SignInResult) => {
  calls.length = 0;
  const respond = async (...parameters: unknown[]): Promise<SignInResult> => {
    calls.push(parameters);
    return result;
  };
  const pool = fakeUserPool(POOLS.merchant);
  const merchantPool = { ...pool, signIn: respond, refresh: respond, answer: respond };
  return callerOf(
    { ...inMemoryLedger(), merchantPool, adminPool: fakeUserPool(POOLS.admin) },
    issueToken,
    refreshToken,
    answerChallenge,
  );
};
const signedIn = (refresh?: string): SignInResult => ({
  kind: 'tokens',
  tokens: {
    AccessToken: 'access',
    ...(refresh && { RefreshToken: refresh }),
    ExpiresIn: 900,
    TokenType: 'Bearer',
  },
});
const SESSION = 'a-session-of-the-user-pool';
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
    ['password_reset_required', 403, 'password_change_required'],
  ] as const)('a sign-in that is %s returns no tokens', async (kind, status, code) => {
    const reply = await callerWith({ kind })('POST /auth/token', { body: credentials });
    expectProblem(reply, status, code);
    expect(reply.text).not.toContain('Secret-123');
  });

  it.each(['refused', 'password_reset_required', 'wrong_code'] as const)(
    'a refresh token that is %s returns no tokens',
    async (kind) => {
      const body = { refresh_token: 'r1' };
      expectProblem(
        await callerWith({ kind })('POST /auth/refresh', { body }),
        401,
        'invalid_credentials',
      );
    },
  );

  it('LE-5: a failed sign-in is logged with a hash of the name and the source address, without the name', async () => {
    const call = callerWith({ kind: 'refused' });
    const lines = await linesOf(async () => {
      await call('POST /auth/token', { body: credentials });
      await call('POST /auth/token', { body: { ...credentials, username: 'ALICE' } });
    });
    const refused = lines.filter(({ message }) => message === 'SIGN_IN_REFUSED');
    const line = {
      kind: 'security',
      pool: POOLS.merchant,
      // sha256 of alice
      name_hash: '2bd806c97f0e00af',
      source_ip: '192.0.2.1',
    };
    expect(refused).toMatchObject([line, line]);
    expect(JSON.stringify(lines)).not.toMatch(/alice|Secret-123/i);
  });

  it('ID-7: a temporary password returns a challenge, and the answer with a new password returns tokens', async () => {
    const challenged = callerWith({
      kind: 'challenge',
      name: 'NEW_PASSWORD_REQUIRED',
      session: SESSION,
    });
    const reply = await challenged('POST /auth/token', { body: credentials });
    expect([reply.status, reply.body.data]).toEqual([
      200,
      { challenge: 'NEW_PASSWORD_REQUIRED', session: SESSION },
    ]);
    const answer = {
      challenge: 'NEW_PASSWORD_REQUIRED',
      username: 'Alice',
      session: SESSION,
      new_password: 'Next-1234',
    };
    const answered = await callerWith(signedIn('r'))('POST /auth/challenge', { body: answer });
    expect(answered.body.data).toMatchObject({ access_token: 'access', refresh_token: 'r' });
    expect(calls).toEqual([
      [
        {
          challenge: 'NEW_PASSWORD_REQUIRED',
          username: 'alice',
          session: SESSION,
          newPassword: 'Next-1234',
        },
      ],
    ]);
    const weak = callerWith({ kind: 'weak_password', rule: 'Too short.' });
    const refused = await weak('POST /auth/challenge', { body: answer });
    expect(wrongFields(refused)).toEqual({ new_password: 'password_too_weak' });
  });

  it.each([
    ['POST /auth/token', 'no field', {}, { username: 'required', password: 'required' }],
    [
      'POST /auth/token',
      'a name of 129 characters',
      { username: 'a'.repeat(129), password: 'x' },
      { username: 'too_long' },
    ],
    [
      'POST /auth/challenge',
      'another challenge',
      { challenge: 'SOFTWARE_TOKEN_MFA', username: 'alice', session: SESSION, new_password: 'x' },
      { challenge: 'not_one_of' },
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
