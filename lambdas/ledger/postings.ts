import * as z from 'zod';
import { type MinorUnits, minor, minorUnits } from './money.ts';

/**
 * One phase's movements by account, in the transaction's currency; they sum to zero.
 * `pool`, `credit`, `wallet`, `pending` (a wallet's other balance) and `payee` (another merchant's wallet)
 * are rows; the others are system accounts that no rule reads.
 */
const ACCOUNTS = [
  'funding',
  'outside',
  'pool',
  'clearing',
  'credit',
  'lent',
  'wallet',
  'pending',
  'payee',
  'fees',
  'bank',
] as const;
export const postings = z.partialRecord(z.enum(ACCOUNTS), minorUnits);
export type Postings = z.infer<typeof postings>;

const less = (amount: bigint): MinorUnits => minor(-amount);

export const topUpPostings = (amount: MinorUnits): Postings => ({
  funding: less(amount),
  pool: amount,
});

export const drawPostings = (amount: MinorUnits): Postings => ({
  pool: less(amount),
  clearing: amount,
  credit: amount,
  lent: less(amount),
});

export const settlePostings = (amount: MinorUnits): Postings => ({
  clearing: less(amount),
  bank: amount,
});

export const depositPostings = (amount: MinorUnits): Postings => ({
  outside: less(amount),
  wallet: amount,
});

export const pendingDepositPostings = (amount: MinorUnits): Postings => ({
  outside: less(amount),
  pending: amount,
});

/** Money whose time has come, within one wallet. */
export const releasePostings = (amount: MinorUnits): Postings => ({
  pending: less(amount),
  wallet: amount,
});

/** A debit's postings with the tranches that it folds on its way. */
export const withRelease = (postings: Postings, folded: MinorUnits): Postings =>
  folded === 0n
    ? postings
    : {
        ...postings,
        pending: less(folded),
        wallet: minor((postings.wallet ?? 0n) + folded),
      };

/** From the payer's wallet into the payee's; the fee is on top. */
export const transferPostings = (amount: MinorUnits, fee: MinorUnits): Postings => ({
  wallet: less(amount + fee),
  payee: amount,
  ...(fee > 0n && { fees: fee }),
});

/** A withdrawal from a wallet, and the same the other way round where the bank refused it. */
export const spendPostings = (amount: MinorUnits): Postings => ({
  wallet: less(amount),
  clearing: amount,
});
export const unspendPostings = (amount: MinorUnits): Postings => ({
  clearing: less(amount),
  wallet: amount,
});

/**
 * A credit withdrawal that the bank refused. What is still utilised goes back to credit and pool; the
 * merchant may have repaid the rest while it was in flight, and that is then its own money.
 */
export function refundPostings(amount: MinorUnits, utilised: MinorUnits): Postings {
  const toCredit = minor(amount < utilised ? amount : utilised);
  const toWallet = minor(amount - toCredit);
  return {
    clearing: less(amount),
    ...(toCredit > 0n && { pool: toCredit, credit: less(toCredit), lent: toCredit }),
    ...(toWallet > 0n && { wallet: toWallet }),
  };
}
