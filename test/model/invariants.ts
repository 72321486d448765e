import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { PROVIDERS, type ProviderName } from '../../lambdas/ledger/payout.ts';
import {
  type ConversionTransaction,
  hasPayout,
  isFinal,
  needsAttention,
  type PayoutTransaction,
  type Transaction,
  transactionRow,
} from '../../lambdas/ledger/transactions.ts';
import type { FakeBank } from './fake-bank.ts';
import { legsOf, type Posted, postedIn, type Writer } from './posted.ts';
import { type LedgerSnapshot, once, type Row, rowId } from './snapshot.ts';

/** A rule that does not hold. Collected first: one `expect` for each of thousands costs seconds. */
type Violation = readonly [rule: string, of: string, actual: unknown, expected: unknown];

const unequal = (
  rule: string,
  of: string,
  actual: unknown,
  expected: unknown,
): readonly Violation[] =>
  actual === expected || isDeepStrictEqual(actual, expected) ? [] : [[rule, of, actual, expected]];

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, amount) => total + amount, 0n);
const latest = (times: readonly (string | undefined)[]): string | undefined =>
  times
    .filter((time) => time !== undefined)
    .toSorted()
    .at(-1);
const ofCurrency = <Item extends { readonly currency: string }>(
  items: readonly Item[],
  currency: string,
): readonly Item[] => items.filter((item) => item.currency === currency);
const currenciesOf = (...rows: readonly { readonly currency: string }[]): readonly string[] => [
  ...new Set(rows.map(({ currency }) => currency)),
];
const payoutsIn = ({ transactions }: LedgerSnapshot): readonly PayoutTransaction[] =>
  transactions.filter(hasPayout);

/**
 * Everything that must hold of the Ledger at any moment, whatever is in progress.
 * @param areGrouped whether several phases may have written a row together.
 */
export function expectConsistentLedger(
  snapshot: LedgerSnapshot,
  { areGrouped = false }: { readonly areGrouped?: boolean } = {},
): void {
  const posted = postedIn(snapshot);
  expect([
    ...snapshot.transactions.flatMap(postingViolations),
    ...balanceViolations(snapshot, posted),
    ...lastChangeViolations(snapshot, posted, areGrouped),
    ...poolViolations(snapshot),
    ...systemAccountViolations(snapshot, posted),
    ...snapshot.merchants.flatMap((merchant) => merchantViolations(snapshot, merchant)),
    ...releaseViolations(snapshot),
    ...snapshot.transactions.flatMap(repaymentViolations),
    ...reversalViolations(snapshot),
    ...conversionViolations(snapshot),
    ...[...snapshot.rows.values()].flatMap(transactionRowViolations),
  ]).toEqual([]);
}

/** LE-1: amounts are positive, shares make up their posting, and clearing holds what is in flight. */
const postingViolations = once((transaction: Transaction): readonly Violation[] => {
  const { txnId, type, status, amount } = transaction;
  const legs = legsOf(transaction);
  const clearing = legs.flatMap(({ cells }) => cells.filter(({ row }) => row === 'clearing'));
  return [
    // The two ends of a posting follow each other: the source falls, the destination rises.
    ...legs.flatMap((leg, index) =>
      unequal('LE-1 a posting is positive', txnId, leg.amount > 0n, index % 2 === 1),
    ),
    ...legs.flatMap((leg) =>
      unequal(
        'shares make up their posting',
        txnId,
        sum(leg.cells.map((cell) => (cell.attribute === 'lent' ? -cell.amount : cell.amount))),
        leg.amount,
      ),
    ),
    ...unequal(
      'clearing holds a payout exactly while it is in flight',
      `${txnId} ${type} ${status}`,
      sum(clearing.map((cell) => cell.amount)),
      isInFlight(transaction) ? amount : 0n,
    ),
  ];
});

const isInFlight = (row: Transaction): boolean =>
  hasPayout(row) && !isFinal(row.status) && row.status !== 'SCHEDULED';

