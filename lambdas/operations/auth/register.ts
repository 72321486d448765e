import * as z from 'zod';
import { amountText, currencyOr, inMinorUnits, nothing, username } from '../../http/fields.ts';
import { failure, success } from '../../http/response.ts';
import { type Call, endpoint } from '../../http/router.ts';
import { merchantView } from '../../http/views.ts';
import { commit } from '../../ledger/commit.ts';
import type { Merchant } from '../../ledger/merchant.ts';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import { readMerchant, registrationWrites } from '../../ledger/rows/merchants.ts';
import type { Ledger } from '../../ledger/table.ts';
import { log } from '../../platform/logger.ts';
import { undecided, untilDecided } from '../../platform/retry.ts';
import type { Identity } from './cognito.ts';

type Registration = {
  readonly username: string;
  readonly password: string;
  readonly requestedCredit: MinorUnits;
  readonly currency: Currency;
  readonly bankAccount: string;
};

const form = (defaultCurrency: Currency) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        username,
        // Its rules are the user pool's, told in the pool's own words.
        password: z.string().min(1, 'password_too_weak').max(256),
        requested_credit: amountText,
        currency: currencyOr(defaultCurrency),
        bank_account: z.string().regex(/^[A-Za-z0-9-]{4,34}$/, 'bank_account_malformed'),
      }),
    })
    .transform(({ body }, ctx): Registration => {
      const { requested_credit: credit, bank_account: bankAccount, ...rest } = body;
      const requestedCredit = inMinorUnits(
        ['body', 'requested_credit'],
        credit,
        body.currency,
        ctx,
      );
      return { ...rest, requestedCredit, bankAccount };
    });

/**
 * POST /auth/register: a merchant registers itself and starts PENDING (ID-1).
 * The user and the merchant's row are two writes. A crash between them is completed by sending the same
 * registration again: the name is then its own, shown by the password, and has no row yet.
 * Refuses: name_taken, and a password the pool's rules refuse.
 */
export const register = (
  ledger: Ledger,
  identity: Identity,
  { currency, timeZone, now }: { currency: Currency; timeZone: string; now: () => Date },
) =>
  endpoint('optional', form(currency), async (wanted, call) => {
    const signed = await identity.signUp(wanted.username, wanted.password);
    if (signed.kind === 'weak_password') {
      const error = {
        field: 'password',
        reason: 'password_too_weak',
        detail: signed.rule,
      } as const;
      return failure('invalid_request', call.id, [error]);
    }
    const sub = signed.kind === 'created' ? signed.sub : await halfMade(ledger, identity, wanted);
    if (sub === undefined) return failure('name_taken', call.id);
    const merchant = newMerchant(sub, wanted, timeZone, now());
    return (await store(ledger, merchant, call)) ?? failure('name_taken', call.id);
  });

/** The user of an earlier registration that did not get as far as its merchant's row, if it is the caller's. */
async function halfMade(
  ledger: Ledger,
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
  spent: {},
  transferVolume: {},
  createdAt: at.toISOString(),
  seq: 1n,
});

/** Undefined where another registration owns the name or the row. */
async function store(ledger: Ledger, merchant: Merchant, call: Call) {
  let sentBefore = false;
  const result = await untilDecided(async () => {
    const outcome = await commit(ledger.dynamo, registrationWrites(ledger, merchant));
    if (outcome.kind === 'contended') return undecided(outcome.by);
    if (outcome.kind === 'unknown') {
      sentBefore = true;
      return undecided('unknown');
    }
    return outcome;
  });
  if (result.kind === 'undecided') return failure('busy', call.id);
  // After a lost answer our own first try may be what stands in the way.
  const ours = sentBefore ? await readMerchant(ledger, merchant.id) : undefined;
  if (result.kind === 'refused' && ours === undefined) return undefined;
  log('security', 'MERCHANT_REGISTERED', { request_id: call.id, merchant: merchant.id });
  return success({
    status: 201,
    message: {
      en: 'Registered. An administrator must approve you before you can withdraw.',
      fa: 'ثبت‌نام انجام شد. پیش از برداشت باید مدیر شما را تأیید کند.',
    },
    data: merchantView(ours ?? merchant),
  });
}
