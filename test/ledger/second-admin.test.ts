import { describe, expect, it } from '@jest/globals';
import { type Decision, refused, retry } from '../../lambdas/ledger/decision.ts';
import { type Currency, currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { postingsIn, system, walletAvailable } from '../../lambdas/ledger/postings.ts';
import { propose, reconsider } from '../../lambdas/ledger/second-admin.ts';
import type { NewTransactionOf, ProposedTransaction } from '../../lambdas/ledger/transactions.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const [JPY, BTC, EUR] = ['JPY', 'BTC', 'EUR'].map((code) => currencyCode.parse(code)) as [
  Currency,
  Currency,
  Currency,
];
const LIMITS = { '*': '1000', BTC: '1', EUR: '0' };
const ORDER = { operation: 'deposit', input: '{"body":{}}', by: 'alice' };

const deposit = (amount: bigint, currency = USD): NewTransactionOf<'deposit'> => ({
  type: 'deposit',
  status: 'SUCCEEDED',
  amount: minor(amount),
  currency,
  merchantId: 'm1',
});
const accepted = (amount: bigint, currency = USD) =>
  ({
    kind: 'accepted',
    transaction: deposit(amount, currency),
    postings: postingsIn(currency, [system('outside'), walletAvailable('m1'), minor(amount)]),
    guards: [{ row: { kind: 'merchant', merchantId: 'm1' }, conditions: [{ must: 'exist' }] }],
    changes: [{ row: { kind: 'merchant', merchantId: 'm1' }, conditions: [], set: {} }],
  }) as const satisfies Decision;

describe('ID-8: what needs a second admin', () => {
  it.each([
    ['1,000.00 USD under the limit of all others', 1000_00n, USD, LIMITS, false],
    ['1,000.01 USD', 1000_01n, USD, LIMITS, true],
    ['1,000 JPY, which has no decimals', 1000n, JPY, LIMITS, false],
    ['1,001 JPY', 1001n, JPY, LIMITS, true],
    ['1 BTC under its own limit', 100_000_000n, BTC, LIMITS, false],
    ['1 BTC and a satoshi', 100_000_001n, BTC, LIMITS, true],
    ['a cent where the limit is zero', 1n, EUR, LIMITS, true],
    ['any amount where no limit is set', 10n ** 17n, USD, {}, false],
    ['any amount where only another currency has a limit', 10n ** 17n, USD, { BTC: '1' }, false],
  ])('%s', (_, amount, currency, limits, isProposed) => {
    const decision = accepted(amount, currency);
    const result = propose(decision, limits, ORDER, NOW);
    if (!isProposed) return expect(result).toBe(decision);
    // It moves nothing, changes nothing, and relies on nothing.
    return expect(result).toEqual({
      kind: 'accepted',
      transaction: {
        ...decision.transaction,
        status: 'PROPOSED',
        proposal: { ...ORDER, expiresAt: '2026-11-21T12:00:00.000Z' },
      },
      postings: [],
      guards: [],
      changes: [],
    });
  });

  it.each([refused('merchant_not_found'), retry('pool')])('%p stays what it is', (decision) => {
    expect(propose(decision, LIMITS, ORDER, NOW)).toBe(decision);
  });

  it('a request is kept up to 1,000 bytes of UTF-8', () => {
    const proposed = (input: string) =>
      propose(accepted(1000_01n), LIMITS, { ...ORDER, input }, NOW);
    expect(proposed('x'.repeat(1_000)).kind).toBe('accepted');
    expect(proposed('x'.repeat(1_001))).toEqual(refused('proposal_too_large'));
    expect(proposed('پ'.repeat(501))).toEqual(refused('proposal_too_large'));
  });
});

describe('ID-8: what a second admin may confirm, in the order of refusal', () => {
  const proposed: ProposedTransaction = {
    ...deposit(1000_01n),
    status: 'PROPOSED',
    pk: 'M#m1',
    txnId: 'T1',
    createdAt: '2026-11-20T12:00:00.000Z',
    requestHash: 'h1',
    admin: 'alice',
    phases: [],
    at: { PROPOSED: '2026-11-20T12:00:00.000Z' },
    proposal: { ...ORDER, expiresAt: '2026-11-21T12:00:00.000Z' },
  };
  const END = new Date('2026-11-21T12:00:00.000Z');
  const LAST = new Date('2026-11-21T11:59:59.999Z');
  const agreed = accepted(1000_01n);
  const otherAmount = accepted(1000_02n);

  it.each<[string, string, Decision, Date, Decision]>([
    ['its own admin', 'alice', otherAmount, END, refused('second_admin_needed')],
    ['after 24 hours', 'bob', refused('wallet_closed'), END, refused('proposal_expired')],
    ['a refusal of the rule', 'bob', refused('wallet_closed'), LAST, refused('wallet_closed')],
    ['a retry of the rule', 'bob', retry('pool'), LAST, retry('pool')],
    ['another amount', 'bob', otherAmount, LAST, refused('proposal_outdated')],
    ['another currency', 'bob', accepted(1000_01n, EUR), LAST, refused('proposal_outdated')],
    ['in time', 'bob', agreed, LAST, agreed],
  ])('%s', (_, admin, decision, now, expected) => {
    expect(reconsider(proposed, admin, decision, now)).toEqual(expected);
  });
});
