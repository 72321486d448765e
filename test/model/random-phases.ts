import fc from 'fast-check';
import { nameOf, type Row, type Rows } from '../../lambdas/ledger/apply.ts';
import {
  closeWallet,
  creditRow,
  openCreditLine,
  openWallet,
  walletRow,
} from '../../lambdas/ledger/balances.ts';
import { countingLabels, countSpending, countVolume } from '../../lambdas/ledger/counters.ts';
import type { Effects } from '../../lambdas/ledger/decision.ts';
import { merchantPk, poolPk } from '../../lambdas/ledger/keys.ts';
import {
  activeOnTerms,
  changeStatus,
  changeTerms,
  decideStatus,
  merchantRow,
  receivingInNewWallet,
  registerMerchant,
} from '../../lambdas/ledger/merchant.ts';
import { type Currency, currencyCode, type MinorUnits, minor } from '../../lambdas/ledger/money.ts';
import {
  addRelease,
  pendingReleaseRow,
  releaseFunds,
} from '../../lambdas/ledger/pending-releases.ts';
import { closing, filling } from '../../lambdas/ledger/pool/moves.ts';
import { openPool, poolRoot, poolShardRow, ROOT } from '../../lambdas/ledger/pool/pool.ts';
import type { Phase } from '../../lambdas/ledger/post.ts';
import {
  credit,
  type PhaseName,
  type Posting,
  poolAvailable,
  poolLent,
  postingsIn,
  storePhase,
  system,
  walletAvailable,
  walletPending,
} from '../../lambdas/ledger/postings.ts';
import { markReversed } from '../../lambdas/ledger/reversed.ts';
import type { RowRef } from '../../lambdas/ledger/row-writes.ts';
import {
  createTransaction,
  noTransaction,
  postponeCheck,
  transition,
} from '../../lambdas/ledger/rows/transactions.ts';
import {
  type Transaction,
  transactionRow,
  type Withdrawal,
} from '../../lambdas/ledger/transactions.ts';
import { refundEffects, settlePostings } from '../../lambdas/payouts/settle-rule.ts';
import { TRANSITIONS } from '../../lambdas/payouts/transitions.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { aMerchant } from '../harness/in-memory-ledger.ts';

const MERCHANTS = ['m1', 'm2', 'm3'] as const;
const USD = currencyCode.parse('USD');
const EUR = currencyCode.parse('EUR');
const CURRENCIES = [USD, EUR];
export const START = new Date('2026-11-20T12:00:00.000Z');
const DAY_MS = 86_400_000;

/** Phases that move money. Some are listed twice because the runs need more of them. */
const MOVES = [
  'deposit',
  'deposit',
  'deposit',
  'release',
  'release',
  'release',
  'transfer',
  'top up',
  'move in pool',
  'draw credit',
  'draw credit',
  'debit wallet',
  'claim',
  'claim',
  'succeed',
  'refund',
] as const;
const CHANGES = [
  'approve',
  'postpone check',
  'refuse',
  'change status',
  'change terms',
  'archive',
  'archive',
  'quote',
  'use quote',
  'mark reversed',
] as const;
type Kind = (typeof MOVES | typeof CHANGES)[number];

const kind = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...MOVES) },
  { weight: 1, arbitrary: fc.constantFrom(...CHANGES) },
);
/** What one phase is made from. Each kind uses the fields that it needs. */
type PhaseInput = {
  readonly merchant: string;
  readonly other: string;
  readonly currency: Currency;
  readonly amount: MinorUnits;
  /** The part of an amount that the second row of the pool has. */
  readonly share: bigint;
  readonly fee: MinorUnits;
  readonly id: number;
  readonly nth: number;
  readonly isPending: boolean;
  /** Of a fee tier or of a credit limit. */
  readonly bound: bigint | undefined;
  readonly now: Date;
};

