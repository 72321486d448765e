import { calendarLabels } from '../../lambdas/ledger/calendar.ts';
import { feeOf } from '../../lambdas/ledger/fees.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { type Currency, minor } from '../../lambdas/ledger/money.ts';
import { isFinal, type Source, type Status } from '../../lambdas/ledger/transactions.ts';
import type { CreditRequest } from '../../lambdas/operations/credit/request-rule.ts';
import type { LedgerSnapshot } from './snapshot.ts';

/** The status and the code of the response to a request with a new key, given the Ledger as it is. */
export type ExpectedResponse = readonly [status: number, code: string | undefined];
export type Situation = {
  readonly snapshot: LedgerSnapshot;
  readonly now: Date;
  /** Of requests that were accepted after the snapshot. All of them concern the same merchant. */
  readonly effects: readonly Effect[];
};
/** What an accepted request adds to the amounts that decide about the next one, in minor units. */
export type Effect = {
  /** What the wallet can pay. */
  readonly funds?: bigint;
  readonly utilised?: bigint;
  /** By how much the credit limit rises. */
  readonly limit?: bigint;
  readonly pool?: bigint;
  /** What the limits of the day and the month count. */
  readonly spent?: bigint;
  /** The volume that selects the fee tier. */
  readonly transferred?: bigint;
  /** The id of what it has reversed. */
  readonly reversed?: string;
  /** The quote that it has used up. */
  readonly quote?: string;
};

const added = ({ effects }: Situation, to: Exclude<keyof Effect, 'reversed' | 'quote'>): bigint =>
  effects.reduce((sum, effect) => sum + (effect[to] ?? 0n), 0n);

function merchantIn({ merchants }: LedgerSnapshot, id: string): Merchant {
  const found = merchants.find((each) => each.id === id);
  if (found === undefined) throw new Error(`merchant ${id} is missing`);
  return found;
}

const MAY_NOT_SPEND: Record<Merchant['status'], ExpectedResponse | undefined> = {
  ACTIVE: undefined,
  SUSPENDED: [403, 'merchant_suspended'],
  ARCHIVED: [403, 'merchant_archived'],
  PENDING: [403, 'merchant_not_approved'],
  REJECTED: [403, 'merchant_not_approved'],
};
const mayReceive = ({ status }: Merchant): boolean => status === 'ACTIVE' || status === 'SUSPENDED';

/** WA-3: what a wallet can pay is its available balance and every release that has matured. */
export function fundsOf(situation: Situation, id: string, currency: Currency): bigint | undefined {
  const { snapshot, now } = situation;
  const wallet = snapshot.wallets.find((each) => each.owner === id && each.currency === currency);
  if (wallet === undefined) return undefined;
  return snapshot.releases
    .filter((each) => each.owner === id && each.currency === currency)
    .filter(({ releaseAt }) => releaseAt <= now.toISOString())
    .reduce((sum, { amount }) => sum + amount, wallet.available + added(situation, 'funds'));
}

function creditIn(situation: Situation, id: string, currency: Currency) {
  const line = situation.snapshot.credit.find(
    (each) => each.owner === id && each.currency === currency,
  );
  return (
    line && {
      limit: line.limit + added(situation, 'limit'),
      utilised: line.utilised + added(situation, 'utilised'),
    }
  );
}

export function expectedCancellation(
  { snapshot }: Situation,
  id: string,
  status: Status,
): ExpectedResponse {
  const isAllowed = status === 'SCHEDULED' || status === 'CANCELLED';
  const cancelled: ExpectedResponse = isAllowed
    ? [200, undefined]
    : [409, 'withdrawal_not_cancellable'];
  return MAY_NOT_SPEND[merchantIn(snapshot, id).status] ?? cancelled;
}

