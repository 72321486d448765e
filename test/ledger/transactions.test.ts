import { describe, expect, it } from '@jest/globals';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import {
  hasPayout,
  isFinal,
  isInFlight,
  isShown,
  needsAttention,
  PUBLIC_STATUSES,
  publicStatus,
  STATUSES,
  TRANSACTION_TYPES,
  type TransactionType,
  transactionRow,
} from '../../lambdas/ledger/transactions.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const AT = '2026-11-20T12:00:00.000Z';
const common = {
  pk: 'M#m1',
  txnId: 'T1',
  status: 'SUCCEEDED' as const,
  amount: minor(100n),
  currency: USD,
  createdAt: AT,
  requestHash: 'hash',
  phases: [],
  at: { SUCCEEDED: AT },
};
const ofMerchant = { ...common, merchantId: 'm1' };
const transfer = {
  ...ofMerchant,
  type: 'transfer' as const,
  payerName: 'alice',
  payeeId: 'm2',
  payeeName: 'bob',
  fee: minor(2n),
  feePpm: 20_000n,
};

const { source: _, executeAt: __, ...ofPayout } = aWithdrawal();
const sale = {
  ...ofPayout,
  type: 'sale' as const,
  source: 'wallet' as const,
  payout: { provider: 'operator' as const, destination: '+989121234567', attempt: 0n },
  balanceBefore: minor(5_000n),
};

/** The smallest rows of the types with attributes of their own. */
const ROWS = {
  withdrawal: aWithdrawal(),
  sale,
  transfer,
  deposit: { ...ofMerchant, type: 'deposit' },
  repayment: { ...ofMerchant, type: 'repayment', source: 'bank' },
  limit_change: { ...ofMerchant, type: 'limit_change', limitBefore: minor(0n) },
  conversion: {
    ...ofMerchant,
    type: 'conversion',
    quoteId: 'Q1',
    toCurrency: currencyCode.parse('EUR'),
    received: minor(91n),
    spread: minor(1n),
    rate: '0.92',
  },
  top_up: { ...common, pk: 'POOL#USD#ROOT', type: 'top_up' },
  reversal: { ...common, pk: 'POOL#USD#ROOT', type: 'reversal', reverses: 'T0' },
  rebalance: { ...common, pk: 'POOL#USD#3', type: 'rebalance' },
  pool_change: { ...common, pk: 'POOL#USD#ROOT', type: 'pool_change', shards: 16n },
} as const;
const rowOf = (type: TransactionType): object =>
  Object.entries(ROWS).find(([own]) => own === type)?.[1] ?? { ...ofMerchant, type };
const rows = TRANSACTION_TYPES.map((type) => [type, rowOf(type)] as const);

describe('a transaction row', () => {
  it('has a type, and types are never renamed: rows of years ago carry them', () => {
    const types = [
      'approval',
      'archive',
      'deposit',
      'release',
      'sale',
      'top_up',
      'transfer',
      'withdrawal',
    ];
    expect(TRANSACTION_TYPES).toEqual(expect.arrayContaining(types));
    expect(new Set(TRANSACTION_TYPES).size).toBe(TRANSACTION_TYPES.length);
  });

  it.each(rows)('of type %s is read as it is stored', (_, row) => {
    expect(transactionRow.parse(row)).toEqual(row);
  });

  it('is read without its keys and index keys', () => {
    const stored = { ...transfer, sk: 'TXN#T1', byTime: 'x', recipient: 'M#m2', statusKey: 'y' };
    expect(transactionRow.parse(stored)).toEqual(transfer);
  });

  it('WD-1: has a payout only where a provider carries out a part of it', () => {
    const paid = rows.map(([, row]) => transactionRow.parse(row)).filter(hasPayout);
    expect(paid.map(({ type }) => type)).toEqual(['withdrawal', 'sale']);
  });

  it('keeps the optional attributes of its type', () => {
    const scheduled = aWithdrawal({
      status: 'SCHEDULED',
      executeAt: '2026-12-01T00:00:00.000Z',
      payout: { leaseUntil: AT, sentAt: AT, reference: 'B-1', failure: 'account_closed' },
    });
    expect(transactionRow.parse(scheduled)).toEqual(scheduled);
    const pending = { ...ROWS.deposit, releaseAt: AT };
    expect(transactionRow.parse(pending)).toEqual(pending);
    const priced = { ...transfer, feeTierFrom: minor(500n), limitDay: 'd', limitMonth: 'm' };
    expect(transactionRow.parse(priced)).toEqual(priced);
  });
});