/** One commit of one phase or two, as a group commit has them. */
const commitInput = fc.record({
  kinds: fc.oneof(
    { weight: 6, arbitrary: fc.tuple(kind) },
    { weight: 1, arbitrary: fc.tuple(kind, kind) },
  ),
  /** How many commits ago the rows were read: a decision on old rows must lose. */
  age: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
  /** How many days after the commit before. */
  days: fc.oneof(
    { weight: 9, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(1, 40) },
  ),
  merchant: fc.constantFrom('m1', 'm1', 'm1', 'm2', 'm2', 'm3'),
  other: fc.constantFrom(...MERCHANTS),
  currency: fc.constantFrom(...CURRENCIES, USD, USD, USD),
  // Round amounts often meet a bound exactly.
  amount: fc.oneof(fc.bigInt({ min: 1n, max: 120n }), fc.constantFrom(10n, 30n, 50n)).map(minor),
  share: fc.bigInt({ min: 0n, max: 120n }),
  fee: fc.bigInt({ min: 0n, max: 5n }).map(minor),
  /** Few enough that an id is used twice. */
  id: fc.nat(300),
  nth: fc.nat(20),
  isPending: fc.constantFrom(true, true, true, false),
  bound: fc.option(fc.bigInt({ min: 0n, max: 200n }), { nil: undefined }),
});
export const commitInputs = fc.array(commitInput, { minLength: 40, maxLength: 80 });
type CommitInput =
  typeof commitInputs extends fc.Arbitrary<readonly (infer Input)[]> ? Input : never;

/** Rows as a decision read them. */
const read = {
  merchant: (rows: Rows, merchantId: string) =>
    merchantRow.parse(rows.get(nameOf({ kind: 'merchant', merchantId }))),
  wallet: (rows: Rows, merchantId: string, currency: Currency) =>
    walletRow.optional().parse(rows.get(nameOf({ kind: 'wallet', merchantId, currency }))),
  credit: (rows: Rows, merchantId: string, currency: Currency) =>
    creditRow.optional().parse(rows.get(nameOf({ kind: 'credit', merchantId, currency }))),
  root: (rows: Rows, currency: Currency) =>
    poolRoot.optional().parse(rows.get(nameOf({ kind: 'pool', currency, shard: ROOT }))),
  shard: (rows: Rows, currency: Currency) => {
    const row = poolShardRow
      .optional()
      .parse(rows.get(nameOf({ kind: 'pool', currency, shard: '1' })));
    return row && { ...row, shard: '1' };
  },
  releases: (rows: Rows, { merchant, currency }: PhaseInput) =>
    under(rows, `${merchantPk(merchant)}|RELEASE#${currency}#`).map((row) =>
      pendingReleaseRow.parse(row),
    ),
  withdrawals: (rows: Rows): readonly Withdrawal[] =>
    [...rows.values()]
      .filter(({ type }) => type === 'withdrawal')
      .map((row) => transactionRow.parse(row))
      .filter((row) => row.type === 'withdrawal'),
};
const under = (rows: Rows, prefix: string): readonly Row[] =>
  [...rows].filter(([name]) => name.startsWith(prefix)).map(([, row]) => row);

const phase = (txnId: string, effects: Partial<Effects>, name: PhaseName = 'accept'): Phase => ({
  txnId,
  name,
  postings: [],
  guards: [],
  changes: [],
  ...effects,
});

/** What every transaction has. */
const recordOf = (
  { merchant, amount, currency, id, now }: PhaseInput,
  postings: readonly Posting[],
  pk = merchantPk(merchant),
) => {
  const at = now.toISOString();
  return {
    pk,
    txnId: `T${id}`,
    status: 'SUCCEEDED' as const,
    amount,
    currency,
    createdAt: at,
    requestHash: 'hash',
    at: { SUCCEEDED: at },
    phases: [storePhase('accept', at, postings, { merchantId: merchant, currency })],
  };
};
const accepted = (
  transaction: Transaction,
  { changes = [], ...effects }: Partial<Effects>,
  name: PhaseName = 'accept',
) =>
  phase(
    transaction.txnId,
    { ...effects, changes: [createTransaction(transaction), ...changes] },
    name,
  );

/** The amount over two rows of the pool. */
const sharesOf = ({ amount, share }: PhaseInput) => {
  const second = minor(share < amount ? share : 0n);
  const shares = [
    { shard: ROOT, amount: minor(amount - second) },
    { shard: '1', amount: second },
  ];
  return shares.filter((each) => each.amount > 0n);
};