const poolRowsOf = ({ roots, shards }: LedgerSnapshot) => [...roots, ...shards];
const balanceRowsOf = ({ wallets, credit, ...pools }: LedgerSnapshot) => [
  ...wallets.map((row) => ({ row, balances: { available: row.available, pending: row.pending } })),
  ...credit.map((row) => ({ row, balances: { utilised: row.utilised } })),
  ...poolRowsOf({ wallets, credit, ...pools }).map((row) => ({
    row,
    balances: { available: row.available, lent: row.lent },
  })),
];

/** LE-1: every balance is the sum of its postings, and none is negative. */
function balanceViolations(snapshot: LedgerSnapshot, { totals }: Posted): readonly Violation[] {
  const stored = new Map(
    balanceRowsOf(snapshot).flatMap(({ row, balances }) =>
      Object.entries(balances).map(([attribute, balance]): [string, bigint] => [
        `${row.rowId}|${attribute}`,
        balance,
      ]),
    ),
  );
  const withoutRow = [...totals.keys()].filter(
    (name) => /^(M|POOL)#/.test(name) && !stored.has(name),
  );
  return [
    ...[...stored].flatMap(([name, balance]) => [
      ...unequal('LE-1 a balance is its postings', name, balance, totals.get(name) ?? 0n),
      // Credit may return to another row of the pool than the one that lent it.
      ...(name.endsWith('|lent')
        ? []
        : unequal('no balance is negative', name, balance >= 0n, true)),
    ]),
    ...unequal('a posting is to a row', '', withoutRow, []),
  ];
}

/** Shards open and close also without money, which no phase records. */
function poolRowViolations(
  { transactions }: LedgerSnapshot,
  id: string,
  version: bigint,
  by: readonly string[],
  phases: number,
): readonly Violation[] {
  const named = by.map((each) => each.split(':')[0]);
  return [
    ...unequal('a version counts the writes', id, version >= BigInt(phases), true),
    ...unequal(
      '`by` names a transaction',
      `${id} ${by.join()}`,
      named.filter((txnId) => !transactions.some((each) => each.txnId === txnId)),
      [],
    ),
  ];
}

/** `version` counts the phases that wrote a balance row, and `by` names the last of them. */
const lastChangeViolations = (
  snapshot: LedgerSnapshot,
  { writers }: Posted,
  areGrouped: boolean,
): readonly Violation[] =>
  balanceRowsOf(snapshot).flatMap(({ row: { rowId: id, version, by } }) => {
    const known = writers.get(id) ?? new Map<string, Writer>();
    const times = new Set([...known.values()].map(({ at }) => at));
    if (id.startsWith('POOL#'))
      return poolRowViolations(snapshot, id, version, by, areGrouped ? times.size : known.size);
    const last = latest([...times]);
    const named = by.map((each) => known.get(each)?.at);
    // A group decides at one instant, and writes the row once.
    const most = BigInt(known.size);
    const fewest = areGrouped ? BigInt(times.size) : most;
    return [
      ...unequal('a version counts the writes', id, fewest <= version && version <= most, true),
      ...unequal('`by` names the last phases that wrote the row', `${id} ${by.join()}`, named, [
        ...(areGrouped ? by.map(() => last) : [last]),
      ]),
    ];
  });

/** LE-1 CR-2: what was paid in is either available or lent, and merchants owe exactly what is lent. */
const poolViolations = (snapshot: LedgerSnapshot): readonly Violation[] => {
  const { transactions, credit } = snapshot;
  const pools = poolRowsOf(snapshot);
  return currenciesOf(...transactions, ...pools, ...credit).flatMap((currency) => {
    const own = ofCurrency(pools, currency);
    const lent = sum(own.map((pool) => pool.lent));
    const available = sum(own.map((pool) => pool.available));
    const topUps = ofCurrency(transactions, currency).filter(({ type }) => type === 'top_up');
    const takenBack = ofCurrency(transactions, currency).filter(
      (row) => row.type === 'reversal' && row.merchantId === undefined,
    );
    const paidIn =
      sum(topUps.map(({ amount }) => amount)) - sum(takenBack.map(({ amount }) => amount));
    const utilised = sum(ofCurrency(credit, currency).map((line) => line.utilised));
    return [
      ...unequal('LE-1 what was paid in is available or lent', currency, available + lent, paidIn),
      ...unequal('CR-2 what is lent is utilised', currency, lent, utilised),
      ...shardViolations(snapshot, currency),
    ];
  });
};

