import * as z from 'zod';
import { moneyFields, moneyIn, notBefore, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { Settings } from '../../http/operation.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { SOURCES } from '../../ledger/transactions.ts';
import { prepareFunds, readFunds } from './funds.ts';
import { decideWithdrawal } from './rule.ts';
import { decideSchedule } from './schedule-rule.ts';
import { acceptedWithdrawalView } from './view.ts';

const input = ({ currency: fallback, checkMarginMs }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        ...moneyFields(fallback),
        source: z.enum(SOURCES).default('credit'),
        execute_at: notBefore.optional(),
      }),
    })
    .transform(({ body }, ctx) => ({
      ...moneyIn(body, ctx),
      source: body.source,
      executeAt: body.execute_at,
      checkMarginMs,
    }));

const MESSAGES = {
  accepted: {
    en: 'The withdrawal is accepted and on its way to the bank.',
    fa: 'برداشت پذیرفته شد و در راه بانک است.',
  },
  scheduled: {
    en: 'The withdrawal is scheduled. Its funds are checked when it is executed.',
    fa: 'برداشت زمان‌بندی شد. موجودی هنگام فرارسیدن زمان آن بررسی می‌شود.',
  },
};

/**
 * Draws on the merchant's credit and the pool, or on its wallet; settlement pays it out. With an
 * `execute_at`, all of that happens at that time.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived,
 * execution_too_soon, execution_too_far; no_credit_line, insufficient_credit, insufficient_pool;
 * wallet_not_found, insufficient_funds.
 */
export const createWithdrawal = moneyOperation({
  name: 'withdrawal',
  type: 'withdrawal',
  route: 'POST /withdrawals',
  access: 'merchant',
  location: '/withdrawals/{id}',
  key: 'required',
  handsOver: {},
  input,
  read: async (ledger, order, caller, now) => {
    const { executeAt } = order;
    if (executeAt !== undefined)
      return { kind: 'later' as const, merchant: await readMerchant(ledger, caller.id), executeAt };
    const [merchant, funds] = await Promise.all([
      readMerchant(ledger, caller.id),
      readFunds(ledger, caller.id, order, now),
    ]);
    return { kind: 'now' as const, merchant, funds };
  },
  prepare: async (ledger, facts, order, now) =>
    facts.kind === 'now' &&
    facts.merchant !== undefined &&
    prepareFunds(ledger, facts.merchant.id, facts.funds, order, now),
  decide: (facts, order, now) =>
    facts.kind === 'later'
      ? decideSchedule(facts, order, now)
      : decideWithdrawal(facts, order, now),
  respond: (transaction) => ({
    status: 202,
    message: transaction.executeAt === undefined ? MESSAGES.accepted : MESSAGES.scheduled,
    data: acceptedWithdrawalView(transaction),
  }),
});
