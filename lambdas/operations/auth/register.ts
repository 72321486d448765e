import * as z from 'zod';
import type { Call } from '../../http/endpoint.ts';
import {
  amountText,
  bankAccount,
  currencyOr,
  inMinorUnits,
  nothing,
  username,
} from '../../http/fields.ts';
import { type ApiContext, operation, type Settings } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { refused } from '../../ledger/decision.ts';
import { type Merchant, registerMerchant } from '../../ledger/merchant.ts';
import { newMerchantId } from '../../ledger/merchant-id.ts';
import { findByName, readMerchant } from '../../ledger/rows/merchants.ts';
import { readSignIn } from '../../ledger/rows/sign-ins.ts';
import { runChange } from '../../ledger/run-change.ts';
import type { SignIn } from '../../ledger/sign-in.ts';
import { log } from '../../platform/logger.ts';
import { merchantView } from '../merchants/view.ts';
import { newPassword } from './fields.ts';
import { isNameTaken } from './names.ts';
import { logRefusedSignIn, weakPassword } from './sign-in.ts';
import type { UserPool, WithUserPools } from './user-pool.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        username,
        password: newPassword,
        requested_credit: amountText,
        currency: currencyOr(fallback),
        bank_account: bankAccount,
      }),
    })
    .transform(({ body }, ctx) => {
      const { requested_credit: credit, bank_account, ...rest } = body;
      const requestedCredit = inMinorUnits(
        ['body', 'requested_credit'],
        credit,
        body.currency,
        ctx,
      );
      return { ...rest, requestedCredit, bankAccount: bank_account };
    });
type Registration = z.output<ReturnType<typeof input>>;

/**
 * A merchant registers itself and starts PENDING (ID-1). The user and the merchant's rows are two writes. A
 * crash between them is completed by the same registration sent again: the password proves that the user
 * is the caller's, and it has no merchant yet.
 * Refuses: name_taken, and a password that the user pool's rules refuse.
 */
export const register = operation({
  name: 'register',
  route: 'POST /auth/register',
  access: 'anyone',
  location: '/me',
  grants: [
    'register',
    { merchants: 'CreateUser' },
    { merchants: 'SetUserPassword' },
    { merchants: 'InitiateAuth' },
    { merchants: 'GetUser' },
    { merchants: 'DeleteUser' },
    { admins: 'GetUser' },
  ],
  input,
  handle: async (wanted, call, context: ApiContext & WithUserPools) => {
    const { ledger, merchantPool: pool, settings } = context;
    if (await isNameTaken(context, wanted.username)) return failure('name_taken', call.id);
    const created = await pool.createUser(wanted.username, wanted.password);
    if (created.kind === 'weak_password') return weakPassword('password', created.rule, call.id);
    const sub =
      created.kind === 'created' ? created.sub : await unfinished(ledger, pool, wanted, call);
    if (sub === undefined) return failure('name_taken', call.id);
    // The caller has just created this user, or proved its password.
    const set = await pool.setPassword(sub, wanted.password);
    if (set.kind === 'weak_password') return weakPassword('password', set.rule, call.id);
    const signIn = { pool: pool.id, sub, username: wanted.username };
    const merchant = newMerchant(signIn, wanted, settings.timeZone, ledger.now());
    const response = await store(ledger, merchant, call.id);
    if (response.status === 409 && created.kind === 'created')
      await removeUser(ledger, pool, signIn);
    return response;
  },
});

/**
 * The user of an earlier registration that has no merchant yet, if it is the caller's. Whether it has one is
 * read first: the password of a merchant's user cannot be tried here.
 */
async function unfinished(
  ledger: LedgerContext,
  pool: UserPool,
  { username, password }: Registration,
  call: Call,
): Promise<string | undefined> {
  const sub = await pool.findUser(username);
  if (sub === undefined) return undefined;
  if ((await readSignIn(ledger, { pool: pool.id, sub })) !== undefined) return undefined;
  const { kind } = await pool.signIn(username, password);
  if (kind === 'tokens' || kind === 'challenge') return sub;
  logRefusedSignIn(call, pool, username);
  return undefined;
}

/** Deletes the user of a refused registration. If it has a merchant, a copy of this request registered it. */
async function removeUser(ledger: LedgerContext, pool: UserPool, signIn: SignIn): Promise<void> {
  if ((await readSignIn(ledger, signIn)) === undefined) await pool.deleteUser(signIn.sub);
}

const newMerchant = (
  signIn: SignIn,
  wanted: Registration,
  timeZone: string,
  at: Date,
): Merchant => ({
  id: newMerchantId(at),
  name: wanted.username,
  signIn,
  status: 'PENDING',
  requestedCredit: wanted.requestedCredit,
  requestedCurrency: wanted.currency,
  bankAccount: wanted.bankAccount,
  feePpm: 0n,
  timeZone,
  feeTiers: {},
  limits: {},
  wallets: 0n,
  spent: {},
  transferVolume: {},
  createdAt: at.toISOString(),
  termsVersion: 1n,
  version: 1n,
});

/** Refuses a name or a row that another registration owns. */
async function store(
  ledger: LedgerContext,
  merchant: Merchant,
  requestId: string,
): Promise<HttpResponse> {
  const result = await runChange(ledger, {
    read: async () => {
      const [own, named] = await Promise.all([
        readMerchant(ledger, merchant.id),
        findByName(ledger, merchant.name),
      ]);
      return { own, taken: own !== undefined || named !== undefined };
    },
    decide: ({ taken }) =>
      taken ? refused('name_taken') : { kind: 'accepted', changes: registerMerchant(merchant) },
    isDone: ({ own }) => own !== undefined,
    // Rows of a registration are created once and never deleted.
    versionOf: () => undefined,
    committed: () =>
      log('security', 'MERCHANT_REGISTERED', { request_id: requestId, merchant: merchant.id }),
  });
  if (result.kind === 'undecided') return failure('busy', requestId, result);
  if (result.kind === 'refused') return failure(result, requestId);
  return success({
    status: 201,
    message: {
      en: 'Registered. An administrator must approve you before you can withdraw.',
      fa: 'ثبت‌نام انجام شد. پیش از برداشت باید مدیر شما را تأیید کند.',
    },
    data: merchantView(result.facts.own ?? merchant, ledger.now()),
  });
}
