import * as z from 'zod';
import {
  type Account,
  BALANCE_ACCOUNTS,
  type BalanceAccountName,
  SYSTEM_ACCOUNTS,
} from './accounts.ts';
import { type Currency, currencyCode, type MinorUnits, minor, minorUnits } from './money.ts';
import type { PoolShare } from './pool/pool.ts';

/** A movement between two accounts. It balances by construction, and it is the only way to change a balance. */
export type Posting = {
  readonly source: Account;
  readonly destination: Account;
  readonly currency: Currency;
  /** Minor units, greater than zero. */
  readonly amount: MinorUnits;
};

export const walletAvailable = (merchantId: string): Account => ({
  name: 'wallet.available',
  merchantId,
});
export const walletPending = (merchantId: string): Account => ({
  name: 'wallet.pending',
  merchantId,
});
export const credit = (merchantId: string, limit?: MinorUnits): Account => ({
  name: 'credit',
  merchantId,
  ...(limit !== undefined && { limit }),
});
export const poolAvailable = (shares: readonly PoolShare[]): Account => ({
  name: 'pool.available',
  shares,
});
export const poolLent = (shares: readonly PoolShare[]): Account => ({ name: 'pool.lent', shares });
export const system = (name: (typeof SYSTEM_ACCOUNTS)[number]): Account => ({ name });

/**
 * Movements in one currency. A movement of nothing is left out: a fee of zero is no posting.
 * @throws RangeError for a negative amount.
 */
export const postingsIn = (
  currency: Currency,
  ...movements: readonly (readonly [source: Account, destination: Account, amount: MinorUnits])[]
): readonly Posting[] =>
  movements
    .filter(([, , amount]) => amount !== 0n)
    .map(([source, destination, amount]) => {
      if (amount < 0n) throw new RangeError('the amount of a posting is positive');
      return { source, destination, currency, amount };
    });

/** `[source, destination, amount]`, and the currency where it is not the transaction's. */
const storedPosting = z.union([
  z.tuple([z.string(), z.string(), minorUnits]),
  z.tuple([z.string(), z.string(), minorUnits, currencyCode]),
]);

export const PHASES = ['accept', 'settle', 'refund', 'release', 'rebalance'] as const;
export type PhaseName = (typeof PHASES)[number];

/** One step in a transaction's life that moves money, as its row stores it. */
export const storedPhase = z.object({
  name: z.enum(PHASES),
  /** ISO 8601 in UTC. */
  at: z.string(),
  postings: z.array(storedPosting),
  /** Of all pool accounts of the phase, once. Where they differ, each account names its row: `pool@ROOT`. */
  shares: z.array(z.tuple([z.string(), minorUnits])).optional(),
});
export type StoredPhase = z.infer<typeof storedPhase>;

/** Whose row the transaction is about: only another merchant's account is stored with its owner. */
type Subject = { readonly merchantId?: string | undefined; readonly currency: Currency };

function textOf(account: Account, { merchantId }: Subject, common: boolean): string {
  if ('shares' in account) {
    const name = BALANCE_ACCOUNTS[account.name].stored;
    if (common) return name;
    const [share, ...others] = account.shares;
    if (share === undefined || others.length > 0) throw new Error('the shares of a phase differ');
    return `${name}@${share.shard}`;
  }
  if (!('merchantId' in account)) return account.name;
  const name = BALANCE_ACCOUNTS[account.name].stored;
  return account.merchantId === merchantId ? name : `${name}@${account.merchantId}`;
}

type StoredShare = [shard: string, amount: MinorUnits];

/** The shares of all pool accounts; undefined where they differ. */
function commonShares(postings: readonly Posting[]): readonly StoredShare[] | undefined {
  const [first = [], ...others] = postings
    .flatMap(({ source, destination }) => [source, destination])
    .flatMap((account) => ('shares' in account ? [account.shares] : []))
    .map((shares) => shares.map(({ shard, amount }): StoredShare => [shard, amount]));
  const isCommon = others.every((shares) => String(shares) === String(first));
  return isCommon ? first : undefined;
}

/** A phase in its compact form: rows are billed by the kilobyte. */
export function storePhase(
  name: PhaseName,
  at: string,
  postings: readonly Posting[],
  subject: Subject,
): StoredPhase {
  const shares = commonShares(postings);
  const isCommon = shares !== undefined;
  return {
    name,
    at,
    postings: postings.map(({ source, destination, amount, currency }) => {
      const from = textOf(source, subject, isCommon);
      const to = textOf(destination, subject, isCommon);
      return currency === subject.currency ? [from, to, amount] : [from, to, amount, currency];
    }),
    ...(shares !== undefined && shares.length > 0 && { shares: [...shares] }),
  };
}

const systemAccount = z.enum(SYSTEM_ACCOUNTS);
const OF_MERCHANT = ['wallet.available', 'wallet.pending', 'credit'] as const;
const OF_POOL = ['pool.available', 'pool.lent'] as const;

const isStoredAs = (name: BalanceAccountName, text: string | undefined): boolean =>
  BALANCE_ACCOUNTS[name].stored === text;

/** @throws where the text names no account, or a merchant's account has no owner. */
function accountOf(
  text: string,
  { merchantId }: Subject,
  amount: MinorUnits,
  shares: readonly PoolShare[],
): Account {
  const [first, named] = text.split('@');
  const owner = named ?? merchantId;
  const ofMerchant = OF_MERCHANT.find((name) => isStoredAs(name, first));
  if (ofMerchant !== undefined) return { name: ofMerchant, merchantId: z.string().parse(owner) };
  const ofPool = OF_POOL.find((name) => isStoredAs(name, first));
  if (ofPool !== undefined)
    return { name: ofPool, shares: named === undefined ? shares : [{ shard: named, amount }] };
  return { name: systemAccount.parse(first) };
}

/** The postings of a stored phase, with the owners of their accounts. */
export function readPhase(phase: StoredPhase, subject: Subject): readonly Posting[] {
  const shares = sharesOf(phase);
  return phase.postings.map(([source, destination, amount, currency = subject.currency]) => ({
    source: accountOf(source, subject, amount, shares),
    destination: accountOf(destination, subject, amount, shares),
    amount,
    currency,
  }));
}

/** Which rows of the pool took part in a phase. */
export const sharesOf = ({ shares = [] }: StoredPhase): readonly PoolShare[] =>
  shares.map(([shard, amount]) => ({ shard, amount }));

export const sumOfShares = (shares: readonly PoolShare[]): MinorUnits =>
  minor(shares.reduce((sum, { amount }) => sum + amount, 0n));
