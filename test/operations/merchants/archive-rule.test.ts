import { describe, expect, it } from '@jest/globals';
import { closeWallet } from '../../../lambdas/ledger/balances.ts';
import { decideStatus } from '../../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { decideArchive } from '../../../lambdas/operations/merchants/archive-rule.ts';
import { aCreditLine, aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

const EUR = currencyCode.parse('EUR');

describe('ID-2: an archive is decided in this order', () => {
  it.each([
    // merchant    utilised  available  pending  in flight  answer
    [undefined, 1n, 1n, 1n, true, 'merchant_not_found'],
    ['PENDING', 1n, 1n, 1n, true, 'merchant_not_archivable'],
    ['REJECTED', 0n, 0n, 0n, false, 'merchant_not_archivable'],
    ['ARCHIVED', 0n, 0n, 0n, false, 'merchant_not_archivable'],
    ['ACTIVE', 1n, 0n, 0n, false, 'merchant_not_empty'],
    ['ACTIVE', 0n, 1n, 0n, false, 'merchant_not_empty'],
    ['ACTIVE', 0n, 0n, 1n, false, 'merchant_not_empty'],
    ['ACTIVE', 0n, 0n, 0n, true, 'merchant_not_empty'],
    ['ACTIVE', 0n, 0n, 0n, false, 'accepted'],
    ['SUSPENDED', 0n, 0n, 1n, false, 'merchant_not_empty'],
    ['SUSPENDED', 0n, 0n, 0n, false, 'accepted'],
  ] as const)(
    '%s merchant, utilised %s, available %s, pending %s, in flight %s: %s',
    (status, utilised, available, pending, inFlight, answer) => {
      const decision = decideArchive({
        merchant: status && aMerchant({ status }),
        credit: [aCreditLine(100n, 0n), aCreditLine(100n, utilised)],
        wallets: [aWallet(0n), aWallet(available, { currency: EUR, pending: minor(pending) })],
        inFlight,
      });
      expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
    },
  );

  it('it closes every wallet, moves no money and holds only for the merchant row as read', () => {
    const merchant = aMerchant();
    const wallets = [aWallet(0n), aWallet(0n, { currency: EUR })];
    const decision = decideArchive({
      merchant,
      credit: [aCreditLine(100n, 0n)],
      wallets,
      inFlight: false,
    });
    expect(decision).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'archive',
        status: 'SUCCEEDED',
        amount: 0n,
        currency: 'USD',
        merchantId: 'm1',
      },
      postings: [],
      guards: [],
      changes: [decideStatus(merchant, 'ARCHIVED'), closeWallet('m1', USD), closeWallet('m1', EUR)],
    });
  });
});
