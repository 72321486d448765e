import * as z from 'zod';
import type { Currency, MinorUnits } from '../../ledger/money.ts';
import type { ProviderName } from '../../ledger/payout.ts';

/** One payout as its provider receives it. The key is the transaction's id, for ever (WD-5). */
export type Payout = {
  readonly key: string;
  /** A bank account, or a phone number. */
  readonly destination: string;
  readonly amount: MinorUnits;
  readonly currency: Currency;
};

/** What a provider said, or what is known about its silence. Only `refused` may ever lead to a refund. */
export type ProviderAnswer =
  | { readonly kind: 'succeeded'; readonly reference: string | undefined }
  | { readonly kind: 'refused'; readonly code: string }
  /** The provider knows no payout with this key. Proves nothing until the quiet period is over. */
  | { readonly kind: 'not_found' }
  /** Certainly nothing was executed: no connection, or an answer that says it was not accepted. */
  | { readonly kind: 'not_executed'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string };

/** Both end up in the transaction's row, which may not grow with what a provider sends. */
const MOST_CHARACTERS = 64;
export const providerText = z
  .string()
  .transform((text) => text.slice(0, MOST_CHARACTERS).toWellFormed());

/** A bank or an operator. Neither call throws: silence is an answer of its own. */
export type Provider = {
  /** No request is begun after `until`: the quiet period counts from there. */
  readonly pay: (payout: Payout, until: Date) => Promise<ProviderAnswer>;
  /** What became of a key. Never answers `not_executed`: an inquiry executes nothing. */
  readonly inquire: (payout: Payout, until: Date) => Promise<ProviderAnswer>;
};

/** Every provider that a payout can name. A new name does not compile until it is here. */
export type Providers = Readonly<Record<ProviderName, Provider>>;