export function expectedApproval({ snapshot }: Situation, id: string): ExpectedResponse {
  switch (merchantIn(snapshot, id).status) {
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

/** CR-3: a limit may be set below what is utilised. */
export const expectedLimit = ({ snapshot }: Situation, id: string): ExpectedResponse =>
  mayReceive(merchantIn(snapshot, id)) ? [200, undefined] : [422, 'merchant_cannot_have_credit'];

export const limitEffect = (
  situation: Situation,
  id: string,
  currency: Currency,
  limit: bigint,
): Effect => ({ limit: limit - (creditIn(situation, id, currency)?.limit ?? 0n) });

/** CR-3: one open request for each currency. */
export function expectedCreditRequest(
  { snapshot }: Situation,
  id: string,
  currency: Currency,
): ExpectedResponse {
  const isOpen = snapshot.creditRequests.some(
    (each) => each.merchantId === id && each.currency === currency && each.status === 'OPEN',
  );
  const expected: ExpectedResponse = isOpen ? [409, 'credit_request_open'] : [201, undefined];
  return MAY_NOT_SPEND[merchantIn(snapshot, id).status] ?? expected;
}

/** CR-3: each request is decided once. */
export function expectedDecision(
  situation: Situation,
  { merchantId, status }: CreditRequest,
  action: 'approve' | 'reject',
): ExpectedResponse {
  if (status === 'APPROVED') return [409, 'credit_request_approved'];
  if (status === 'REJECTED') return [409, 'credit_request_rejected'];
  return action === 'approve' ? expectedLimit(situation, merchantId) : [200, undefined];
}

export const expectedDeposit = ({ snapshot }: Situation, id: string): ExpectedResponse =>
  mayReceive(merchantIn(snapshot, id)) ? [201, undefined] : [422, 'merchant_cannot_receive'];

export const expectedOpening = ({ snapshot }: Situation, id: string): ExpectedResponse =>
  mayReceive(merchantIn(snapshot, id)) ? [200, undefined] : [422, 'merchant_cannot_receive'];

export function expectedArchive({ snapshot }: Situation, id: string): ExpectedResponse {
  if (!mayReceive(merchantIn(snapshot, id))) return [409, 'merchant_not_archivable'];
  const holds = snapshot.wallets.some(
    ({ owner, available, pending }) => owner === id && available + pending > 0n,
  );
  const owes = snapshot.credit.some(({ owner, utilised }) => owner === id && utilised > 0n);
  const isInFlight = snapshot.transactions.some(
    (row) => 'merchantId' in row && row.merchantId === id && !isFinal(row.status),
  );
  return holds || owes || isInFlight ? [409, 'merchant_not_empty'] : [200, undefined];
}

/** WA-8: the rate by what was transferred in this local month, summed from the transactions. */
function rateOf(situation: Situation, payer: Merchant, currency: Currency): bigint {
  const { snapshot, now } = situation;
  const { month } = calendarLabels(now, payer.timeZone);
  const volume = snapshot.transactions
    .filter((row) => row.type === 'transfer')
    .filter((row) => row.merchantId === payer.id && row.currency === currency)
    .filter(({ limitMonth }) => limitMonth === month)
    .reduce((sum, { amount }) => sum + amount, added(situation, 'transferred'));
  const reached = (payer.feeTiers[currency] ?? []).filter(({ from }) => from <= volume);
  return reached.at(-1)?.ppm ?? payer.feePpm;
}

/** CR-5: what was spent today and this month, summed from the transactions that were not given back. */
function overLimit(
  situation: Situation,
  merchant: Merchant,
  currency: Currency,
  amount: bigint,
): ExpectedResponse | undefined {
  const { snapshot, now } = situation;
  const today = calendarLabels(now, merchant.timeZone);
  const spent = snapshot.transactions
    .filter((row) => row.type === 'withdrawal' || row.type === 'sale' || row.type === 'transfer')
    .filter((row) => row.merchantId === merchant.id && row.currency === currency)
    .filter(({ status }) => status !== 'FAILED');
  const left = (label: 'limitDay' | 'limitMonth', of: string, limit: bigint | undefined) => {
    if (limit === undefined) return undefined;
    const used = spent
      .filter((row) => row[label] === of)
      .reduce((sum, row) => sum + row.amount, added(situation, 'spent'));
    const rest = used < limit ? limit - used : 0n;
    return rest < amount ? rest : undefined;
  };
  const limits = merchant.limits[currency];
  const ofDay = left('limitDay', today.day, limits?.daily);
  const ofMonth = left('limitMonth', today.month, limits?.monthly);
  if (ofMonth !== undefined && (ofDay === undefined || ofMonth <= ofDay))
    return [402, 'monthly_limit_exceeded'];
  return ofDay === undefined ? undefined : [402, 'daily_limit_exceeded'];
}

export function expectedTransfer(
  situation: Situation,
  from: string,
  to: string,
  amount: bigint,
  currency: Currency,
): ExpectedResponse {
  const payer = merchantIn(situation.snapshot, from);
  const payee = merchantIn(situation.snapshot, to);
  const refusal = MAY_NOT_SPEND[payer.status];
  if (refusal !== undefined) return refusal;
  if (from === to) return [422, 'self_transfer'];
  if (!mayReceive(payee)) return [404, 'payee_not_found'];
  const limited = overLimit(situation, payer, currency, amount);
  if (limited !== undefined) return limited;
  const funds = fundsOf(situation, from, currency);
  if (funds === undefined) return [404, 'wallet_not_found'];
  const total = amount + transferFee(situation, payer, amount, currency);
  return funds < total ? [402, 'insufficient_funds'] : [201, undefined];
}

const transferFee = (
  situation: Situation,
  payer: Merchant,
  amount: bigint,
  currency: Currency,
): bigint => feeOf(minor(amount), rateOf(situation, payer, currency));

export function transferEffect(
  situation: Situation,
  from: string,
  amount: bigint,
  currency: Currency,
): Effect {
  const payer = merchantIn(situation.snapshot, from);
  const fee = transferFee(situation, payer, amount, currency);
  return { funds: -amount - fee, transferred: amount, spent: amount };
}

/** Accepts exactly what is covered. Of a scheduled withdrawal, only the merchant's status counts. */
export function expectedWithdrawal(
  situation: Situation,
  id: string,
  currency: Currency,
  amount: bigint,
  source: Source | 'scheduled',
): ExpectedResponse {
  const { snapshot } = situation;
  const merchant = merchantIn(snapshot, id);
  const refusal = MAY_NOT_SPEND[merchant.status];
  if (refusal !== undefined) return refusal;
  if (source === 'scheduled') return [202, undefined];
  const limited = overLimit(situation, merchant, currency, amount);
  if (limited !== undefined) return limited;
  if (source === 'wallet') {
    const funds = fundsOf(situation, id, currency);
    if (funds === undefined) return [404, 'wallet_not_found'];
    return funds < amount ? [402, 'insufficient_funds'] : [202, undefined];
  }
  const line = creditIn(situation, id, currency);
  if (line === undefined) return [422, 'no_credit_line'];
  if (line.limit - line.utilised < amount) return [402, 'insufficient_credit'];
  return poolIn(situation, currency) < amount ? [402, 'insufficient_pool'] : [202, undefined];
}

/**
 * Credit and pool are read one after the other. A withdrawal that another one leaves neither credit nor pool for may
 * therefore be refused for the pool.
 */
export const isAlsoAllowed = (
  situation: Situation,
  currency: Currency,
  amount: bigint,
  [, expected]: ExpectedResponse,
  code: string | undefined,
): boolean =>
  expected === 'insufficient_credit' &&
  code === 'insufficient_pool' &&
  poolIn(situation, currency) < amount;

const poolIn = (situation: Situation, currency: Currency): bigint =>
  [...situation.snapshot.roots, ...situation.snapshot.shards]
    .filter((each) => each.currency === currency)
    .reduce((sum, pool) => sum + pool.available, added(situation, 'pool'));

/** WA-3: the money of a deposit whose time has not come. No debit can take it. */
const isPending = ({ snapshot, now }: Situation, txnId: string): boolean =>
  snapshot.releases.some(
    ({ depositId, releaseAt }) => depositId === txnId && releaseAt > now.toISOString(),
  );

/** WA-9: a deposit or top-up, once, while its whole amount is there: where it is pending, or any other money. */
export function expectedReversal(situation: Situation, txnId: string): ExpectedResponse {
  const row = situation.snapshot.transactions.find((each) => each.txnId === txnId);
  if (row?.type !== 'deposit' && row?.type !== 'top_up') return [422, 'transaction_not_reversible'];
  const { amount, currency } = row;
  const isReversed = situation.effects.some(({ reversed }) => reversed === txnId);
  if (isReversed || row.reversedBy !== undefined) return [409, 'transaction_already_reversed'];
  if (row.type === 'top_up')
    return poolIn(situation, currency) < amount ? [402, 'insufficient_pool'] : [201, undefined];
  if (isPending(situation, txnId)) return [201, undefined];
  const funds = fundsOf(situation, row.merchantId, currency) ?? 0n;
  return funds < amount ? [402, 'deposit_spent'] : [201, undefined];
}

export function reversalEffect(situation: Situation, txnId: string): Effect {
  const row = situation.snapshot.transactions.find((each) => each.txnId === txnId);
  const amount = row?.amount ?? 0n;
  if (row?.type === 'top_up') return { reversed: txnId, pool: -amount };
  return { reversed: txnId, funds: isPending(situation, txnId) ? 0n : -amount };
}

export function withdrawalEffect(amount: bigint, source: Source | 'scheduled'): Effect {
  switch (source) {
    case 'scheduled':
      return {};
    case 'wallet':
      return { funds: -amount, spent: amount };
    case 'credit':
      return { utilised: amount, pool: -amount, spent: amount };
  }
}

/** WA-7: whether a quote is refused for its merchant's status. It looks at no wallet. */
export const expectedQuote = ({ snapshot }: Situation, id: string): string | undefined =>
  MAY_NOT_SPEND[merchantIn(snapshot, id).status]?.[1];

/**
 * WA-7: a quote is used once, in time and by its merchant, and only what the wallet can pay is converted. Effects
 * of other requests are on the merchant's own currency, so they come only before conversions from it.
 */
export function expectedConversion(
  situation: Situation,
  id: string,
  quoteId: string,
): ExpectedResponse {
  const { snapshot, now, effects } = situation;
  const refusal = MAY_NOT_SPEND[merchantIn(snapshot, id).status];
  if (refusal !== undefined) return refusal;
  const quote = snapshot.quotes.find((each) => each.owner === id && each.id === quoteId);
  if (quote === undefined) return [404, 'quote_not_found'];
  if (quote.usedBy !== undefined || effects.some((each) => each.quote === quoteId))
    return [409, 'quote_used'];
  if (Date.parse(quote.createdAt) + 30_000 <= now.getTime()) return [409, 'quote_expired'];
  const funds = fundsOf(situation, id, quote.from);
  if (funds === undefined) return [404, 'wallet_not_found'];
  return funds < quote.give ? [402, 'insufficient_funds'] : [201, undefined];
}

export const conversionEffect = ({ snapshot }: Situation, quoteId: string): Effect => ({
  funds: -(snapshot.quotes.find(({ id }) => id === quoteId)?.give ?? 0n),
  quote: quoteId,
});

/** CR-4: at most what is utilised, and only what the wallet can pay. */
export function expectedRepayment(
  situation: Situation,
  id: string,
  currency: Currency,
  amount: bigint,
): ExpectedResponse {
  const refusal = MAY_NOT_SPEND[merchantIn(situation.snapshot, id).status];
  if (refusal !== undefined) return refusal;
  const line = creditIn(situation, id, currency);
  if (line === undefined) return [422, 'no_credit_line'];
  if (line.utilised < amount) return [422, 'repayment_exceeds_utilised'];
  const funds = fundsOf(situation, id, currency);
  if (funds === undefined) return [404, 'wallet_not_found'];
  return funds < amount ? [402, 'insufficient_funds'] : [201, undefined];
}

/** CR-4: what an admin records has been paid already; it may not be more than what is utilised. */
export function expectedRecordedRepayment(
  situation: Situation,
  id: string,
  currency: Currency,
  amount: bigint,
): ExpectedResponse {
  const line = creditIn(situation, id, currency);
  if (line === undefined) return [422, 'no_credit_line'];
  return line.utilised < amount ? [422, 'repayment_exceeds_utilised'] : [201, undefined];
}

export const recordedRepaymentEffect = (amount: bigint): Effect => ({
  utilised: -amount,
  pool: amount,
});

export const repaymentEffect = (amount: bigint): Effect => ({
  funds: -amount,
  utilised: -amount,
  pool: amount,
});
