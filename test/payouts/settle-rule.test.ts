import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MERCHANT_STATUSES } from '../../lambdas/ledger/merchant.ts';
import { type MinorUnits, minor } from '../../lambdas/ledger/money.ts';
import { post } from '../../lambdas/ledger/post.ts';
import { type Posting, storePhase } from '../../lambdas/ledger/postings.ts';
import {
  isFinal,
  isInFlight,
  publicStatus,
  STATUSES,
  type Status,
  type Withdrawal,
} from '../../lambdas/ledger/transactions.ts';
import {
  mayResend,
  planClaim,
  planExecution,
  refundEffects,
  settlePostings,
} from '../../lambdas/payouts/settle-rule.ts';
import { TRANSITIONS } from '../../lambdas/payouts/transitions.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { aCreditLine, aMerchant, USD } from '../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:10:00.000Z');
const PAST = '2026-11-20T12:09:59.999Z';
const FUTURE = '2026-11-20T12:10:00.001Z';

describe('WD-7: a message claims its payout, or the plan says why not', () => {
  it.each([
    // status         lease      attempt  merchant     plan
    ['SUCCEEDED', FUTURE, 1n, 'ACTIVE', 'done'],
    ['FAILED', undefined, 1n, 'ACTIVE', 'done'],
    ['CANCELLED', undefined, 0n, 'ACTIVE', 'done'],
    ['PROCESSING', FUTURE, 1n, 'ACTIVE', 'leased'],
    ['PROCESSING', FUTURE, 1n, 'SUSPENDED', 'leased'],
    ['SCHEDULED', undefined, 0n, 'ACTIVE', 'done'],
    ['MANUAL_REVIEW', undefined, 9n, 'ACTIVE', 'done'],
    ['PENDING', undefined, 0n, 'SUSPENDED', 'held'],
    ['PENDING', undefined, 2n, 'SUSPENDED', 'held'],
    ['PROCESSING', PAST, 1n, 'SUSPENDED', 'inquire'],
    ['PROCESSING', undefined, 1n, 'SUSPENDED', 'inquire'],
    ['UNKNOWN', undefined, 1n, 'SUSPENDED', 'inquire'],
    ['PENDING', undefined, 0n, 'ACTIVE', 'send'],
    ['PENDING', undefined, 1n, 'ACTIVE', 'inquire'],
    ['PROCESSING', NOW.toISOString(), 1n, 'ACTIVE', 'inquire'],
    ['PROCESSING', PAST, 1n, 'ACTIVE', 'inquire'],
    ['UNKNOWN', PAST, 3n, 'ACTIVE', 'inquire'],
  ] as const)(
    'status %s, lease until %s, attempt %s, merchant %s: %s',
    (status, leaseUntil, attempt, merchantStatus, expected) => {
      const row = aWithdrawal({
        status,
        payout: { attempt, ...(leaseUntil !== undefined && { leaseUntil }) },
      });
      const plan = planClaim(row, merchantStatus, TRANSITIONS.claim.from, NOW);
      expect(plan.kind === 'claim' ? plan.first : plan.kind).toBe(expected);
    },
  );

  it.each([
    // status      lease      claimable               plan
    ['UNKNOWN', undefined, ['PENDING', 'PROCESSING'], 'done'],
    ['UNKNOWN', FUTURE, ['PENDING', 'PROCESSING'], 'leased'],
    ['MANUAL_REVIEW', undefined, ['MANUAL_REVIEW'], 'claim'],
    ['SUCCEEDED', undefined, ['SUCCEEDED'], 'done'],
  ] as const)(
    'status %s, lease until %s, claimable from %j: %s',
    (status, leaseUntil, claimable, expected) => {
      const row = aWithdrawal({
        status,
        payout: { attempt: 1n, ...(leaseUntil !== undefined && { leaseUntil }) },
      });
      expect(planClaim(row, 'ACTIVE', claimable, NOW).kind).toBe(expected);
    },
  );
});

describe('WD-6: a payout is sent again only when no earlier request can be under way', () => {
  // The last request of a claim leaves at most 20 s after `sentAt`.
  const timers = { claimMs: 20_000, quietMs: 40_000 };
  it.each([
    [undefined, true],
    ['2026-11-20T12:10:00.000Z', false],
    ['2026-11-20T12:09:00.000Z', false],
    ['2026-11-20T12:08:59.999Z', true],
    ['2026-11-20T12:11:00.000Z', false],
  ])('last sent at %s: %s', (sentAt, expected) => {
    const row = aWithdrawal({ payout: sentAt === undefined ? {} : { sentAt } });
    expect(mayResend(row, NOW, timers)).toBe(expected);
  });
});

