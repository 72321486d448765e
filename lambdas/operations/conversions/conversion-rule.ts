import type { Wallet } from '../../ledger/balances.ts';
import { type Decision, refused } from '../../ledger/decision.ts';
import { activeOnTerms, type Merchant, spenderOf } from '../../ledger/merchant.ts';
import { drawOnWallet, releaseFunds, type WalletFunds } from '../../ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable } from '../../ledger/postings.ts';
import type { NewTransactionOf } from '../../ledger/transactions.ts';
import { openedFor, refusedWallet } from '../../ledger/wallet-opening.ts';
import { type Quote, useQuote } from './quote-rule.ts';

export type ConversionFacts = {
  readonly merchant: Merchant | undefined;
  /** The caller's own, with its wallet in each of the two currencies. */
  readonly quoted:
    | { readonly quote: Quote; readonly funds: WalletFunds; readonly target: Wallet | undefined }
    | undefined;
};

/**
 * Converts at a quote, which is used up by it (WA-7). Refuses in this order: the merchant's status, the quote, the
 * wallet that receives, the wallet that gives and its funds.
 */
export function decideConversion(
  { merchant: found, quoted }: ConversionFacts,
  now: Date,
  txnId: string,
): Decision<NewTransactionOf<'conversion'>> {
  const merchant = spenderOf(found);
  if ('kind' in merchant) return merchant;
  if (quoted === undefined) return refused('quote_not_found');
  const { quote, funds, target } = quoted;
  if (quote.usedBy !== undefined) return refused('quote_used');
  if (quote.expiresAt <= now.toISOString()) return refused('quote_expired');
  const unable = refusedWallet(merchant, target);
  if (unable !== undefined) return unable;
  const { from, to, give, receive, spread, rate } = quote;
  const draw = drawOnWallet(funds, give);
  if (draw.kind === 'refused') return draw;

  const { id: merchantId } = merchant;
  const opened = openedFor(merchant, target, to);
  const released = releaseFunds(merchantId, from, draw.releases);
  return {
    kind: 'accepted',
    transaction: {
      type: 'conversion',
      status: 'SUCCEEDED',
      amount: give,
      currency: from,
      merchantId,
      quoteId: quote.id,
      toCurrency: to,
      received: receive,
      spread,
      rate,
    },
    postings: [
      ...released.postings,
      ...postingsIn(from, [walletAvailable(merchantId), system('exchange'), give]),
      ...postingsIn(
        to,
        [system('exchange'), walletAvailable(merchantId), receive],
        [system('exchange'), system('fees'), spread],
      ),
    ],
    guards: [activeOnTerms(merchant), ...opened.guards],
    changes: [useQuote(merchantId, quote.id, txnId, now), ...released.changes, ...opened.changes],
  };
}