function spending(rows: Rows, { merchant, currency, amount, now }: PhaseInput) {
  const payer = read.merchant(rows, merchant);
  const labels = countingLabels(payer, currency, now);
  return {
    payer,
    labels,
    guards: [activeOnTerms(payer)],
    counted: countSpending(payer, currency, amount, labels),
  };
}

/** A withdrawal that takes its money at once. */
function withdrawal(
  rows: Rows,
  given: PhaseInput,
  source: Withdrawal['source'],
  { postings = [], changes = [] }: Partial<Effects>,
): Phase {
  const { guards, counted, labels } = spending(rows, given);
  const record = recordOf(given, postings);
  const transaction = aWithdrawal({
    ...record,
    merchantId: given.merchant,
    source,
    status: 'PENDING',
    at: { PENDING: record.createdAt },
    limitDay: labels.day,
    limitMonth: labels.month,
    nextCheckAt: record.createdAt,
  });
  return accepted(transaction, { postings, guards, changes: [counted, ...changes] });
}

/** A step in a payout's life, on the row as it was read. */
function advanced(
  rows: Rows,
  { nth, now }: PhaseInput,
  advance: (row: Withdrawal, at: string) => Phase,
  from: readonly Withdrawal['status'][],
): Phase | undefined {
  const all = read.withdrawals(rows);
  // Also from a status that the transition does not list, but rarely.
  const found = nth === 0 ? all : all.filter(({ status }) => from.includes(status));
  const row = found[nth % Math.max(1, found.length)];
  return row && advance(row, now.toISOString());
}

/** Few, so that one is used twice. */
const quoteOf = ({ merchant, id }: PhaseInput): RowRef => ({
  kind: 'own',
  merchantId: merchant,
  of: 'QUOTE',
  id: `Q${id % 5}`,
});