/** CR-1: what the root proves. Closed shards hold nothing, and the root counts them. */
function shardViolations({ roots, shards }: LedgerSnapshot, currency: string) {
  const [root] = ofCurrency(roots, currency);
  const rows = ofCurrency(shards, currency).map((row) => ({
    ...row,
    number: Number(row.rowId.split('#')[2]?.split('|')[0]),
  }));
  const own = rows.filter(({ number }) => number < (root?.shards ?? 0));
  const closed = rows.filter(({ open }) => !open);
  const retired = rows.filter(({ number }) => number >= (root?.shards ?? 0));
  return [
    ...unequal('CR-1 all shards exist', currency, own.length, root?.shards ?? 0),
    ...unequal(
      'CR-1 closed shards are counted',
      currency,
      own.filter(({ open }) => !open).length,
      root?.closed ?? 0,
    ),
    ...unequal(
      'CR-1 closed shards are empty',
      currency,
      closed.filter(({ available }) => available > 0n),
      [],
    ),
    ...unequal(
      'CR-1 retired shards are closed and have lent nothing',
      currency,
      retired.filter(({ open, lent }) => open || lent !== 0n),
      [],
    ),
  ];
}

const isFromBank = (transaction: Transaction): boolean =>
  transaction.type === 'repayment' && transaction.source === 'bank';

/** WA-9: a reversal returns its amount to where a pool or a merchant had it from. */
const reversedIn = ({ type, pk, amount }: Transaction, partition: string): bigint =>
  type === 'reversal' && pk.startsWith(partition) ? amount : 0n;

/** What each kind of transaction contributes to the accounts that have no row, in minor units. */
const SYSTEM_BALANCES: Readonly<Record<string, (transaction: Transaction) => bigint>> = {
  funding: (transaction) =>
    transaction.type === 'top_up' ? -transaction.amount : reversedIn(transaction, 'POOL#'),
  outside: (transaction) =>
    transaction.type === 'deposit' || isFromBank(transaction)
      ? -transaction.amount
      : reversedIn(transaction, 'M#'),
  clearing: (transaction) => (isInFlight(transaction) ? transaction.amount : 0n),
  fees: (transaction) => (transaction.type === 'transfer' ? transaction.fee : 0n),
  bank: ({ type, status, amount }) =>
    type === 'withdrawal' && status === 'SUCCEEDED' ? amount : 0n,
  operator: ({ type, status, amount }) => (type === 'sale' && status === 'SUCCEEDED' ? amount : 0n),
  exchange: ({ type, amount }) => (type === 'conversion' ? amount : 0n),
};

/** WA-7: what a conversion pays in its other currency, and what the platform keeps of it. */
const IN_OTHER_CURRENCY: Readonly<Record<string, (row: ConversionTransaction) => bigint>> = {
  exchange: ({ received, spread }) => -received - spread,
  fees: ({ spread }) => spread,
};

