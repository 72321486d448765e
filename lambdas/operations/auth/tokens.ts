import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { credentials, newPasswordAnswer, refreshInput } from './fields.ts';
import { refreshResponse, signInResponse } from './sign-in.ts';
import type { WithUserPools } from './user-pool.ts';

/**
 * Name and password for Cognito's tokens (ID-3), in any status of the merchant. A temporary password gets the
 * challenge NEW_PASSWORD_REQUIRED. Refuses: invalid_credentials, password_change_required.
 */
export const issueToken = operation({
  name: 'issue-token',
  route: 'POST /auth/token',
  access: 'anyone',
  grants: [{ merchants: 'InitiateAuth' }],
  input: () => credentials,
  handle: async ({ body }, call, { merchantPool }: ApiContext & WithUserPools) => {
    const result = await merchantPool.signIn(body.username, body.password);
    return signInResponse(merchantPool, body.username, call, result);
  },
});

/** A refresh token for a new access token. Refuses: invalid_credentials. */
export const refreshToken = operation({
  name: 'refresh-token',
  route: 'POST /auth/refresh',
  access: 'anyone',
  grants: [{ merchants: 'InitiateAuth' }],
  input: () => refreshInput,
  handle: ({ body }, call, { merchantPool }: ApiContext & WithUserPools) =>
    refreshResponse(merchantPool, body.refresh_token, call),
});

/** The answer to NEW_PASSWORD_REQUIRED, for tokens. Refuses: invalid_credentials, wrong_code, and a weak password. */
export const answerChallenge = operation({
  name: 'answer-challenge',
  route: 'POST /auth/challenge',
  access: 'anyone',
  grants: [{ merchants: 'RespondToAuthChallenge' }],
  input: () => z.object({ query: nothing, body: newPasswordAnswer }),
  handle: async ({ body }, call, { merchantPool }: ApiContext & WithUserPools) =>
    signInResponse(merchantPool, body.username, call, await merchantPool.answer(body)),
});
