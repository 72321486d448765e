import * as z from 'zod';
import { nothing, username } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import type { SignIn, WithIdentity } from './cognito.ts';

const credentials = z.object({
  query: nothing,
  body: z.strictObject({ username, password: z.string().min(1).max(256) }),
});
const refreshInput = z.object({
  query: nothing,
  body: z.strictObject({ refresh_token: z.string().min(1).max(8192) }),
});

/** Name and password for Cognito's tokens (ID-3). Refuses: invalid_credentials, password_change_required. */
export const issueToken = operation({
  name: 'issue-token',
  route: 'POST /auth/token',
  access: 'anyone',
  input: () => credentials,
  handle: async ({ body }, call, { identity }: ApiContext & WithIdentity) =>
    tokenResponse(await identity.signIn(body.username, body.password), call.id),
});

/** A refresh token for a new access token. Refuses: invalid_credentials. */
export const refreshToken = operation({
  name: 'refresh-token',
  route: 'POST /auth/refresh',
  access: 'anyone',
  input: () => refreshInput,
  handle: async ({ body }, call, { identity }: ApiContext & WithIdentity) =>
    tokenResponse(await identity.refresh(body.refresh_token), call.id, body.refresh_token),
});

/** Cognito does not repeat the refresh token that was used. The response does, so that both look alike. */
function tokenResponse(signIn: SignIn, requestId: string, used?: string): HttpResponse {
  switch (signIn.kind) {
    case 'refused':
      return failure('invalid_credentials', requestId);
    case 'password_change_required':
      return failure('password_change_required', requestId);
    case 'tokens':
      return success({
        status: 200,
        message: { en: 'Signed in.', fa: 'وارد شدید.' },
        data: {
          access_token: signIn.tokens.AccessToken,
          refresh_token: signIn.tokens.RefreshToken ?? used,
          expires_in: signIn.tokens.ExpiresIn,
          token_type: signIn.tokens.TokenType,
        },
      });
  }
}
