import { calendarLabels } from '../../lambdas/ledger/calendar.ts';
import { feeOf } from '../../lambdas/ledger/fees.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { type Currency, minor } from '../../lambdas/ledger/money.ts';
import { isFinal, type Source } from '../../lambdas/ledger/transactions.ts';
import type { LedgerSnapshot } from './snapshot.ts';

/** The status and the code of the response to a request with a new key, given the Ledger as it is. */
export type ExpectedResponse = readonly [status: number, code: string | undefined];
export type Situation = { readonly snapshot: LedgerSnapshot; readonly now: Date };

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
function fundsOf({ snapshot, now }: Situation, id: string, currency: Currency): bigint | undefined {
  const wallet = snapshot.wallets.find((each) => each.owner === id && each.currency === currency);
  if (wallet === undefined) return undefined;
  return snapshot.releases
    .filter((each) => each.owner === id && each.currency === currency)
    .filter(({ releaseAt }) => releaseAt <= now.toISOString())
    .reduce((sum, { amount }) => sum + amount, BigInt(wallet.available));
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

export const expectedDeposit = ({ snapshot }: Situation, id: string): ExpectedResponse =>
  mayReceive(merchantIn(snapshot, id)) ? [201, undefined] : [422, 'merchant_cannot_receive'];

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
function rateOf({ snapshot, now }: Situation, payer: Merchant, currency: Currency): bigint {
  const { month } = calendarLabels(now, payer.timeZone);
  const volume = snapshot.transactions
    .filter((row) => row.type === 'transfer')
    .filter((row) => row.merchantId === payer.id && row.currency === currency)
    .filter(({ limitMonth }) => limitMonth === month)
    .reduce((sum, { amount }) => sum + amount, 0n);
  const reached = (payer.feeTiers[currency] ?? []).filter(({ from }) => from <= volume);
  return reached.at(-1)?.ppm ?? payer.feePpm;
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
  const funds = fundsOf(situation, from, currency);
  if (funds === undefined) return [404, 'wallet_not_found'];
  const total = amount + feeOf(minor(amount), rateOf(situation, payer, currency));
  return funds < total ? [402, 'insufficient_funds'] : [201, undefined];
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
  const refusal = MAY_NOT_SPEND[merchantIn(snapshot, id).status];
  if (refusal !== undefined) return refusal;
  if (source === 'scheduled') return [202, undefined];
  if (source === 'wallet') {
    const funds = fundsOf(situation, id, currency);
    if (funds === undefined) return [404, 'wallet_not_found'];
    return funds < amount ? [402, 'insufficient_funds'] : [202, undefined];
  }
  const line = snapshot.credit.find((each) => each.owner === id && each.currency === currency);
  if (line === undefined) return [422, 'no_credit_line'];
  if (line.limit - line.utilised < amount) return [402, 'insufficient_credit'];
  const available = snapshot.pools
    .filter((each) => each.currency === currency)
    .reduce((sum, pool) => sum + pool.available, 0n);
  return available < amount ? [402, 'insufficient_pool'] : [202, undefined];
}