describe('WD-2: a scheduled payout is executed at its time', () => {
  it.each([
    ['SCHEDULED', '2026-11-20T12:10:00.000Z', { kind: 'now' }],
    ['SCHEDULED', '2026-11-20T12:09:00.000Z', { kind: 'now' }],
    ['SCHEDULED', '2026-11-20T12:10:00.001Z', { kind: 'early', byMs: 1 }],
    ['SCHEDULED', '2026-11-20T12:11:00.000Z', { kind: 'early', byMs: 60_000 }],
    ['CANCELLED', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['PENDING', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['PENDING', '2026-11-20T13:00:00.000Z', { kind: 'done' }],
    ['PROCESSING', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['SUCCEEDED', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
    ['FAILED', '2026-11-20T11:00:00.000Z', { kind: 'done' }],
  ] as const)('status %s, execute at %s: %j', (status, executeAt, plan) => {
    expect(planExecution(aWithdrawal({ status, executeAt }), NOW)).toEqual(plan);
  });

  it('a payout without an execution time is never executed by a schedule', () => {
    expect(planExecution(aWithdrawal({ status: 'SCHEDULED' }), NOW)).toEqual({ kind: 'done' });
  });
});

describe('WD-3: the transitions of a payout', () => {
  const transitions = Object.entries(TRANSITIONS);
  const fromOf = (name: keyof typeof TRANSITIONS): readonly Status[] => TRANSITIONS[name].from;

  it.each(['SUCCEEDED', 'FAILED', 'CANCELLED'] as const)('no transition leaves %s', (status) => {
    expect(isFinal(status)).toBe(true);
    expect(
      transitions.filter(([, { from }]) => (from as readonly Status[]).includes(status)),
    ).toEqual([]);
  });

  it('every other status is in flight, except that of a proposal', () => {
    expect(STATUSES.filter((status) => !isFinal(status) && status !== 'PROPOSED')).toEqual(
      STATUSES.filter(isInFlight),
    );
    expect(STATUSES.filter(isInFlight)).toEqual([
      'SCHEDULED',
      'PENDING',
      'PROCESSING',
      'UNKNOWN',
      'MANUAL_REVIEW',
    ]);
  });

  it('WD-6: a refund starts only from PROCESSING, under its own claim', () => {
    expect(TRANSITIONS.refund).toEqual({ from: ['PROCESSING'], to: 'FAILED' });
    // The other transition to FAILED happens before any money moves.
    expect(TRANSITIONS.fail.from).toEqual(['SCHEDULED']);
    expect(transitions.filter(([, { to }]) => to === 'FAILED').map(([name]) => name)).toEqual([
      'fail',
      'refund',
    ]);
  });

  it('a provider’s success is accepted from every status in which a request may have been sent', () => {
    expect(fromOf('succeed').toSorted()).toEqual([
      'MANUAL_REVIEW',
      'PENDING',
      'PROCESSING',
      'UNKNOWN',
    ]);
    expect(TRANSITIONS.succeed.to).toBe('SUCCEEDED');
  });

  it('a payout in manual review or before its time is never claimed', () => {
    for (const status of ['MANUAL_REVIEW', 'SCHEDULED'] as const) {
      expect(fromOf('claim')).not.toContain(status);
    }
  });

  it('only a claimed payout is put back', () => {
    expect([TRANSITIONS.keepWaiting, TRANSITIONS.returnToPending]).toEqual([
      { from: ['PROCESSING'], to: 'PROCESSING' },
      { from: ['PROCESSING'], to: 'PENDING' },
    ]);
  });

  it('WD-2: only a scheduled payout is executed, failed for its funds or cancelled', () => {
    expect([TRANSITIONS.execute, TRANSITIONS.fail, TRANSITIONS.cancel]).toEqual([
      { from: ['SCHEDULED'], to: 'PENDING' },
      { from: ['SCHEDULED'], to: 'FAILED' },
      { from: ['SCHEDULED'], to: 'CANCELLED' },
    ]);
  });

  it('every status of a payout in flight can be left', () => {
    const open = STATUSES.filter((status) => isInFlight(status) && status !== 'SCHEDULED');
    const stuck = open.filter(
      (status) => !transitions.some(([, { from }]) => (from as readonly Status[]).includes(status)),
    );
    expect(stuck).toEqual([]);
  });

  it.each([
    ['UNKNOWN', 'PROCESSING'],
    ['MANUAL_REVIEW', 'PROCESSING'],
    ['PENDING', 'PENDING'],
    ['FAILED', 'FAILED'],
  ] as const)('a merchant sees %s as %s', (status, seen) => {
    expect(publicStatus(status)).toBe(seen);
  });
});

/** Postings as a row stores them. */
const phaseOf = (row: Withdrawal, postings: readonly Posting[]) => {
  const { postings: stored, shares = [] } = storePhase('refund', row.createdAt, postings, row);
  return { postings: stored, shares };
};

/** What a phase adds to an account, in minor units. */
const netOf = (row: Withdrawal, postings: readonly Posting[]) => {
  const { postings: stored } = phaseOf(row, postings);
  return (account: string): bigint =>
    stored.reduce(
      (sum, [source, destination, amount]) =>
        sum + (destination === account ? amount : 0n) - (source === account ? amount : 0n),
      0n,
    );
};

describe('LE-1: a settled payout leaves the ledger', () => {
  it('the amount moves from clearing to the provider', () => {
    const row = aWithdrawal();
    expect(settlePostings(row)).toEqual([
      {
        source: { name: 'clearing' },
        destination: { name: 'bank' },
        currency: USD,
        amount: 100_00n,
      },
    ]);
    expect(settlePostings({ ...row, source: 'wallet' })).toEqual(settlePostings(row));
  });
});

/** All shards that paid. */
const OPEN = new Set(['1', '2']);

describe('WD-6: a refund returns a refused payout to its source', () => {
  const merchant = aMerchant();
  const refund = (row: Withdrawal, utilised: bigint) =>
    refundEffects(row, { merchant, line: aCreditLine(500_00n, utilised), open: OPEN });
  const asRead = (value: bigint) => [
    {
      row: { kind: 'credit', merchantId: 'm1', currency: USD },
      conditions: [{ must: 'equal', path: 'utilised', value }],
    },
  ];

  it.each([
    ['equal to the amount', 100_00n],
    ['above the amount', 300_00n],
  ])('LE-1: it goes to credit and pool while the utilised credit is %s', (_, utilised) => {
    const row = aWithdrawal();
    const { postings, guards } = refund(row, utilised);
    expect(phaseOf(row, postings)).toEqual({
      postings: [
        ['clearing', 'pool', 100_00n],
        ['credit', 'lent', 100_00n],
      ],
      shares: [['ROOT', 100_00n]],
    });
    expect(guards).toEqual([]);
  });

  it('LE-1: the utilised part goes to credit and pool, and the rest to the wallet', () => {
    const row = aWithdrawal();
    const { postings, guards } = refund(row, 30_00n);
    expect(phaseOf(row, postings)).toEqual({
      postings: [
        ['clearing', 'pool', 30_00n],
        ['credit', 'lent', 30_00n],
        ['clearing', 'wallet', 70_00n],
      ],
      shares: [['ROOT', 30_00n]],
    });
    expect(guards).toEqual(asRead(30_00n));
  });

  it.each([
    [99_99n, 99_99n, 1n],
    [1n, 1n, 99_99n],
  ])('with %s minor units utilised, %s return to credit and %s to the wallet', (...line) => {
    const [utilised, toCredit, toWallet] = line;
    const row = aWithdrawal();
    const { postings, guards } = refund(row, utilised);
    expect(phaseOf(row, postings).postings.map(([, , amount]) => amount)).toEqual([
      toCredit,
      toCredit,
      toWallet,
    ]);
    expect(guards).toEqual(asRead(utilised));
  });

  it('LE-1: it goes to the wallet alone when no credit is utilised', () => {
    const row = aWithdrawal();
    const { postings, guards } = refund(row, 0n);
    expect(phaseOf(row, postings)).toEqual({
      postings: [['clearing', 'wallet', 100_00n]],
      shares: [],
    });
    expect(guards).toEqual(asRead(0n));
  });

  it('LE-1: a payout from the wallet returns to the wallet', () => {
    const row = aWithdrawal({ source: 'wallet' });
    const { postings, guards } = refundEffects(row, { merchant, line: undefined, open: OPEN });
    expect(phaseOf(row, postings)).toEqual({
      postings: [['clearing', 'wallet', 100_00n]],
      shares: [],
    });
    expect(guards).toEqual([]);
  });

  it.each([
    [
      100_00n,
      [
        ['1', 60_00n],
        ['2', 30_00n],
        ['ROOT', 10_00n],
      ],
    ],
    [
      70_00n,
      [
        ['1', 60_00n],
        ['2', 10_00n],
      ],
    ],
    [60_00n, [['1', 60_00n]]],
    [5_00n, [['1', 5_00n]]],
  ] as const)('with %s minor units utilised, the pool rows that paid receive %j', (...line) => {
    const [utilised, shares] = line;
    const [accepted] = aWithdrawal().phases;
    if (accepted === undefined) throw new Error('no phase');
    const row = aWithdrawal({
      phases: [
        {
          ...accepted,
          shares: [
            ['1', minor(60_00n)],
            ['2', minor(30_00n)],
            ['ROOT', minor(10_00n)],
          ],
        },
      ],
    });
    expect(phaseOf(row, refund(row, utilised).postings).shares).toEqual(shares);
  });

  it.each([
    [
      ['1'],
      [
        ['1', 60_00n],
        ['ROOT', 40_00n],
      ],
    ],
    [
      ['2'],
      [
        ['ROOT', 70_00n],
        ['2', 30_00n],
      ],
    ],
    [[], [['ROOT', 100_00n]]],
  ] as const)(
    'CR-1: with %j open, what closed shards have paid returns to the root: %j',
    (...line) => {
      const [open, shares] = line;
      const [accepted] = aWithdrawal().phases;
      if (accepted === undefined) throw new Error('no phase');
      const paid = [
        ['1', minor(60_00n)],
        ['2', minor(30_00n)],
        ['ROOT', minor(10_00n)],
      ] satisfies [string, MinorUnits][];
      const row = aWithdrawal({ phases: [{ ...accepted, shares: paid }] });
      const facts = { merchant, line: aCreditLine(500_00n, 100_00n), open: new Set(open) };
      expect(phaseOf(row, refundEffects(row, facts).postings).shares).toEqual(shares);
    },
  );

  it('a payout from credit without a credit line throws', () => {
    expect(() => refundEffects(aWithdrawal(), { merchant, line: undefined, open: OPEN })).toThrow(
      'has no credit line to return to',
    );
  });

  it.each(MERCHANT_STATUSES)(
    'ID-2: a refund has no condition on the status of its merchant, here %s',
    (status) => {
      const row = aWithdrawal();
      const wallet = aWithdrawal({ source: 'wallet' });
      const spent = {
        USD: {
          day: row.limitDay ?? '',
          dayAmount: minor(100_00n),
          month: '2026-12',
          monthAmount: minor(0n),
        },
      };
      for (const each of [row, wallet]) {
        const { guards, changes } = refundEffects(each, {
          merchant: aMerchant({ status, spent }),
          line: aCreditLine(100_00n, 100_00n),
          open: OPEN,
        });
        const paths = [...guards, ...changes].flatMap(({ conditions }) =>
          conditions.map((condition) => ('path' in condition ? condition.path : condition.must)),
        );
        expect(paths).toEqual(['spent.USD.day']);
      }
    },
  );

  it('LE-1: nothing is lost or created, for any amount and any utilised credit', () => {
    const MOST = 10n ** 18n - 1n;
    const amounts = fc.bigInt({ min: 1n, max: MOST }).map(minor);
    const anyUtilised = fc.bigInt({ min: 0n, max: MOST });
    fc.assert(
      fc.property(amounts, anyUtilised, (amount, utilised) => {
        const row = aWithdrawal({
          amount,
          phases: [
            {
              name: 'accept',
              at: '2026-11-20T12:00:00.000Z',
              postings: [
                ['pool', 'clearing', amount],
                ['lent', 'credit', amount],
              ],
              shares: [['ROOT', amount]],
            },
          ],
        });
        const { postings, guards } = refundEffects(row, {
          merchant,
          line: aCreditLine(MOST, utilised),
          open: OPEN,
        });
        const net = netOf(row, postings);
        const [pool, toCredit, lent] = [net('pool'), net('credit'), net('lent')];
        const wallet = net('wallet');
        expect(net('clearing')).toBe(-amount);
        expect(pool + wallet).toBe(amount);
        expect([toCredit, lent]).toEqual([-pool, pool]);
        expect(utilised + toCredit).toBeGreaterThanOrEqual(0n);
        // The wallet receives only what is not utilised any more.
        if (utilised >= amount) expect(wallet).toBe(0n);
        else expect(pool).toBe(utilised);
        // Only a split depends on exactly what was read.
        expect(guards).toHaveLength(utilised < amount ? 1 : 0);
      }),
      { seed: 24 },
    );
  });
});

describe('WD-6: the rows that a refund writes', () => {
  const writesOf = (row: Withdrawal, utilised: bigint) => {
    const effects = refundEffects(row, {
      merchant: aMerchant(),
      line: aCreditLine(500_00n, utilised),
      open: OPEN,
    });
    return post([{ ...effects, txnId: row.txnId, name: 'refund' }]).map(
      ({ row: { kind }, conditions, ...write }) => [
        kind,
        conditions.map((each) =>
          'value' in each ? `${each.path} must ${each.must} ${each.value}` : each.must,
        ),
        'add' in write ? write.add : write.action,
      ],
    );
  };

  it('the credit line keeps what other payouts utilise, in a full refund', () => {
    expect(writesOf(aWithdrawal(), 250_00n)).toEqual([
      ['credit', ['utilised must be at least 10000'], { utilised: -100_00n, version: 1n }],
      ['pool', ['exist'], { available: 100_00n, lent: -100_00n, version: 1n }],
    ]);
  });

  it('a split asserts the utilised credit that was read', () => {
    expect(writesOf(aWithdrawal(), 30_00n)).toEqual([
      [
        'credit',
        ['utilised must equal 3000', 'utilised must be at least 3000'],
        { utilised: -30_00n, version: 1n },
      ],
      ['wallet', ['exist'], { available: 70_00n, version: 1n }],
      ['pool', ['exist'], { available: 30_00n, lent: -30_00n, version: 1n }],
    ]);
  });

  it('a refund to the wallet alone checks the credit line without changing it', () => {
    expect(writesOf(aWithdrawal(), 0n)).toEqual([
      ['credit', ['utilised must equal 0'], 'check'],
      ['wallet', ['exist'], { available: 100_00n, version: 1n }],
    ]);
  });
});

describe('CR-5 WD-6: a refund lowers only the counters that still count the payout', () => {
  const spentOn = (day: string, month: string) => ({
    USD: { day, dayAmount: minor(150_00n), month, monthAmount: minor(170_00n) },
  });
  const merchantRow = { kind: 'merchant', merchantId: 'm1' };
  const equal = (path: string, value: string) => ({ must: 'equal', path, value });
  const changesOf = (row: Withdrawal, spent: ReturnType<typeof spentOn> | Record<string, never>) =>
    refundEffects(row, {
      merchant: aMerchant({ spent }),
      line: aCreditLine(100_00n, 100_00n),
      open: OPEN,
    }).changes;

  it.each(['credit', 'wallet'] as const)(
    'it lowers the day and the month of a payout from %s',
    (source) => {
      expect(changesOf(aWithdrawal({ source }), spentOn('2026-11-20', '2026-11'))).toEqual([
        {
          row: merchantRow,
          conditions: [equal('spent.USD.day', '2026-11-20'), equal('spent.USD.month', '2026-11')],
          add: { 'spent.USD.dayAmount': -100_00n, 'spent.USD.monthAmount': -100_00n },
        },
      ]);
    },
  );

  it('it lowers the month alone on a later day', () => {
    expect(changesOf(aWithdrawal(), spentOn('2026-11-21', '2026-11'))).toEqual([
      {
        row: merchantRow,
        conditions: [equal('spent.USD.month', '2026-11')],
        add: { 'spent.USD.monthAmount': -100_00n },
      },
    ]);
  });

  it('it lowers the day alone under another month', () => {
    expect(changesOf(aWithdrawal(), spentOn('2026-11-20', '2026-12'))).toEqual([
      {
        row: merchantRow,
        conditions: [equal('spent.USD.day', '2026-11-20')],
        add: { 'spent.USD.dayAmount': -100_00n },
      },
    ]);
  });

  it('it lowers neither in a later month', () => {
    expect(changesOf(aWithdrawal(), spentOn('2026-12-01', '2026-12'))).toEqual([]);
  });

  it('it lowers neither where the currency has no counters', () => {
    expect(changesOf(aWithdrawal(), {})).toEqual([]);
  });

  it('it lowers neither where the payout was never counted', () => {
    const { limitDay: _day, limitMonth: _month, ...uncounted } = aWithdrawal();
    expect(changesOf(uncounted, spentOn('2026-11-20', '2026-11'))).toEqual([]);
  });
});
