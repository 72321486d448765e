import { calendarLabels } from '../../lambdas/ledger/calendar.ts';
import { feeOf } from '../../lambdas/ledger/fees.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { type Currency, minor } from '../../lambdas/ledger/money.ts';
import { isFinal, type Source } from '../../lambdas/ledger/transactions.ts';
import type { Books } from './snapshot.ts';

/** The status and the code that a request must hear which nobody asked before, from the books as they are. */
export type Verdict = readonly [status: number, code: string | undefined];
export type Judged = { readonly books: Books; readonly now: Date };

function merchantIn({ merchants }: Books, id: string): Merchant {
  const found = merchants.find((each) => each.id === id);
  if (found === undefined) throw new Error('a merchant is gone');
  return found;
}

const BARRED: Record<Merchant['status'], Verdict | undefined> = {
  ACTIVE: undefined,
  SUSPENDED: [403, 'merchant_suspended'],
  ARCHIVED: [403, 'merchant_archived'],
  PENDING: [403, 'merchant_not_approved'],
  REJECTED: [403, 'merchant_not_approved'],
};
const receives = ({ status }: Merchant): boolean => status === 'ACTIVE' || status === 'SUSPENDED';

/** WA-3: what a wallet holds is what it says, and every tranche whose time has come. */
function heldIn({ books, now }: Judged, id: string, currency: Currency): bigint | undefined {
  const wallet = books.wallets.find((each) => each.owner === id && each.currency === currency);
  if (wallet === undefined) return undefined;
  return books.tranches
    .filter((each) => each.owner === id && each.currency === currency)
    .filter(({ releaseAt }) => releaseAt <= now.toISOString())
    .reduce((sum, { amount }) => sum + amount, BigInt(wallet.available));
}

export function judgeApproval({ books }: Judged, id: string): Verdict {
  switch (merchantIn(books, id).status) {
    case 'PENDING':
      return [200, undefined];
    case 'REJECTED':
      return [409, 'merchant_rejected'];
    case 'ACTIVE':
    case 'SUSPENDED':
    case 'ARCHIVED':
      return [409, 'merchant_already_approved'];
  }
}

export const judgeDeposit = ({ books }: Judged, id: string): Verdict =>
  receives(merchantIn(books, id)) ? [201, undefined] : [422, 'merchant_cannot_receive'];

export function judgeArchive({ books }: Judged, id: string): Verdict {
  if (!receives(merchantIn(books, id))) return [409, 'merchant_not_archivable'];
  const holds = books.wallets.some(
    ({ owner, available, pending }) => owner === id && available + pending > 0n,
  );
  const owes = books.credit.some(({ owner, utilised }) => owner === id && utilised > 0n);
  const open = books.transactions.some((row) => row.merchantId === id && !isFinal(row.status));
  return holds || owes || open ? [409, 'merchant_not_empty'] : [200, undefined];
}

/** WA-8: the rate by what was transferred in this local month, added up from the records. */
function rateOf({ books, now }: Judged, payer: Merchant, currency: Currency): bigint {
  const { month } = calendarLabels(now, payer.timeZone);
  const volume = books.transactions
    .filter((row) => row.type === 'transfer' && row.merchantId === payer.id)
    .filter((row) => row.currency === currency && row.limitMonth === month)
    .reduce((sum, { amount }) => sum + amount, 0n);
  const reached = (payer.feeTiers[currency] ?? []).filter(({ from }) => from <= volume);
  return reached.at(-1)?.ppm ?? payer.feePpm;
}

export function judgeTransfer(
  judged: Judged,
  from: string,
  to: string,
  amount: bigint,
  currency: Currency,
): Verdict {
  const [payer, payee] = [merchantIn(judged.books, from), merchantIn(judged.books, to)];
  const barred = BARRED[payer.status];
  if (barred !== undefined) return barred;
  if (from === to) return [422, 'self_transfer'];
  if (!receives(payee)) return [404, 'payee_not_found'];
  const held = heldIn(judged, from, currency);
  if (held === undefined) return [404, 'wallet_not_found'];
  const total = amount + feeOf(minor(amount), rateOf(judged, payer, currency));
  return held < total ? [402, 'insufficient_funds'] : [201, undefined];
}

/** Never refused what is covered, never granted what is not; of one with a time, only who asks counts. */
export function judgeWithdrawal(
  judged: Judged,
  id: string,
  currency: Currency,
  amount: bigint,
  source: Source | 'later',
): Verdict {
  const barred = BARRED[merchantIn(judged.books, id).status];
  if (barred !== undefined) return barred;
  if (source === 'later') return [202, undefined];
  if (source === 'wallet') {
    const held = heldIn(judged, id, currency);
    if (held === undefined) return [404, 'wallet_not_found'];
    return held < amount ? [402, 'insufficient_funds'] : [202, undefined];
  }
  const line = judged.books.credit.find((each) => each.owner === id && each.currency === currency);
  if (line === undefined) return [422, 'no_credit_line'];
  if (line.limit - line.utilised < amount) return [402, 'insufficient_credit'];
  const pool = judged.books.pools.find((each) => each.currency === currency);
  return (pool?.available ?? 0n) < amount ? [402, 'insufficient_pool'] : [202, undefined];
}
