import * as z from 'zod';
import { noBody, nothing } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import { log } from '../../platform/logger.ts';
import { newPassword, password } from '../auth/fields.ts';
import { provesPassword, weakPassword } from '../auth/sign-in.ts';
import type { WithUserPools } from '../auth/user-pool.ts';

/**
 * A new password for the caller's own sign-in (ID-7), in any status. It ends every session. An access token stays
 * valid for at most 15 minutes. Refuses: wrong_password, and a weak password.
 */
export const changePassword = operation({
  name: 'change-password',
  route: 'POST /auth/password',
  access: 'merchant',
  grants: [
    { merchants: 'InitiateAuth' },
    { merchants: 'SetUserPassword' },
    { merchants: 'UserGlobalSignOut' },
  ],
  input: () =>
    z.object({ query: nothing, body: z.strictObject({ password, new_password: newPassword }) }),
  handle: async ({ body }, call, { merchantPool }: ApiContext & WithUserPools) => {
    if (!(await provesPassword(merchantPool, call, body.password)))
      return failure('wrong_password', call.id);
    const { sub } = call.caller.user;
    const set = await merchantPool.setPassword(sub, body.new_password);
    if (set.kind === 'weak_password') return weakPassword('new_password', set.rule, call.id);
    await merchantPool.signOut(sub);
    log('security', 'PASSWORD_CHANGED', { request_id: call.id });
    return success({
      status: 200,
      message: {
        en: 'The password is changed. Sign in again with it.',
        fa: 'گذرواژه تغییر کرد. با آن دوباره وارد شوید.',
      },
      data: {},
    });
  },
});

/** Ends every session of the caller at once (ID-7). An access token stays valid for at most 15 minutes. */
export const signOut = operation({
  name: 'sign-out',
  route: 'POST /auth/sign-out',
  access: 'merchant',
  grants: [{ merchants: 'UserGlobalSignOut' }],
  input: () => z.object({ query: nothing, body: noBody }),
  handle: async (_input, call, { merchantPool }: ApiContext & WithUserPools) => {
    await merchantPool.signOut(call.caller.user.sub);
    log('security', 'SIGNED_OUT', { request_id: call.id });
    return success({
      status: 200,
      message: {
        en: 'Signed out everywhere. Sign in again to get new tokens.',
        fa: 'از همه‌جا خارج شدید. برای توکن تازه دوباره وارد شوید.',
      },
      data: {},
    });
  },
});