type Build = (rows: Rows, input: PhaseInput) => Phase | undefined;
const BUILD: Readonly<Record<Kind, Build>> = {
  quote: (_rows, given) =>
    phase(`T${given.id}`, {
      changes: [{ row: quoteOf(given), conditions: [], put: { amount: given.amount } }],
    }),
  'use quote': (_rows, given) =>
    phase(`T${given.id}`, {
      changes: [
        {
          row: quoteOf(given),
          conditions: [{ must: 'exist' }, { must: 'be absent', path: 'usedBy' }],
          set: { usedBy: `T${given.id}` },
        },
      ],
    }),
  approve: (rows, given) => {
    const { merchant, currency, amount } = given;
    return accepted(
      { ...recordOf(given, []), phases: [], type: 'approval', merchantId: merchant },
      {
        changes: [
          decideStatus(read.merchant(rows, merchant), 'ACTIVE'),
          openCreditLine(merchant, currency, amount),
          ...openWallet(merchant, currency),
        ],
      },
    );
  },
  deposit: (rows, given) => {
    const { merchant, currency, amount, isPending, now } = given;
    const account = isPending ? walletPending(merchant) : walletAvailable(merchant);
    const postings = postingsIn(currency, [system('outside'), account, amount]);
    const record = recordOf(given, postings);
    const releaseAt = new Date(now.getTime() + DAY_MS).toISOString();
    const opens = read.wallet(rows, merchant, currency) === undefined;
    return accepted(
      { ...record, type: 'deposit', merchantId: merchant },
      {
        postings,
        guards: opens ? [receivingInNewWallet(merchant)] : [],
        changes: [
          ...(opens ? openWallet(merchant, currency) : []),
          ...(isPending
            ? [addRelease(merchant, { depositId: record.txnId, currency, amount, releaseAt })]
            : []),
        ],
      },
    );
  },
  release: (rows, given) => {
    const releases = read.releases(rows, given).slice(0, 1 + (given.nth % 2));
    if (releases.length === 0) return undefined;
    const effects = releaseFunds(given.merchant, given.currency, releases);
    const record = recordOf(given, effects.postings);
    return accepted({ ...record, type: 'release', merchantId: given.merchant }, effects, 'release');
  },
  transfer: (rows, given) => {
    const { merchant, other, currency, amount, fee, bound } = given;
    if (merchant === other) return undefined;
    const { payer, guards, counted, labels } = spending(rows, given);
    const opens = read.wallet(rows, other, currency) === undefined;
    const postings = postingsIn(
      currency,
      [walletAvailable(merchant), walletAvailable(other), amount],
      [walletAvailable(merchant), system('fees'), fee],
    );
    return accepted(
      {
        ...recordOf(given, postings),
        type: 'transfer',
        merchantId: merchant,
        payerName: merchant,
        payeeId: other,
        payeeName: other,
        fee,
        feePpm: 0n,
        limitDay: labels.day,
        limitMonth: labels.month,
      },
      {
        postings,
        guards: [...guards, ...(opens ? [receivingInNewWallet(other)] : [])],
        changes: [
          counted,
          countVolume(payer, currency, amount, labels.month, {
            from: bound,
            below: bound && bound + 90n,
          }),
          ...(opens ? openWallet(other, currency) : []),
        ],
      },
    );
  },
  'top up': (rows, given) => {
    const { currency, amount } = given;
    const isNew = !rows.has(nameOf({ kind: 'pool', currency, shard: ROOT }));
    const postings = postingsIn(currency, [
      system('funding'),
      poolAvailable(isNew ? [{ shard: ROOT, amount }] : sharesOf(given)),
      amount,
    ]);
    const shard: RowRef = { kind: 'pool', currency, shard: '1' };
    return accepted(
      { ...recordOf(given, postings, poolPk(currency, ROOT)), type: 'top_up' },
      {
        postings,
        changes: isNew
          ? [
              openPool(currency, 1),
              { row: shard, conditions: [], put: { currency, open: true, conflicts: 0n } },
            ]
          : [],
      },
    );
  },
  'move in pool': (rows, given) => {
    const { currency, amount, now, id, nth } = given;
    const root = read.root(rows, currency);
    const shard = read.shard(rows, currency);
    if (root === undefined || shard === undefined) return undefined;
    const { postings, changes } =
      shard.open && nth % 3 === 0 ? closing(shard, minor(0n)) : filling(root, [{ shard, amount }]);
    const at = now.toISOString();
    const phases = [storePhase('rebalance', at, postings, { currency })];
    const pk = poolPk(currency, ROOT);
    return accepted(
      { ...recordOf(given, [], pk), phases, type: 'rebalance', txnId: `B${id}` },
      { postings, changes },
      'rebalance',
    );
  },
  'draw credit': (rows, given) => {
    const { merchant, currency, amount, bound } = given;
    const limit = read.credit(rows, merchant, currency)?.limit ?? minor(bound ?? 100n);
    const shares = sharesOf(given);
    const postings = postingsIn(
      currency,
      [poolAvailable(shares), system('clearing'), amount],
      [poolLent(shares), credit(merchant, limit), amount],
    );
    return withdrawal(rows, given, 'credit', { postings });
  },
  'debit wallet': (rows, given) => {
    const { merchant, currency, amount, nth } = given;
    const releases = read.releases(rows, given).slice(0, nth % 3);
    const released = releaseFunds(merchant, currency, releases);
    const debit = postingsIn(currency, [walletAvailable(merchant), system('clearing'), amount]);
    const postings = [...released.postings, ...debit];
    return withdrawal(rows, given, 'wallet', { postings, changes: released.changes });
  },
  claim: (rows, given) =>
    advanced(
      rows,
      given,
      (row, at) => {
        const progress = { attempt: row.payout.attempt + 1n, leaseUntil: at, nextCheckAt: at };
        const change = transition(row, TRANSITIONS.claim, progress, { at, requireLease: true });
        return phase(row.txnId, { changes: [change] });
      },
      TRANSITIONS.claim.from,
    ),
  succeed: (rows, given) =>
    advanced(
      rows,
      given,
      (row, at) => {
        const postings = settlePostings(row);
        const stored = storePhase('settle', at, postings, row);
        const progress = { leaseUntil: null, nextCheckAt: null, reference: 'B-1', phase: stored };
        const change = transition(row, TRANSITIONS.succeed, progress, { at, requireLease: false });
        return phase(row.txnId, { postings, changes: [change] }, 'settle');
      },
      TRANSITIONS.succeed.from,
    ),
  refund: (rows, given) =>
    advanced(
      rows,
      given,
      (row, at) => {
        const merchant = read.merchant(rows, row.merchantId);
        const line = read.credit(rows, row.merchantId, row.currency);
        const effects = refundEffects(row, { merchant, line, open: new Set(['1']) });
        const stored = storePhase('refund', at, effects.postings, row);
        const progress = { leaseUntil: null, nextCheckAt: null, failure: 'refused', phase: stored };
        const change = transition(row, TRANSITIONS.refund, progress, { at, requireLease: true });
        return phase(row.txnId, { ...effects, changes: [change, ...effects.changes] }, 'refund');
      },
      TRANSITIONS.refund.from,
    ),
  'postpone check': (rows, given) =>
    advanced(
      rows,
      given,
      (row, at) => {
        const change = postponeCheck(row, row.nextCheckAt ?? at, at);
        return phase(row.txnId, { changes: [change] });
      },
      ['PENDING', 'PROCESSING'],
    ),
  refuse: (_rows, { merchant, id }) =>
    phase(`T${id}`, { guards: [noTransaction(merchantPk(merchant), `T${id}`)] }),
  // Another transaction than the one of the same commit: a row is written once.
  'mark reversed': (_rows, { merchant, id }) =>
    phase(`T${id}`, {
      changes: [
        markReversed({ pk: merchantPk(merchant), txnId: `T${(id + 150) % 301}` }, `T${id}`),
      ],
    }),
  'change status': (_rows, { id, merchant, nth }) => {
    const [from, to] =
      nth % 4 === 0 ? (['ACTIVE', 'SUSPENDED'] as const) : (['SUSPENDED', 'ACTIVE'] as const);
    return phase(`T${id}`, { changes: [changeStatus(merchant, from, to)] });
  },
  'change terms': (_rows, { id, merchant, amount }) =>
    phase(`T${id}`, { changes: [changeTerms(merchant, { feePpm: amount, feeTiers: {} })] }),
  archive: (rows, given) => {
    const { merchant } = given;
    const wallets = CURRENCIES.filter((currency) => read.wallet(rows, merchant, currency));
    return accepted(
      { ...recordOf(given, []), phases: [], type: 'archive', merchantId: merchant },
      {
        changes: [
          decideStatus(read.merchant(rows, merchant), 'ARCHIVED'),
          ...wallets.map((currency) => closeWallet(merchant, currency)),
        ],
      },
    );
  },
};

