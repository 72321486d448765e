import type { LedgerContext } from '../context.ts';
import { merchantPk, releaseKey, releasePrefix } from '../keys.ts';
import type { Currency, MinorUnits } from '../money.ts';
import { type PendingRelease, pendingReleaseRow } from '../pending-releases.ts';
import { firstRows, getRow, queryRows } from '../table.ts';

/** `~` sorts after every id: what is released at this very instant has matured. */
const until = (now: Date): string => `${now.toISOString()}#~`;

/** One wallet's releases from one position in their order to another, the soonest first. */
const between = (merchantId: string, currency: Currency, first: string, last: string) => ({
  KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
  ExpressionAttributeValues: {
    ':pk': merchantPk(merchantId),
    ':first': releasePrefix(currency) + first,
    ':last': releasePrefix(currency) + last,
  },
  ConsistentRead: true,
});

/** The release of one deposit, until it is released. */
export const readRelease = (
  ledger: LedgerContext,
  merchantId: string,
  release: Parameters<typeof releaseKey>[1],
): Promise<PendingRelease | undefined> =>
  getRow(ledger, releaseKey(merchantId, release), pendingReleaseRow);

/** Matured releases, oldest first, at most as many as make up `amount` minor units. */
export async function maturedReleases(
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  now: Date,
): Promise<PendingRelease[]> {
  const condition = between(merchantId, currency, '', until(now));
  const found: PendingRelease[] = [];
  let sum = 0n;
  for await (const release of queryRows(ledger, condition, pendingReleaseRow)) {
    found.push(release);
    sum += release.amount;
    if (sum >= amount) break;
  }
  return found;
}

/** Matured releases from a position in their order on, oldest first. The position may be after now. */
export const firstMatured = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  now: Date,
  { from, most }: { readonly from: string; readonly most: number },
): Promise<PendingRelease[]> =>
  from > until(now)
    ? Promise.resolve([])
    : firstRows(ledger, between(merchantId, currency, from, until(now)), pendingReleaseRow, most);

/** Releases whose time has not come, the soonest first, from after a position in their order. */
export const upcomingReleases = (
  ledger: LedgerContext,
  merchantId: string,
  currency: Currency,
  now: Date,
  { after, most }: { readonly after?: string | undefined; readonly most: number },
): Promise<PendingRelease[]> => {
  const first = after === undefined ? until(now) : `${after}!`;
  return firstRows(ledger, between(merchantId, currency, first, '~'), pendingReleaseRow, most);
};
