import { describe, expect, it } from '@jest/globals';
import { amountLimits, boundedBy, exceeds } from '../../lambdas/ledger/amount-limits.ts';
import { type Accepted, refused, retry } from '../../lambdas/ledger/decision.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import type { NewTransaction } from '../../lambdas/ledger/transactions.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const BTC = currencyCode.parse('BTC');
const deposit = (amount: bigint, currency = USD): NewTransaction => ({
  type: 'deposit',
  status: 'SUCCEEDED',
  amount: minor(amount),
  currency,
  merchantId: 'm1',
});
const accepted = (transaction: NewTransaction): Accepted => ({
  kind: 'accepted',
  transaction,
  postings: [],
  guards: [],
  changes: [],
});
const LIMITS = { '*': '1000', BTC: '2' };

describe('OP-6: the limits of a stage', () => {
  it('are whole units of known currencies', () => {
    const given = { '*': '0', usd: '9999999999999999', BTC: '9999999999', IRT: '1'.repeat(18) };
    const { usd, ...others } = given;
    expect(amountLimits.parse(given)).toEqual({ ...others, USD: usd });
    for (const limits of [
      { '*': '1.5' },
      { '*': '01' },
      { '*': '-1' },
      { '*': '10000000000' },
      { BTC: '10000000000' },
      { USD: '10000000000000000' },
      { UDS: '1' },
    ])
      expect(amountLimits.safeParse(limits).success).toBe(false);
  });

  it.each([
    ['exactly the limit', LIMITS, deposit(1000_00n), false],
    ['a minor unit more', LIMITS, deposit(1000_01n), true],
    ['the limit of its currency', LIMITS, deposit(2_00000000n, BTC), false],
    ['more than the limit of its currency', LIMITS, deposit(2_00000001n, BTC), true],
    ['anything, above nothing', { '*': '0' }, deposit(1n), true],
    ['anything, where no limit is', { BTC: '0' }, deposit(10n ** 17n), false],
  ] as const)('%s', (_, limits, transaction, isAbove) => {
    expect(exceeds(limits, transaction)).toBe(isAbove);
  });

  it('CR-3: let a credit limit fall, from wherever it is', () => {
    const change = (limitBefore: bigint): NewTransaction => ({
      type: 'limit_change',
      status: 'SUCCEEDED',
      amount: minor(2000_00n),
      currency: USD,
      merchantId: 'm1',
      limitBefore: minor(limitBefore),
    });
    expect(exceeds(LIMITS, change(2000_01n))).toBe(false);
    expect(exceeds(LIMITS, change(1999_99n))).toBe(true);
  });
});

describe('ID-8: what an admin can move in one request', () => {
  it('is bounded by the stage, and the refusal names the bound', () => {
    const within = accepted(deposit(1000_00n));
    expect(boundedBy(LIMITS, within)).toBe(within);
    expect(boundedBy(LIMITS, accepted(deposit(1000_01n)))).toEqual(
      refused('amount_above_admin_limit', { limit: '1000.00', currency: 'USD' }),
    );
  });

  it.each([refused('merchant_not_found'), retry('pool')])('%p stays what it is', (decision) => {
    expect(boundedBy({ '*': '0' }, decision)).toBe(decision);
  });
});
