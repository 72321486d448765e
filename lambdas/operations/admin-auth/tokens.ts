import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure } from '../../http/response.ts';
import { findByName } from '../../ledger/rows/merchants.ts';
import { codeAnswer, credentials, newPasswordAnswer, refreshInput } from '../auth/fields.ts';
import { logRefusedSignIn, refreshResponse, signInResponse } from '../auth/sign-in.ts';
import type { WithUserPools } from '../auth/user-pool.ts';

/**
 * Name and password of an administrator for tokens, or for the challenge that comes before them (ID-8). A name
 * that a merchant has, or signs in with, gets neither: an administrator is never a merchant.
 * Refuses: invalid_credentials, password_change_required, name_taken.
 */
export const issueAdminToken = operation({
  name: 'issue-admin-token',
  route: 'POST /admin/auth/token',
  access: 'anyone',
  grants: [{ admins: 'InitiateAuth' }, { merchants: 'GetUser' }],
  input: () => credentials,
  handle: async (
    { body: { username, password } },
    call,
    { ledger, adminPool, merchantPool }: ApiContext & WithUserPools,
  ) => {
    const result = await adminPool.signIn(username, password);
    const isSignIn = result.kind === 'tokens' || result.kind === 'challenge';
    // Only a caller who knows the password learns that a merchant has the name.
    const isMerchants =
      isSignIn &&
      ((await merchantPool.findUser(username)) ?? (await findByName(ledger, username))) !==
        undefined;
    if (isMerchants) {
      logRefusedSignIn(call, adminPool, username);
      return failure('name_taken', call.id);
    }
    return signInResponse(adminPool, username, call, result);
  },
});

/** A refresh token of an administrator for a new access token. Refuses: invalid_credentials. */
export const refreshAdminToken = operation({
  name: 'refresh-admin-token',
  route: 'POST /admin/auth/refresh',
  access: 'anyone',
  grants: [{ admins: 'InitiateAuth' }],
  input: () => refreshInput,
  handle: ({ body }, call, { adminPool }: ApiContext & WithUserPools) =>
    refreshResponse(adminPool, body.refresh_token, call),
});

/**
 * The answer to a challenge: a new password, the first code of a new authenticator, or the code of now. One
 * challenge may follow another. Refuses: invalid_credentials, wrong_code, password_change_required, and a weak
 * password.
 */
export const answerAdminChallenge = operation({
  name: 'answer-admin-challenge',
  route: 'POST /admin/auth/challenge',
  access: 'anyone',
  grants: [{ admins: 'RespondToAuthChallenge' }],
  input: () =>
    z.object({
      query: nothing,
      body: z.discriminatedUnion('challenge', [newPasswordAnswer, codeAnswer]),
    }),
  handle: async ({ body }, call, { adminPool }: ApiContext & WithUserPools) =>
    signInResponse(adminPool, body.username, call, await adminPool.answer(body)),
});
