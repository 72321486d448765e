import { createHash } from 'node:crypto';
import type { Call } from '../../http/endpoint.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import { log } from '../../platform/logger.ts';
import type { SignInResult, Tokens, UserPool } from './user-pool.ts';

/**
 * Logs have a hash of the name, which may be a mistyped password. It shows that several tries concern one
 * name. It is not salted, so a name that is guessed can be recognised.
 */
const hashOf = (name: string): string =>
  createHash('sha256').update(name).digest('hex').slice(0, 16);

export function logRefusedSignIn(
  { id, sourceIp }: Pick<Call, 'id' | 'sourceIp'>,
  pool: UserPool,
  username: string,
): void {
  log('security', 'SIGN_IN_REFUSED', {
    request_id: id,
    pool: pool.id,
    name_hash: hashOf(username),
    source_ip: sourceIp,
  });
}

const tokensResponse = (tokens: Tokens, usedRefreshToken?: string): HttpResponse =>
  success({
    status: 200,
    message: { en: 'Signed in.', fa: 'وارد شدید.' },
    data: {
      access_token: tokens.AccessToken,
      // Cognito does not repeat the one that was used. Both responses look alike.
      refresh_token: tokens.RefreshToken ?? usedRefreshToken,
      expires_in: tokens.ExpiresIn,
      token_type: tokens.TokenType,
    },
  });

/** Whether it is the password of the caller's own sign-in. A wrong one is logged as a failed sign-in. */
export async function provesPassword(
  pool: UserPool,
  call: Call,
  password: string,
): Promise<boolean> {
  const { username } = call.caller.user;
  const { kind } = await pool.signIn(username, password);
  if (kind === 'tokens') return true;
  logRefusedSignIn(call, pool, username);
  return false;
}

/** A refresh token for new tokens. Refuses: invalid_credentials. */
export async function refreshResponse(
  pool: UserPool,
  token: string,
  call: Call,
): Promise<HttpResponse> {
  const result = await pool.refresh(token);
  return result.kind === 'tokens'
    ? tokensResponse(result.tokens, token)
    : failure('invalid_credentials', call.id);
}

/** Tokens, the challenge that comes before them, or why there are none. */
export async function signInResponse(
  pool: UserPool,
  username: string,
  call: Call,
  result: SignInResult,
): Promise<HttpResponse> {
  switch (result.kind) {
    case 'tokens':
      return tokensResponse(result.tokens);
    case 'challenge':
      return challengeResponse(pool, username, result);
    case 'weak_password':
      return weakPassword('new_password', result.rule, call.id);
    case 'password_reset_required':
      logRefusedSignIn(call, pool, username);
      return failure('password_change_required', call.id);
    case 'wrong_code':
    case 'refused':
      logRefusedSignIn(call, pool, username);
      return failure(result.kind === 'refused' ? 'invalid_credentials' : 'wrong_code', call.id);
  }
}

async function challengeResponse(
  pool: UserPool,
  username: string,
  { name, session }: Extract<SignInResult, { kind: 'challenge' }>,
): Promise<HttpResponse> {
  const message = {
    en: 'Answer the challenge to sign in.',
    fa: 'برای ورود به چالش پاسخ دهید.',
  };
  if (name !== 'MFA_SETUP')
    return success({ status: 200, message, data: { challenge: name, session } });
  const setup = await pool.startMfaSetup(session);
  const label = encodeURIComponent(`Surety:${username}`);
  const uri = `otpauth://totp/${label}?secret=${setup.secret}&issuer=Surety`;
  return success({
    status: 200,
    message,
    data: { challenge: name, session: setup.session, otpauth_uri: uri },
  });
}

/** In the words of the user pool, which has the rules. */
export const weakPassword = (field: string, rule: string, requestId: string): HttpResponse =>
  failure('invalid_request', requestId, {
    errors: [{ field, reason: 'password_too_weak', detail: rule }],
  });