/** LE-1: what came from outside, what is in flight, fees and what the bank paid. */
function systemAccountViolations(
  { transactions }: LedgerSnapshot,
  { totals }: Posted,
): readonly Violation[] {
  const brought = transactions
    .filter((row) => row.type === 'conversion')
    .map((row) => ({ currency: row.toCurrency, row }));
  const expected = new Map(
    currenciesOf(...transactions, ...brought).flatMap((currency) =>
      Object.entries(SYSTEM_BALANCES).map(([name, contribution]): [string, bigint] => [
        `${name}|${currency}`,
        sum(ofCurrency(transactions, currency).map(contribution)) +
          sum(ofCurrency(brought, currency).map(({ row }) => IN_OTHER_CURRENCY[name]?.(row) ?? 0n)),
      ]),
    ),
  );
  const names = [...totals.keys(), ...expected.keys()].filter((name) => !/^(M|POOL)#/.test(name));
  return [...new Set(names)].flatMap((name) =>
    unequal('LE-1 system accounts', name, totals.get(name) ?? 0n, expected.get(name) ?? 0n),
  );
}

function merchantViolations(snapshot: LedgerSnapshot, merchant: Merchant): readonly Violation[] {
  const { id, status } = merchant;
  const own = snapshot.transactions.filter((row) => 'merchantId' in row && row.merchantId === id);
  const approvals = own.filter(({ type }) => type === 'approval');
  const lines = snapshot.credit.filter(({ owner }) => owner === id);
  /** Every limit that a credit line has had. */
  const limitsIn = (currency: string): readonly { amount: bigint; limitBefore: bigint }[] =>
    ofCurrency(own, currency).flatMap((row) => {
      if (row.type === 'approval') return [{ amount: row.amount, limitBefore: 0n }];
      return row.type === 'limit_change' ? [row] : [];
    });
  const wallets = snapshot.wallets.filter(({ owner }) => owner === id);
  const isApproved = status !== 'PENDING' && status !== 'REJECTED';
  const isArchived = status === 'ARCHIVED';
  return [
    // ID-2: a credit line and a wallet from its one approval, and a credit line from nothing else.
    ...unequal('ID-2 a merchant is approved once', id, approvals.length, isApproved ? 1 : 0),
    ...unequal(
      'ID-2 CR-3 a credit line has the currency of the approval, and the limit of all changes',
      id,
      lines.map(({ currency, limit }) => [currency, limit]),
      approvals.map(({ currency }) => [
        currency,
        sum(limitsIn(currency).map(({ amount, limitBefore }) => amount - limitBefore)),
      ]),
    ),
    ...approvals.flatMap(({ currency }) =>
      unequal('ID-2 an approval opens a wallet', id, ofCurrency(wallets, currency).length, 1),
    ),
    ...lines.flatMap((line) =>
      unequal(
        'CR-2 no limit that it had is exceeded',
        line.rowId,
        limitsIn(line.currency).some(({ amount }) => line.utilised <= amount),
        true,
      ),
    ),
    ...wallets.flatMap(({ rowId: wallet, closed = false }) =>
      unequal('ID-2 a wallet is closed with its merchant', wallet, closed, isArchived),
    ),
    ...unequal('WA-2 each wallet is counted', id, merchant.wallets, BigInt(wallets.length)),
    ...counterViolations(own, merchant),
  ];
}

type Counted = {
  readonly amount: bigint;
  readonly status: string;
  readonly day: string;
  readonly month: string;
};

/** What is counted under the latest label: everything but what was refunded. */
const countedUnder = (payments: readonly Counted[], label: 'day' | 'month') => {
  const current = latest(payments.map((payment) => payment[label])) ?? '';
  const kept = payments.filter((each) => each[label] === current && each.status !== 'FAILED');
  return [current, sum(kept.map(({ amount }) => amount))] as const;
};

/**
 * CR-5 WA-8: in every currency, the counters are what was accepted less what was refunded. Those of a month
 * before the merchant's latest are gone.
 */
function counterViolations(
  own: readonly Transaction[],
  { id, spent, transferVolume }: Merchant,
): readonly Violation[] {
  const payments = own.flatMap((row) =>
    // A withdrawal that is only scheduled is not counted yet.
    'limitDay' in row && row.limitDay !== undefined
      ? [{ ...row, day: row.limitDay, month: row.limitMonth ?? '' }]
      : [],
  );
  const currencies = new Set([
    ...Object.keys(spent),
    ...Object.keys(transferVolume),
    ...payments.map(({ currency }) => currency),
  ]);
  const current = latest(payments.map(({ month }) => month));
  return [...currencies].flatMap((currency) => {
    const counted = ofCurrency(payments, currency);
    const transfers = counted.filter(({ type }) => type === 'transfer');
    const [day, dayAmount] = countedUnder(counted, 'day');
    const [month, monthAmount] = countedUnder(counted, 'month');
    const [volumeMonth, amount] = countedUnder(transfers, 'month');
    return [
      ...unequal(
        'CR-5 what was spent is counted',
        `${id} ${currency}`,
        spent[currency],
        month === current ? { day, dayAmount, month, monthAmount } : undefined,
      ),
      ...unequal(
        'WA-8 what was transferred is counted',
        `${id} ${currency}`,
        transferVolume[currency],
        volumeMonth === current ? { month: volumeMonth, amount } : undefined,
      ),
    ];
  });
}

/** WA-3: pending releases make up what is pending, and each of them is a whole deposit. */
function releaseViolations({
  wallets,
  releases,
  transactions,
}: LedgerSnapshot): readonly Violation[] {
  const deposits = new Map(transactions.map((row) => [row.txnId, row]));
  const byWallet = Map.groupBy(releases, (each) => `M#${each.owner}|WALLET#${each.currency}`);
  const withWallet = new Set(wallets.map((wallet) => wallet.rowId));
  return [
    ...wallets.flatMap(({ rowId: wallet, pending }) => {
      const held = sum((byWallet.get(wallet) ?? []).map(({ amount }) => amount));
      return unequal('WA-3 releases make up what is pending', wallet, held, BigInt(pending));
    }),
    ...unequal(
      'WA-3 a pending release has a wallet',
      '',
      [...byWallet.keys()].filter((wallet) => !withWallet.has(wallet)),
      [],
    ),
    ...releases.flatMap(({ depositId, owner, currency, amount, releaseAt }) => {
      const row = deposits.get(depositId);
      return unequal(
        'WA-3 a pending release is a whole deposit',
        depositId,
        [owner, currency, amount, releaseAt],
        row?.type === 'deposit' && [row.merchantId, row.currency, row.amount, row.releaseAt],
      );
    }),
  ];
}

/** CR-4: a repayment lowers what is utilised and the account that it is from, and returns as much to the pool. */
const repaymentViolations = once((transaction: Transaction): readonly Violation[] => {
  if (transaction.type !== 'repayment') return [];
  const { txnId, amount, merchantId, currency } = transaction;
  const cells = legsOf(transaction).flatMap((leg) => leg.cells);
  const balances = Object.groupBy(cells, ({ row, attribute }) =>
    // Releases in the same transaction raise what is available by what they take from what is pending.
    row.includes('|WALLET#') ? row : `${row} ${attribute}`,
  );
  const changes = Object.entries(balances).map(([name, all = []]) => [
    name,
    sum(all.map((cell) => cell.amount)),
  ]);
  return unequal('CR-4 a repayment', txnId, Object.fromEntries(changes), {
    [isFromBank(transaction) ? `outside ${currency}` : `M#${merchantId}|WALLET#${currency}`]:
      -amount,
    [`M#${merchantId}|CREDIT#${currency} utilised`]: -amount,
    [`POOL#${currency}#ROOT|POOL available`]: amount,
    [`POOL#${currency}#ROOT|POOL lent`]: -amount,
  });
});

/** WA-9: each reversal takes back one whole deposit or top-up, in its partition, and the two name each other. */
function reversalViolations({ transactions }: LedgerSnapshot): readonly Violation[] {
  const reversals = transactions.filter((row) => row.type === 'reversal');
  const reversed = transactions.filter((row) => 'reversedBy' in row);
  const links = reversals.map(({ txnId, reverses, pk, amount, currency, merchantId }) => {
    const type = merchantId === undefined ? 'top_up' : 'deposit';
    return [type, reverses, txnId, pk, amount, currency, merchantId];
  });
  const originals = reversed.map((row) => {
    const { type, txnId, pk, amount, currency } = row;
    const reversedBy = 'reversedBy' in row ? row.reversedBy : undefined;
    const merchantId = 'merchantId' in row ? row.merchantId : undefined;
    return [type, txnId, reversedBy, pk, amount, currency, merchantId];
  });
  const inOrder = (each: typeof links): unknown =>
    each.toSorted(([, one = ''], [, other = '']) => (String(one) < String(other) ? -1 : 1));
  return unequal('WA-9 reversals', '', inOrder(links), inOrder(originals));
}

/** WA-7: each conversion is one quote, as it was quoted and in time, and the two name each other. */
function conversionViolations({ transactions, quotes }: LedgerSnapshot): readonly Violation[] {
  const conversions = transactions.filter((row) => row.type === 'conversion');
  const made = conversions.map((row) => {
    const { quoteId, txnId, merchantId, amount, currency, received, toCurrency, spread } = row;
    return [quoteId, txnId, merchantId, amount, currency, received, toCurrency, spread].join();
  });
  const used = quotes.flatMap((row) => {
    const { id, usedBy, owner, give, from, receive, to, spread } = row;
    return usedBy === undefined
      ? []
      : [[id, usedBy, owner, give, from, receive, to, spread].join()];
  });
  const late = conversions.filter(
    ({ quoteId, createdAt }) =>
      !quotes.some(({ id, expiresAt }) => id === quoteId && createdAt < expiresAt),
  );
  return [
    ...unequal('WA-7 conversions are the used quotes', '', made.toSorted(), used.toSorted()),
    ...unequal('WA-7 conversions are in time', '', late, []),
  ];
}

/** A limit, an archive and the opening of a wallet move no money; everything else but a withdrawal is one phase. */
const PHASES_OF: Readonly<Record<string, readonly string[]>> = {
  approval: [],
  archive: [],
  credit_request: [],
  limit_change: [],
  wallet_opening: [],
  release: ['release'],
  pool_change: [],
};
const phasesOf = (type: string): readonly string[] => PHASES_OF[type] ?? ['accept'];

/** The phases and the index keys that follow from a transaction's type and status. */
const transactionRowViolations = once((row: Row): readonly Violation[] => {
  if (!String(row['sk']).startsWith('TXN#')) return [];
  const { txnId, type, status, phases } = transactionRow.parse(row);
  const of = `${txnId} ${type} ${status}`;
  const prefixOf = (name: string): string => String(row[name] ?? '').replace(/#\d+$/, '');
  const isOpen = status !== 'PROPOSED' && !isFinal(status);
  const nextCheck = status === 'SCHEDULED' ? 'SCHEDULE' : 'PAYOUT';
  return [
    // WD-8: recovery looks at a withdrawal exactly while it is not final.
    ...unequal('WD-8 a next check', of, row['nextCheckAt'] !== undefined, isOpen),
    ...unequal('WD-8 its key', of, prefixOf('nextCheckKey'), isOpen ? nextCheck : ''),
    ...unequal(
      'admins find what needs attention',
      of,
      prefixOf('statusKey'),
      needsAttention(status) ? `TXN#${status}` : '',
    ),
    ...(type === 'withdrawal' || type === 'sale' || type === 'rebalance'
      ? []
      : unequal(
          'a transaction without a payout is final at once',
          of,
          [status, ...phases.map(({ name }) => name)],
          // A proposal has done nothing.
          status === 'PROPOSED' ? [status] : ['SUCCEEDED', ...phasesOf(type)],
        )),
  ];
});

/** WD-5 WD-6 SA-1: each withdrawal and sale against what its provider itself knows of it. */
export function expectBankAgrees(snapshot: LedgerSnapshot, bank: FakeBank): void {
  const decisions = new Map(bank.decisions.map((decision) => [decision.payout.key, decision]));
  const payouts = payoutsIn(snapshot);
  const ids = new Set(payouts.map(({ txnId }) => txnId));
  const unknown = [...decisions.keys()].filter((key) => !ids.has(key));
  expect([
    ...payouts.flatMap((row) => {
      const { txnId, amount, currency, payout } = row;
      const known = decisions.get(txnId);
      const order = { key: txnId, destination: payout.destination, amount, currency };
      return [
        ...payoutViolations(row, known?.paid),
        ...unequal('SA-1 who was asked', txnId, known?.provider, known && payout.provider),
        ...unequal(
          'SA-1 a sale is the operator’s, anything else the bank’s',
          txnId,
          payout.provider,
          row.type === 'sale' ? 'operator' : 'bank',
        ),
        ...unequal('WD-5 the order', txnId, known?.payout, known && order),
      ];
    }),
    ...unequal('WD-5 only withdrawals and sales are paid', 'bank', unknown, []),
    ...unequal('WD-5 the bank is queried instead of paid twice', 'bank', bank.duplicates, []),
  ]).toEqual([]);
}

/** `paid` is the bank's decision; undefined where it has no order. */
function payoutViolations(row: PayoutTransaction, paid: boolean | undefined): readonly Violation[] {
  const { txnId, status, phases, payout } = row;
  const names = phases.map(({ name }) => name);
  const of = `${txnId} ${status}`;
  if (status === 'SUCCEEDED') {
    const expected = [['accept', 'settle'], true, `B-${txnId}`];
    return unequal('WD-5 paid', of, [names, paid, payout.reference], expected);
  }
  if (status === 'FAILED' && names.length > 0) {
    const expected = [['accept', 'refund'], false, 'account_closed'];
    return unequal('WD-6 refunded', of, [names, paid, payout.failure], expected);
  }
  if (status === 'FAILED' || status === 'CANCELLED' || status === 'SCHEDULED') {
    // No money was taken for it, and the bank has no order.
    return unequal('WD-2 not executed', of, [names, paid, payout.attempt], [[], undefined, 0n]);
  }
  return unequal('WD-1 accepted', of, names, ['accept']);
}

/**
 * How rows may change: balances and merchants raise their version, what is final stays as it is, and only
 * pending releases are deleted.
 */
export function expectTraceableChanges(before: LedgerSnapshot, after: LedgerSnapshot): void {
  const changed = [...before.rows].filter(([id, row]) => after.rows.get(id) !== row);
  expect(changed.flatMap(([id, row]) => changeViolations(row, after.rows.get(id)))).toEqual([]);
}

const termsOf = ({ feePpm, feeTiers, limits, timeZone, bankAccount }: Row) => ({
  feePpm,
  feeTiers,
  limits,
  timeZone,
  bankAccount,
});
const rises = (before: Row, after: Row, name: string): boolean =>
  BigInt(String(after[name] ?? 0)) > BigInt(String(before[name] ?? 0));

function changeViolations(row: Row, next: Row | undefined): readonly Violation[] {
  const id = rowId(row);
  const kind = String(row['sk']).split('#')[0];
  if (next === undefined) return unequal('only releases are deleted', id, kind, 'RELEASE');
  // A write that did not commit was read again as well.
  if (isDeepStrictEqual(row, next)) return [];
  if (kind === 'TXN') {
    const { status } = transactionRow.parse(row);
    // WA-9: its reversal leaves a link, once.
    const linked = { ...row, reversedBy: next['reversedBy'] };
    if (row['reversedBy'] === undefined && isDeepStrictEqual(linked, next)) return [];
    return unequal('a final transaction never changes', id, isFinal(status), false);
  }
  // The row that names the latest request has no status.
  if (kind === 'CREDITREQ')
    return unequal('CR-3 a decided request never changes', id, row['status'] ?? 'OPEN', 'OPEN');
  if (kind === 'QUOTE')
    return unequal(
      'WA-7 a quote is only used, once',
      id,
      { usedBy: undefined, ...next },
      {
        ...row,
        usedBy: row['usedBy'] ?? next['usedBy'],
      },
    );
  const changesTerms = !isDeepStrictEqual(termsOf(row), termsOf(next));
  return [
    ...unequal('a version rises with every change', id, rises(row, next, 'version'), true),
    ...(changesTerms
      ? unequal('ID-5 terms have a version', id, rises(row, next, 'termsVersion'), true)
      : []),
  ];
}

/** Once nothing is in progress: every withdrawal and sale is final, and the bank paid what the Ledger says. */
export function expectSettledLedger(snapshot: LedgerSnapshot, bank: FakeBank): void {
  const payouts = payoutsIn(snapshot);
  const { totals } = postedIn(snapshot);
  expect([
    ...payouts.flatMap(({ txnId, status }) =>
      unequal('WD-8 every payout becomes final', `${txnId} ${status}`, isFinal(status), true),
    ),
    ...currenciesOf(...payouts).flatMap((currency) => {
      const inClearing = totals.get(`clearing|${currency}`) ?? 0n;
      const paidBy = (name: ProviderName) =>
        ofCurrency(
          bank.decisions
            .filter(({ paid, provider }) => paid && provider === name)
            .map(({ payout }) => payout),
          currency,
        );
      return [
        ...unequal('nothing is left in clearing', currency, inClearing, 0n),
        ...PROVIDERS.flatMap((name) =>
          unequal(
            'WD-5 SA-1 each provider paid what the Ledger says',
            `${name} ${currency}`,
            totals.get(`${name}|${currency}`) ?? 0n,
            sum(paidBy(name).map(({ amount }) => amount)),
          ),
        ),
      ];
    }),
  ]).toEqual([]);
}
