import * as z from 'zod';
import { byId, nothing, reasonText } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { formatAmount } from '../../ledger/money.ts';
import { closeSmall } from '../../ledger/pool/rebalance.ts';
import { releaseAhead } from '../../ledger/release.ts';
import { readRelease } from '../../ledger/rows/pending-releases.ts';
import { offerOf } from '../../ledger/rows/pool.ts';
import { findTransactionKey, readTransaction } from '../../ledger/rows/transactions.ts';
import { readWalletFunds } from '../../ledger/rows/wallets.ts';
import type { TransactionOf } from '../../ledger/transactions.ts';
import { decideReversal, type ReversalFacts, reversibleOf } from './rule.ts';

const input = z
  .object({
    params: byId,
    query: nothing,
    body: z.strictObject({ reason: reasonText.optional() }).optional(),
  })
  .transform(({ params, body }) => ({ original: params.id, reason: body?.reason }));

/**
 * Takes back a deposit or top-up that was a mistake: its whole amount, once, linked both ways (WA-9).
 * Refuses: transaction_not_found, transaction_not_reversible, transaction_already_reversed; deposit_spent;
 * insufficient_pool.
 */
export const reverseTransaction = moneyOperation({
  name: 'reversal',
  type: 'reversal',
  route: 'POST /admin/transactions/{id}/reverse',
  access: 'admin',
  secondAdmin: true,
  key: 'required',
  handsOver: {},
  grants: [{ query: 'byId' }],
  input: () => input,
  subject: async ({ original }, ledger) => (await findTransactionKey(ledger, original))?.pk,
  read: async (ledger, input, _caller, now, pk): Promise<ReversalFacts> => {
    const original = reversibleOf(await readTransaction(ledger, pk, input.original));
    if ('kind' in original) return original;
    const { amount, currency } = original;
    return original.type === 'deposit'
      ? readHeld(ledger, original, now)
      : { kind: 'pool', original, pool: await offerOf(ledger, currency, amount, async () => true) };
  },
  prepare: async (ledger, facts, _input, now) => {
    if (facts.kind === 'pool') await closeSmall(ledger, facts.pool);
    if (facts.kind !== 'wallet') return false;
    const { merchantId, currency, amount } = facts.original;
    return releaseAhead(ledger, merchantId, currency, facts.funds, amount, now);
  },
  decide: (facts, input, _now, txnId) => decideReversal(facts, input, txnId),
  respond: ({ txnId, reverses, merchantId, amount, currency, reason, createdAt }) => ({
    status: 201,
    message: { en: 'The transaction is reversed.', fa: 'تراکنش برگردانده شد.' },
    data: {
      id: txnId,
      type: 'reversal',
      reverses,
      ...(merchantId !== undefined && { merchant_id: merchantId }),
      amount: formatAmount(amount, currency),
      currency,
      ...(reason !== undefined && { reason }),
      created_at: createdAt,
    },
  }),
});

/** The release before the wallet: one that is gone by then has made its funds available. */
async function readHeld(
  ledger: LedgerContext,
  original: TransactionOf<'deposit'>,
  now: Date,
): Promise<ReversalFacts> {
  const { merchantId, txnId: depositId, amount, currency, releaseAt } = original;
  const release =
    releaseAt && (await readRelease(ledger, merchantId, { currency, releaseAt, depositId }));
  if (release) return { kind: 'unreleased', original, release };
  const funds = await readWalletFunds(ledger, merchantId, currency, amount, now);
  return { kind: 'wallet', original, funds };
}
