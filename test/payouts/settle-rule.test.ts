import { describe, expect, it } from '@jest/globals';
import {
  isFinal,
  STATUSES,
  type Status,
  shownStatus,
  WITHDRAWAL_MOVES,
} from '../../lambdas/ledger/transactions.ts';
import { mayResend, planClaim } from '../../lambdas/payouts/settle-rule.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';

const NOW = new Date('2026-11-20T12:10:00.000Z');
const PAST = '2026-11-20T12:09:59.999Z';
const FUTURE = '2026-11-20T12:10:00.001Z';

describe('WD-7: what a message does with its withdrawal is decided in this order', () => {
  it.each([
    // row            lease      attempt  merchant     plan
    ['SUCCEEDED', FUTURE, 1n, 'ACTIVE', 'done'],
    ['FAILED', undefined, 1n, 'ACTIVE', 'done'],
    ['CANCELLED', undefined, 0n, 'ACTIVE', 'done'],
    ['PROCESSING', FUTURE, 1n, 'ACTIVE', 'leased'],
    ['PROCESSING', FUTURE, 1n, 'SUSPENDED', 'leased'],
    ['SCHEDULED', undefined, undefined, 'ACTIVE', 'done'],
    ['MANUAL_REVIEW', undefined, 9n, 'ACTIVE', 'done'],
    ['PENDING', undefined, 0n, 'SUSPENDED', 'held'],
    ['PENDING', undefined, 2n, 'SUSPENDED', 'held'],
    ['PROCESSING', PAST, 1n, 'SUSPENDED', 'ask'],
    ['PROCESSING', undefined, 1n, 'SUSPENDED', 'ask'],
    ['UNKNOWN', undefined, 1n, 'SUSPENDED', 'ask'],
    ['PENDING', undefined, 0n, 'ACTIVE', 'send'],
    ['PENDING', undefined, undefined, 'ACTIVE', 'send'],
    ['PENDING', undefined, 1n, 'ACTIVE', 'ask'],
    ['PROCESSING', NOW.toISOString(), 1n, 'ACTIVE', 'ask'],
    ['PROCESSING', PAST, 1n, 'ACTIVE', 'ask'],
    ['UNKNOWN', PAST, 3n, 'ACTIVE', 'ask'],
  ] as const)('%s, lease until %s, attempt %s, merchant %s: %s', (...line) => {
    const [status, leaseUntil, attempt, merchantStatus, answer] = line;
    const { attempt: _attempt, ...row } = aWithdrawal({
      status,
      ...(leaseUntil !== undefined && { leaseUntil }),
    });
    const plan = planClaim(attempt === undefined ? row : { ...row, attempt }, merchantStatus, NOW);
    expect(plan.kind === 'claim' ? plan.first : plan.kind).toBe(answer);
  });
});

describe('WD-6: it is sent again only once nothing that was sent can still be on its way', () => {
  const QUIET_MS = 60_000;
  it.each([
    [undefined, true],
    ['2026-11-20T12:10:00.000Z', false],
    ['2026-11-20T12:09:00.000Z', false],
    ['2026-11-20T12:08:59.999Z', true],
    ['2026-11-20T12:11:00.000Z', false],
  ])('last sent at %s: %s', (sentAt, may) => {
    const row = aWithdrawal(sentAt === undefined ? {} : { sentAt });
    expect(mayResend(row, NOW, QUIET_MS)).toBe(may);
  });
});

describe('WD-3: the life of a withdrawal', () => {
  const moves = Object.entries(WITHDRAWAL_MOVES);
  const fromOf = (name: keyof typeof WITHDRAWAL_MOVES): readonly Status[] =>
    WITHDRAWAL_MOVES[name].from;

  it.each(['SUCCEEDED', 'FAILED', 'CANCELLED'] as const)('nothing moves on from %s', (status) => {
    expect(isFinal(status)).toBe(true);
    expect(moves.filter(([, { from }]) => (from as readonly Status[]).includes(status))).toEqual(
      [],
    );
  });

  it('every other status is not the end of it', () => {
    expect(STATUSES.filter((status) => !isFinal(status))).toEqual([
      'SCHEDULED',
      'PENDING',
      'PROCESSING',
      'UNKNOWN',
      'MANUAL_REVIEW',
    ]);
  });

  it('WD-6: a refund starts only from PROCESSING, under a claim of its own', () => {
    expect(WITHDRAWAL_MOVES.refund).toEqual({ from: ['PROCESSING'], to: 'FAILED' });
    // The other way to fail is before any money was taken.
    expect(WITHDRAWAL_MOVES.fail.from).toEqual(['SCHEDULED']);
    expect(moves.filter(([, { to }]) => to === 'FAILED').map(([name]) => name)).toEqual([
      'fail',
      'refund',
    ]);
  });

  it('a bank’s success is taken from every status in which something may have been sent', () => {
    expect(fromOf('succeed').toSorted()).toEqual([
      'MANUAL_REVIEW',
      'PENDING',
      'PROCESSING',
      'UNKNOWN',
    ]);
    expect(WITHDRAWAL_MOVES.succeed.to).toBe('SUCCEEDED');
  });

  it('nobody takes up what waits for a person or for its day', () => {
    for (const status of ['MANUAL_REVIEW', 'SCHEDULED'] as const) {
      expect(fromOf('claim')).not.toContain(status);
    }
  });

  it('only what a claim holds is put back', () => {
    expect([WITHDRAWAL_MOVES.wait, WITHDRAWAL_MOVES.release]).toEqual([
      { from: ['PROCESSING'], to: 'PROCESSING' },
      { from: ['PROCESSING'], to: 'PENDING' },
    ]);
  });

  it('what cannot be claimed any more could be claimed before: no status is a dead end', () => {
    const left = STATUSES.filter((status) => !isFinal(status) && status !== 'SCHEDULED');
    const stuck = left.filter(
      (status) => !moves.some(([, { from }]) => (from as readonly Status[]).includes(status)),
    );
    expect(stuck).toEqual([]);
  });

  it.each([
    ['UNKNOWN', 'PROCESSING'],
    ['MANUAL_REVIEW', 'PROCESSING'],
    ['PENDING', 'PENDING'],
    ['FAILED', 'FAILED'],
  ] as const)('a merchant sees %s as %s', (status, shown) => {
    expect(shownStatus(status)).toBe(shown);
  });
});
