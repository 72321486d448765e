import * as z from 'zod';
import { amountText, currencyOr, inMinorUnits, instant, nothing } from '../../http/fields.ts';
import { endpoint } from '../../http/router.ts';
import { acceptedWithdrawalView } from '../../http/views.ts';
import type { Books } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import type { Currency } from '../../ledger/money.ts';
import { claimMerchant, readMerchant } from '../../ledger/rows/merchants.ts';
import { withdrawalWrites } from '../../ledger/rows/withdrawal-writes.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import { SOURCES } from '../../ledger/transactions.ts';
import { readFunds } from './funds.ts';
import {
  type AcceptedWithdrawal,
  decideWithdrawal,
  type WithdrawalFacts,
  type WithdrawalOrder,
} from './rule.ts';
import { decideSchedule, type ScheduleFacts } from './schedule-rule.ts';

const form = (defaultCurrency: Currency) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({
        amount: amountText,
        currency: currencyOr(defaultCurrency),
        source: z.enum(SOURCES).default('credit'),
        execute_at: instant.optional(),
      }),
    })
    .transform(
      ({ body: { amount, currency, source, execute_at } }, ctx): WithdrawalOrder => ({
        amount: inMinorUnits(['body', 'amount'], amount, currency, ctx),
        currency,
        source,
        executeAt: execute_at,
      }),
    );

/**
 * POST /withdrawals: draws on the merchant's credit and the pool, or on its wallet, and leaves the payout
 * to settlement; with an `execute_at`, all of that when its time has come.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived,
 * execution_too_soon, execution_too_far; no_credit_line, insufficient_credit, insufficient_pool;
 * wallet_not_found, insufficient_funds.
 */
export const createWithdrawal = (books: Books, defaultCurrency: Currency) =>
  endpoint(
    'required',
    form(defaultCurrency),
    exactlyOnce(books)<WithdrawalOrder, WithdrawalFacts | ScheduleFacts, AcceptedWithdrawal>({
      name: 'withdrawal',
      subject: (_order, { caller }) => merchantPk(caller.sub),
      read: async (order, { caller }, now) => {
        const { source, executeAt } = order;
        if (executeAt !== undefined) {
          return { merchant: await readMerchant(books.ledger, caller.sub), executeAt };
        }
        const [merchant, funds] = await Promise.all([
          readMerchant(books.ledger, caller.sub),
          readFunds(books.ledger, caller.sub, order, source, now),
        ]);
        return { merchant, funds };
      },
      decide: (facts, order, now) =>
        'executeAt' in facts
          ? decideSchedule(facts, order, now)
          : decideWithdrawal(facts, order, now),
      writes: ({ merchant, execution, transaction }, txnId) =>
        execution === undefined
          ? [claimMerchant(books.ledger, merchant)]
          : withdrawalWrites(books.ledger, execution, transaction, txnId),
      reply: (transaction) => ({
        status: 202,
        message:
          transaction.executeAt === undefined
            ? {
                en: 'The withdrawal is accepted and on its way to the bank.',
                fa: 'برداشت پذیرفته شد و در راه بانک است.',
              }
            : {
                en: 'The withdrawal is scheduled. Its funds are checked when its time has come.',
                fa: 'برداشت زمان‌بندی شد. موجودی هنگام فرارسیدن زمان آن بررسی می‌شود.',
              },
        data: acceptedWithdrawalView(transaction),
      }),
    }),
  );
