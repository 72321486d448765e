import * as z from 'zod';
import { nothing, username } from '../../http/fields.ts';
import { type Answer, failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import type { Identity, SignIn } from './cognito.ts';

const credentials = z.object({
  query: nothing,
  body: z.strictObject({ username, password: z.string().min(1).max(256) }),
});
const refreshForm = z.object({
  query: nothing,
  body: z.strictObject({ refresh_token: z.string().min(1).max(8192) }),
});

/** POST /auth/token: name and password → Cognito's tokens (ID-3). Refuses: invalid_credentials, password_change_required. */
export const issueToken = (identity: Identity) =>
  endpoint('optional', credentials, async ({ body }, call) =>
    answerTo(await identity.signIn(body.username, body.password), call.id),
  );

/** POST /auth/refresh: a refresh token → a new access token. Refuses: invalid_credentials. */
export const refreshToken = (identity: Identity) =>
  endpoint('optional', refreshForm, async ({ body }, call) =>
    answerTo(await identity.refresh(body.refresh_token), call.id, body.refresh_token),
  );

/** Cognito does not repeat the refresh token that was used; the answer does, so that both look alike. */
function answerTo(signIn: SignIn, requestId: string, used?: string): Answer {
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
