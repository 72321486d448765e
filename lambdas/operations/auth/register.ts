import * as z from 'zod';
import { amountText, currencyOr, inMinorUnits, nothing, username } from '../../http/fields.ts';
import { type ApiContext, operation, type Settings } from '../../http/operation.ts';
import { failure, type HttpResponse, success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { refused } from '../../ledger/decision.ts';
import { type Merchant, registerMerchant } from '../../ledger/merchant.ts';
import { findByName, readMerchant } from '../../ledger/rows/merchants.ts';
import { runChange } from '../../ledger/run-change.ts';
import { log } from '../../platform/logger.ts';
import { merchantView } from '../merchants/view.ts';
import type { Identity, WithIdentity } from './cognito.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        username,
        // The user pool has the rules, and its own text for them.
        password: z.string().min(1, 'password_too_weak').max(256),
        requested_credit: amountText,
        currency: currencyOr(fallback),
        bank_account: z.string().regex(/^[A-Za-z0-9-]{4,34}$/, 'bank_account_malformed'),
      }),
    })
    .transform(({ body }, ctx) => {
      const { requested_credit: credit, bank_account: bankAccount, ...rest } = body;
      const requestedCredit = inMinorUnits(
        ['body', 'requested_credit'],
        credit,
        body.currency,
        ctx,
      );
      return { ...rest, requestedCredit, bankAccount };
    });
type Registration = z.output<ReturnType<typeof input>>;

/**
 * A merchant registers itself and starts PENDING (ID-1). The user and the merchant's row are two writes. A
 * crash between them is completed by the same registration sent again: the password proves that the name
 * is the caller's, and it has no row yet.
 * Refuses: name_taken, and a password that the user pool's rules refuse.
 */
export const register = operation({
  name: 'register',
  route: 'POST /auth/register',
  access: 'anyone',
  grants: ['commit'],
  input,
  handle: async (wanted, call, context: ApiContext & WithIdentity) => {
    const { ledger, identity, settings } = context;
    const signed = await identity.signUp(wanted.username, wanted.password);
    if (signed.kind === 'weak_password') {
      const error = {
        field: 'password',
        reason: 'password_too_weak',
        detail: signed.rule,
      } as const;
      return failure('invalid_request', call.id, [error]);
    }
    const sub = signed.kind === 'created' ? signed.sub : await unfinished(ledger, identity, wanted);
    if (sub === undefined) return failure('name_taken', call.id);
    return store(ledger, newMerchant(sub, wanted, settings.timeZone, ledger.now()), call.id);
  },
});

/** The user of an earlier registration that has no merchant row yet, if it is the caller's. */
async function unfinished(
  ledger: LedgerContext,
  identity: Identity,
  { username: name, password }: Registration,
): Promise<string | undefined> {
  const sub = await identity.subOf(name, password);
  if (sub === undefined) return undefined;
  return (await readMerchant(ledger, sub)) === undefined ? sub : undefined;
}

const newMerchant = (sub: string, wanted: Registration, timeZone: string, at: Date): Merchant => ({
  id: sub,
  name: wanted.username,
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
  if (result.kind === 'undecided') return failure('busy', requestId);
  if (result.kind === 'refused') return failure(result.reason, requestId);
  return success({
    status: 201,
    message: {
      en: 'Registered. An administrator must approve you before you can withdraw.',
      fa: 'ثبت‌نام انجام شد. پیش از برداشت باید مدیر شما را تأیید کند.',
    },
    data: merchantView(result.facts.own ?? merchant),
  });
}
