import * as z from 'zod';
import { byMerchantId, nothing, username } from '../../http/fields.ts';
import { type ApiContext, operation } from '../../http/operation.ts';
import { failure, success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { refused } from '../../ledger/decision.ts';
import { type Merchant, replaceSignIn } from '../../ledger/merchant.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readSignIn } from '../../ledger/rows/sign-ins.ts';
import { runChange } from '../../ledger/run-change.ts';
import type { SignIn } from '../../ledger/sign-in.ts';
import { log } from '../../platform/logger.ts';
import { newPassword } from '../auth/fields.ts';
import { isNameTaken } from '../auth/names.ts';
import { weakPassword } from '../auth/sign-in.ts';
import type { Created, UserPool, WithUserPools } from '../auth/user-pool.ts';
import { merchantView } from '../merchants/view.ts';

const input = z.object({
  params: byMerchantId,
  query: nothing,
  body: z.strictObject({ username, temporary_password: newPassword }),
});

/**
 * Connects a new sign-in to a merchant whose own is lost or stolen (ID-7). Its user has to set a password of
 * its own before it gets tokens. Earlier users are disabled, and their tokens stop reaching the merchant within
 * a minute. Sent again, it connects a new user again, and completes what a crash interrupted.
 * Refuses: merchant_not_found, name_taken, and a password that the user pool's rules refuse.
 */
export const connectSignIn = operation({
  name: 'connect-sign-in',
  route: 'PUT /admin/merchants/{id}/sign-in',
  access: 'admin',
  grants: [
    'change',
    'connect-sign-in',
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
    if (await isNameTaken(context, name, merchant.id)) return failure('name_taken', call.id);
    const user = await newUser(ledger, pool, merchant, name, password);
    if (user.kind === 'taken') return failure('name_taken', call.id);
    if (user.kind === 'weak_password')
      return weakPassword('temporary_password', user.rule, call.id);

    const signIn = { pool: pool.id, sub: user.sub, username: name };
    const { result, earlier } = await connect(ledger, merchant, signIn);
    if (result.kind === 'undecided') return failure('busy', call.id, result);
    if (result.kind === 'refused') return failure(result, call.id);
    for (const sub of earlier) {
      await pool.disableUser(sub);
      await pool.signOut(sub);
    }
    log('security', 'SIGN_IN_CONNECTED', { request_id: call.id, merchant: merchant.id });
    return success({
      status: 200,
      message: {
        en: 'The sign-in is connected. Give the merchant its temporary password.',
        fa: 'ورود تازه متصل شد. گذرواژهٔ موقت را به پذیرنده بدهید.',
      },
      data: merchantView(result.facts ?? merchant, ledger.now()),
    });
  },
});

/** A user of that name with the temporary password. The merchant's own user of that name is replaced. */
async function newUser(
  ledger: LedgerContext,
  pool: UserPool,
  { id }: Merchant,
  name: string,
  password: string,
): Promise<Created> {
  const created = await pool.createUser(name, password);
  if (created.kind !== 'taken') return created;
  const existing = await pool.findUser(name);
  if (existing === undefined) return created;
  // A user without a merchant may belong to a registration that is under way.
  if ((await readSignIn(ledger, { pool: pool.id, sub: existing })) !== id) return created;
  await pool.deleteUser(existing);
  return pool.createUser(name, password);
}

/** Also every earlier user that was seen: a crash may have left one enabled. */
async function connect(ledger: LedgerContext, { id, signIn: first }: Merchant, signIn: SignIn) {
  const seen = new Set([first.sub]);
  const result = await runChange(ledger, {
    read: async () => {
      const merchant = await readMerchant(ledger, id);
      for (const each of [merchant?.signIn, merchant?.formerSignIn]) if (each) seen.add(each.sub);
      return merchant;
    },
    decide: (merchant) =>
      merchant === undefined
        ? refused('merchant_not_found')
        : { kind: 'accepted', changes: replaceSignIn(merchant, signIn) },
    isDone: (merchant) => merchant?.signIn.sub === signIn.sub,
    // After a lost answer, another change may have connected a later sign-in.
    versionOf: (merchant) => merchant?.version,
    committed: () => {},
  });
  if (result.kind === 'changed' && result.facts) seen.delete(result.facts.signIn.sub);
  return { result, earlier: seen };
}
