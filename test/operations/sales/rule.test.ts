import { describe, expect, it } from '@jest/globals';
import { walletAsRead } from '../../../lambdas/ledger/balances.ts';
import { countSpending } from '../../../lambdas/ledger/counters.ts';
import { activeOnTerms } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { type PendingRelease, releaseFunds } from '../../../lambdas/ledger/pending-releases.ts';
import { postingsIn, system, walletAvailable } from '../../../lambdas/ledger/postings.ts';
import { decideSale, type SaleFacts } from '../../../lambdas/operations/sales/rule.ts';
import { aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

/** 20 November in UTC, the 21st in Tehran. */
const NOW = new Date('2026-11-20T21:30:00.000Z');
const LABELS = { day: '2026-11-21', month: '2026-11' };
const order = {
  phoneNumber: '+989121234567',
  amount: minor(30n),
  currency: USD,
  checkMarginMs: 900_000,
};
const limited = (daily: bigint, monthly: bigint) =>
  aMerchant({ limits: { USD: { daily: minor(daily), monthly: minor(monthly) } } });
const release = (depositId: string, amount: bigint): PendingRelease => ({
  depositId,
  currency: USD,
  amount: minor(amount),
  releaseAt: '2026-11-20T21:00:00.000Z',
});
const holding = (available: bigint, ...matured: readonly bigint[]): SaleFacts['funds'] => {
  const wallet = aWallet(available, { pending: minor(100n) });
  return {
    asRead: wallet,
    wallet,
    matured: matured.map((amount, index) => release(`D${index}`, amount)),
  };
};
const NO_WALLET = { asRead: undefined, wallet: undefined, matured: [] };

describe('SA-1: a sale is decided in this order', () => {
  it.each([
    ['not_a_merchant', undefined, NO_WALLET],
    ['merchant_not_approved', aMerchant({ status: 'PENDING' }), NO_WALLET],
    ['merchant_not_approved', aMerchant({ status: 'REJECTED' }), NO_WALLET],
    ['merchant_suspended', aMerchant({ status: 'SUSPENDED' }), holding(30n)],
    ['merchant_archived', aMerchant({ status: 'ARCHIVED' }), NO_WALLET],
    ['daily_limit_exceeded', limited(29n, 30n), NO_WALLET],
    ['monthly_limit_exceeded', limited(30n, 29n), NO_WALLET],
    ['wallet_not_found', limited(30n, 30n), NO_WALLET],
    ['insufficient_funds', aMerchant(), holding(29n)],
    ['insufficient_funds', aMerchant(), holding(0n, 9n, 20n)],
    ['accepted', aMerchant(), holding(30n)],
    ['accepted', aMerchant(), holding(0n, 9n, 21n)],
  ] as const)('%s', (answer, merchant, funds) => {
    const decision = decideSale({ merchant, funds }, order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });
});

describe('an accepted sale', () => {
  const merchant = aMerchant();
  const transaction = {
    type: 'sale',
    status: 'PENDING',
    source: 'wallet',
    amount: 30n,
    currency: 'USD',
    merchantId: 'm1',
    payout: { provider: 'operator', destination: '+989121234567', attempt: 0n },
    limitDay: '2026-11-21',
    limitMonth: '2026-11',
    nextCheckAt: '2026-11-20T21:45:00.000Z',
  };
  const debit = postingsIn(USD, [walletAvailable('m1'), system('clearing'), minor(30n)]);

  it('SA-1: states the balance before it, and holds only for the wallet as it was read', () => {
    const funds = holding(50n);
    expect(decideSale({ merchant, funds }, order, NOW)).toEqual({
      kind: 'accepted',
      transaction: { ...transaction, balanceBefore: 50n },
      postings: debit,
      guards: [activeOnTerms(merchant), walletAsRead('m1', { ...aWallet(50n) })],
      changes: [countSpending(merchant, USD, order.amount, LABELS)],
    });
    expect(walletAsRead('m1', aWallet(50n)).conditions).toEqual([
      { must: 'equal', path: 'available', value: 50n },
      { must: 'equal', path: 'version', value: 2n },
    ]);
  });

  it('SA-1 WA-3: counts every matured release, and draws on the oldest that it needs', () => {
    const funds = holding(10n, 15n, 5n, 40n);
    const drawn = releaseFunds('m1', USD, funds.matured.slice(0, 2));
    expect(decideSale({ merchant, funds }, order, NOW)).toMatchObject({
      transaction: { ...transaction, balanceBefore: 70n },
      postings: [...drawn.postings, ...debit],
      changes: [countSpending(merchant, USD, order.amount, LABELS), ...drawn.changes],
    });
  });

  it('SA-1 WA-3: is on the wallet as it was before its releases were read, so that one in between makes it lose', () => {
    const asRead = aWallet(10n, { pending: minor(40n) });
    // The release is counted twice: in the wallet and beside it.
    const wallet = aWallet(50n, { version: 3n });
    const funds = { asRead, wallet, matured: [release('D0', 40n)] };
    const decision = decideSale({ merchant, funds }, order, NOW);
    expect(decision).toMatchObject({
      guards: [activeOnTerms(merchant), walletAsRead('m1', asRead)],
    });
  });
});
