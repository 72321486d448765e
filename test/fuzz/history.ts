import * as z from 'zod';
import { STATUSES, type TransactionType } from '../../lambdas/ledger/transactions.ts';
import type { FuzzMerchant } from './known-values.ts';
import { addTo, differences, read, readAll, units } from './read.ts';

/** A transaction as its merchant sees it. */
const item = z.looseObject({
  id: z.string(),
  type: z.string(),
  status: z.enum(STATUSES),
  amount: units,
  currency: z.string(),
  direction: z.enum(['in', 'out']).optional(),
  total: units.optional(),
  source: z.enum(['wallet', 'credit', 'bank']).optional(),
  /** What a conversion brings, in another currency. */
  receive: z.object({ amount: units, currency: z.string() }).optional(),
});
export type Item = z.output<typeof item>;

type Effect = {
  readonly wallet?: bigint;
  readonly credit?: bigint;
  /** To the wallet in another currency than the transaction's. */
  readonly other?: { readonly amount: bigint; readonly currency: string } | undefined;
};
/** A withdrawal that is refused, cancelled or not yet executed has taken nothing, or has returned it. */
const TAKEN: ReadonlySet<string> = new Set(['PENDING', 'PROCESSING', 'SUCCEEDED']);

/** What each type of transaction adds to the merchant's wallet and to its utilised credit. */
const EFFECTS: Readonly<Record<TransactionType, (item: Item) => Effect>> = {
  deposit: ({ amount }) => ({ wallet: amount }),
  transfer: ({ direction, amount, total = 0n }) => ({
    wallet: direction === 'in' ? amount : -total,
  }),
  withdrawal: ({ status, source, amount }) => {
    if (!TAKEN.has(status)) return {};
    return source === 'wallet' ? { wallet: -amount } : { credit: amount };
  },
  sale: ({ status, amount }) => (TAKEN.has(status) ? { wallet: -amount } : {}),
  repayment: ({ amount, source }) => ({
    credit: -amount,
    ...(source === 'wallet' && { wallet: -amount }),
  }),
  conversion: ({ amount, receive }) => ({ wallet: -amount, other: receive }),
  approval: () => ({}),
  limit_change: () => ({}),
  credit_request: () => ({}),
  archive: () => ({}),
  wallet_opening: () => ({}),
  // Moves money inside the wallet, from pending to available.
  release: () => ({}),
  reversal: ({ amount }) => ({ wallet: -amount }),
  top_up: () => ({}),
  rebalance: () => ({}),
  pool_change: () => ({}),
};
const isType = (type: string): type is TransactionType => Object.hasOwn(EFFECTS, type);

const wallet = z.object({ currency: z.string(), available: units, pending: units });
const profile = z.object({
  credit: z.array(z.object({ currency: z.string(), utilised: units })),
  wallets: z.array(wallet),
});
const release = z.object({ amount: units });

type Seen = {
  readonly items: readonly Item[];
  readonly wallets: readonly z.output<typeof wallet>[];
  readonly me: z.output<typeof profile>;
  /** What the releases of each wallet add up to. */
  readonly releases: ReadonlyMap<string, bigint>;
};

async function look(api: string, token: string): Promise<Seen> {
  const items = await readAll(`${api}/transactions`, item, token);
  const list = z.object({ items: z.array(wallet) });
  const { items: wallets } = await read(`${api}/wallets`, list, token);
  const releases = new Map<string, bigint>();
  for (const { currency, pending } of wallets) {
    if (pending === 0n) continue;
    const found = await readAll(`${api}/wallets/${currency}/releases`, release, token);
    for (const { amount } of found) addTo(releases, currency, amount);
  }
  return { items, wallets, me: await read(`${api}/me`, profile, token), releases };
}

/** Where the balances of a merchant are not what its history says. */
function findingsIn({ items, wallets, me, releases }: Seen): readonly string[] {
  const [held, owed] = [new Map<string, bigint>(), new Map<string, bigint>()];
  const [returnable, shifted] = [new Map<string, bigint>(), new Map<string, bigint>()];
  const unknown = items.filter(({ type }) => !isType(type));
  for (const each of items) {
    const effect: Effect = isType(each.type) ? EFFECTS[each.type](each) : {};
    addTo(held, each.currency, effect.wallet ?? 0n);
    addTo(owed, each.currency, effect.credit ?? 0n);
    if (effect.other !== undefined) addTo(held, effect.other.currency, effect.other.amount);
    if (each.status === 'FAILED' && each.source === 'credit')
      addTo(returnable, each.currency, each.amount);
  }
  const sums = (list: typeof wallets): ReadonlyMap<string, bigint> =>
    new Map(list.map(({ currency, available, pending }) => [currency, available + pending]));
  const pending = new Map(wallets.map((each) => [each.currency, each.pending]));
  const utilised = new Map(me.credit.map((each) => [each.currency, each.utilised]));
  // A refund of credit that was repaid meanwhile goes to the wallet. The history does not show the split,
  // but both balances then differ by the same amount, at most by what failed.
  for (const [currency, most] of returnable) {
    const extra = (utilised.get(currency) ?? 0n) - (owed.get(currency) ?? 0n);
    if (extra > 0n && extra <= most) addTo(shifted, currency, extra);
  }
  for (const [currency, extra] of shifted) {
    addTo(owed, currency, extra);
    addTo(held, currency, extra);
  }
  const ids = new Set(items.map(({ id }) => id));
  return [
    ...unknown.map(({ type }) => `the type ${type} has no effect in test/fuzz/history.ts`),
    ...(ids.size === items.length ? [] : ['a transaction is listed twice']),
    ...differences('wallet', sums(wallets), held),
    ...differences('wallet in /me', sums(me.wallets), held),
    ...differences('utilised credit', utilised, owed),
    ...differences('pending', pending, releases),
  ];
}

/** A scheduled withdrawal or a release in the middle of the reads shows a difference that is none. */
const MOST_LOOKS = 5;

/** Compares a merchant's balances with its history. */
export async function checkHistory(
  api: string,
  { username }: FuzzMerchant,
  token: string,
): Promise<{ readonly items: readonly Item[]; readonly findings: readonly string[] }> {
  for (let looks = 1; ; looks += 1) {
    const seen = await look(api, token);
    const findings = findingsIn(seen);
    if (findings.length === 0 || looks === MOST_LOOKS)
      return { items: seen.items, findings: findings.map((each) => `${username}: ${each}`) };
  }
}