describe('an unreadable transaction row is an error, never a guess', () => {
  const without = (row: object, name: string): object =>
    Object.fromEntries(Object.entries(row).filter(([each]) => each !== name));

  it.each<[string, object]>([
    ['of an unknown type', { ...ROWS.deposit, type: 'gift' }],
    ['without a type', without(ROWS.deposit, 'type')],
    ['in an unknown status', { ...ROWS.deposit, status: 'DONE' }],
    ['with a time of an unknown status', { ...ROWS.deposit, at: { DONE: AT } }],
    ['with an amount that is a JavaScript number', { ...ROWS.deposit, amount: 100 }],
    ['with an amount that is text', { ...ROWS.deposit, amount: '100' }],
    ['in an unknown currency', { ...ROWS.deposit, currency: 'XAU' }],
    ['of a merchant without its id', without(ROWS.deposit, 'merchantId')],
    ['withdrawal without a payout', without(ROWS.withdrawal, 'payout')],
    ['withdrawal without a source', without(ROWS.withdrawal, 'source')],
    ['withdrawal from an unknown source', { ...ROWS.withdrawal, source: 'pool' }],
    [
      'withdrawal by an unknown provider',
      { ...ROWS.withdrawal, payout: { ...aWithdrawal().payout, provider: 'post' } },
    ],
    [
      'withdrawal without a destination',
      { ...ROWS.withdrawal, payout: without(aWithdrawal().payout, 'destination') },
    ],
    ['sale without the balance before it', without(ROWS.sale, 'balanceBefore')],
    ['sale on credit', { ...ROWS.sale, source: 'credit' }],
    ['transfer without a fee', without(transfer, 'fee')],
    ['transfer without a payee', without(transfer, 'payeeId')],
    ['transfer with a fee that is a number', { ...transfer, fee: 2 }],
    [
      'with a phase of an unknown name',
      { ...ROWS.deposit, phases: [{ name: 'undo', at: AT, postings: [] }] },
    ],
    [
      'with a posting without an amount',
      { ...ROWS.deposit, phases: [{ name: 'accept', at: AT, postings: [['outside', 'fees']] }] },
    ],
  ])('%s', (_, row) => {
    expect(transactionRow.safeParse(row).success).toBe(false);
  });

  it.each(rows)('of type %s without any one of the common attributes', (_, row) => {
    for (const name of Object.keys(common)) {
      expect([name, transactionRow.safeParse(without(row, name)).success]).toEqual([name, false]);
    }
  });
});

describe('WD-3: merchants see an unclear payout as PROCESSING', () => {
  it.each([
    ['SCHEDULED', 'SCHEDULED'],
    ['PENDING', 'PENDING'],
    ['PROCESSING', 'PROCESSING'],
    ['UNKNOWN', 'PROCESSING'],
    ['MANUAL_REVIEW', 'PROCESSING'],
    ['SUCCEEDED', 'SUCCEEDED'],
    ['FAILED', 'FAILED'],
    ['CANCELLED', 'CANCELLED'],
  ] as const)('%s is shown as %s', (status, shown) => {
    expect(publicStatus(status)).toBe(shown);
  });

  it('the public statuses leave UNKNOWN, MANUAL_REVIEW and PROPOSED out', () => {
    const hidden: readonly string[] = ['PROPOSED', 'UNKNOWN', 'MANUAL_REVIEW'];
    expect(PUBLIC_STATUSES).toEqual(STATUSES.filter((status) => !hidden.includes(status)));
  });

  it('ID-8: they see no proposal', () => {
    expect(STATUSES.filter((status) => !isShown({ status }))).toEqual(['PROPOSED']);
  });

  it('every status that is shown is shown as a public one', () => {
    const shown = STATUSES.filter((status) => isShown({ status })).map(publicStatus);
    expect(new Set(shown)).toEqual(new Set(PUBLIC_STATUSES));
  });
});

it('WD-8: only SUCCEEDED, FAILED and CANCELLED are final', () => {
  expect(STATUSES.filter(isFinal)).toEqual(['SUCCEEDED', 'FAILED', 'CANCELLED']);
});

it('ID-2: what is in flight is accepted and not final', () => {
  expect(STATUSES.filter(isInFlight)).toEqual([
    'SCHEDULED',
    'PENDING',
    'PROCESSING',
    'UNKNOWN',
    'MANUAL_REVIEW',
  ]);
});

it('AP-6: admins search for what is PROPOSED, SCHEDULED, UNKNOWN, MANUAL_REVIEW or FAILED', () => {
  expect(STATUSES.filter(needsAttention)).toEqual([
    'PROPOSED',
    'SCHEDULED',
    'UNKNOWN',
    'MANUAL_REVIEW',
    'FAILED',
  ]);
});
