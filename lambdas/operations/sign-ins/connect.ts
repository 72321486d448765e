import * as z from 'zod';
import { byMerchantId, nothing, username } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { refused } from '../../ledger/decision.ts';
import { connectSignIn as connect, type Merchant } from '../../ledger/merchant.ts';
import { findByName, readMerchant } from '../../ledger/rows/merchants.ts';
import { readSignIn } from '../../ledger/rows/sign-ins.ts';
import { runChange } from '../../ledger/run-change.ts';
import type { SignIn } from '../../ledger/sign-in.ts';
import { log } from '../../platform/logger.ts';
import { newPassword } from '../auth/fields.ts';
import { weakPassword } from '../auth/sign-in.ts';
import type { UserPool, WithUserPools } from '../auth/user-pool.ts';
import { merchantView } from '../merchants/view.ts';

const input = z.object({
  params: byMerchantId,
  query: nothing,
  body: z.strictObject({ username, temporary_password: newPassword }),
});

/**
 * Connects a new sign-in to a merchant whose own is lost or stolen (ID-7). Who signs in with the temporary
 * password has to set another. The earlier user can no longer sign in, and its tokens stop reaching the
 * merchant within a minute. Sent again, it completes what a crash interrupted.
 * Refuses: merchant_not_found, name_taken, and a password that the user pool's rules refuse.
 */
export const connectSignIn = operation({
  name: 'connect-sign-in',
  route: 'PUT /admin/merchants/{id}/sign-in',
  access: 'admin',
  grants: [
    'commit',
    'disconnect-sign-in',
    { merchants: 'CreateUser' },
    { merchants: 'DeleteUser' },
    { merchants: 'DisableUser' },
    { merchants: 'GetUser' },
    { merchants: 'UserGlobalSignOut' },
    { admins: 'GetUser' },
  ],
  input: () => input,
  handle: async (wanted, call, context: ApiContext & WithUserPools) => {
    const { ledger, merchantPool: pool } = context;
    const { username: name, temporary_password: password } = wanted.body;
    const merchant = await readMerchant(ledger, wanted.params.id);
    if (merchant === undefined) return failure('merchant_not_found', call.id);
    if (await isOthersName(context, merchant, name)) return failure('name_taken', call.id);
    const user = await userFor(ledger, pool, merchant, name, password);
    if (user.kind === 'taken') return failure('name_taken', call.id);
    if (user.kind === 'weak_password')
      return weakPassword('temporary_password', user.rule, call.id);

    const result = await connected(ledger, merchant.id, {
      pool: pool.id,
      sub: user.sub,
      username: name,
    });
    if (result.kind === 'undecided') return failure('busy', call.id);
    if (result.kind === 'refused') return failure(result.reason, call.id);
    const { facts: now = merchant } = result;
    await disableFormer(pool, now);
    log('security', 'SIGN_IN_CONNECTED', { request_id: call.id, merchant: merchant.id });
    return success({
      status: 200,
      message: {
        en: 'The sign-in is connected. Give the merchant its temporary password.',
        fa: 'ورود تازه متصل شد. گذرواژهٔ موقت را به پذیرنده بدهید.',
      },
      data: merchantView(now),
    });
  },
});

/** Another merchant's name, or an administrator's. */
async function isOthersName(
  { ledger, adminPool }: ApiContext & WithUserPools,
  { id }: Merchant,
  name: string,
): Promise<boolean> {
  const [named, admin] = await Promise.all([findByName(ledger, name), adminPool.findUser(name)]);
  return admin !== undefined || (named !== undefined && named.id !== id);
}

/** A user of that name that nobody else knows the password of; the merchant's own where it is connected. */
async function userFor(
  ledger: LedgerContext,
  pool: UserPool,
  { id }: Merchant,
  name: string,
  password: string,
) {
  const existing = await pool.findUser(name);
  if (existing !== undefined) {
    const owner = await readSignIn(ledger, { pool: pool.id, sub: existing });
    if (owner === id) return { kind: 'created', sub: existing } as const;
    if (owner !== undefined) return { kind: 'taken' } as const;
    // Whoever created it, and knows its password, is not the merchant.
    await pool.deleteUser(name);
  }
  return pool.createUser(name, password);
}

const connected = (ledger: LedgerContext, id: string, signIn: SignIn) =>
  runChange(ledger, {
    read: () => readMerchant(ledger, id),
    decide: (merchant) => {
      if (merchant === undefined) return refused('merchant_not_found');
      if (merchant.signIn.sub === signIn.sub) return { kind: 'done' };
      return { kind: 'accepted', changes: connect(merchant, signIn) };
    },
    isDone: (merchant) => merchant?.signIn.sub === signIn.sub,
    versionOf: () => undefined,
    committed: () => {},
  });

/** A former user of the same name is gone: the new one was created in its place. */
async function disableFormer(pool: UserPool, { signIn, formerSignIn }: Merchant): Promise<void> {
  if (formerSignIn === undefined || formerSignIn.username === signIn.username) return;
  await pool.disableUser(formerSignIn.username);
  await pool.signOut(formerSignIn.username);
}