/** The phases of one commit, on the rows as they were read. */
export const phasesOf = (
  asRead: Rows,
  { kinds, ...input }: CommitInput,
  now: Date,
): readonly Phase[] =>
  kinds
    .map((each) => BUILD[each](asRead, { ...input, now }))
    .filter((built) => built !== undefined);

const DEFAULTS: PhaseInput = {
  merchant: 'm1',
  other: 'm2',
  currency: USD,
  amount: minor(150n),
  share: 60n,
  fee: minor(0n),
  id: 0,
  nth: 0,
  isPending: false,
  bound: undefined,
  now: START,
};
const FUNDS: readonly ({ readonly kind: Kind } & Partial<PhaseInput>)[] = [
  { kind: 'approve' },
  { kind: 'approve', merchant: 'm2' },
  // Its wallet stays empty, so that the merchant can be archived.
  { kind: 'approve', merchant: 'm3', currency: EUR },
  { kind: 'top up', amount: minor(200n) },
  { kind: 'top up' },
  { kind: 'deposit' },
  { kind: 'deposit', merchant: 'm2' },
  { kind: 'deposit', isPending: true, amount: minor(50n) },
  { kind: 'deposit', isPending: true, amount: minor(40n) },
  { kind: 'deposit', isPending: true, amount: minor(30n) },
  { kind: 'deposit', isPending: true },
];

/** Merchants and funds to start from, one commit after the other. Without them, most would be refused. */
export const SETUP: readonly ((rows: Rows) => Phase | undefined)[] = [
  () =>
    phase('setup', {
      changes: MERCHANTS.flatMap((id) =>
        registerMerchant(aMerchant({ id, name: `name-${id}`, status: 'PENDING' })),
      ),
    }),
  ...FUNDS.map(
    ({ kind: each, ...input }, index) =>
      (rows: Rows) =>
        BUILD[each](rows, { ...DEFAULTS, ...input, id: 1_000 + index }),
  ),
];
