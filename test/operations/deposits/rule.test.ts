import { describe, expect, it } from '@jest/globals';
import { openWallet } from '../../../lambdas/ledger/balances.ts';
import { receivingInNewWallet } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { addRelease } from '../../../lambdas/ledger/pending-releases.ts';
import {
  postingsIn,
  system,
  walletAvailable,
  walletPending,
} from '../../../lambdas/ledger/postings.ts';
import { decideDeposit } from '../../../lambdas/operations/deposits/rule.ts';
import { aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const LATER = '2026-11-20T12:00:00.001Z';
const TOO_FAR = '2031-11-20T12:00:00.001Z';
const order = { amount: minor(30n), currency: USD };

describe('WA-2 WA-3: a deposit is decided in this order', () => {
  it.each([
    // merchant   wallet     release at                  answer
    [undefined, undefined, TOO_FAR, 'merchant_not_found'],
    ['PENDING', undefined, TOO_FAR, 'merchant_cannot_receive'],
    ['REJECTED', undefined, undefined, 'merchant_cannot_receive'],
    ['ARCHIVED', 'closed', TOO_FAR, 'merchant_cannot_receive'],
    ['ACTIVE', 'closed', TOO_FAR, 'wallet_closed'],
    ['ACTIVE', 'closed', undefined, 'wallet_closed'],
    ['ninety wallets', undefined, TOO_FAR, 'too_many_wallets'],
    ['ninety wallets', 'open', undefined, 'accepted'],
    ['ACTIVE', 'open', TOO_FAR, 'release_too_far'],
    ['ACTIVE', 'open', '2031-11-20T12:00:00.000Z', 'accepted'],
    ['ACTIVE', undefined, undefined, 'accepted'],
    ['ACTIVE', 'open', undefined, 'accepted'],
    ['SUSPENDED', 'open', undefined, 'accepted'],
    ['SUSPENDED', undefined, undefined, 'accepted'],
  ] as const)('%s merchant, wallet %s, released at %s: %s', (status, wallet, releaseAt, answer) => {
    const facts = {
      merchant:
        status === 'ninety wallets' ? aMerchant({ wallets: 90n }) : status && aMerchant({ status }),
      wallet: wallet && aWallet(5n, wallet === 'closed' ? { closed: true } : {}),
    };
    const decision = decideDeposit(facts, { ...order, releaseAt }, NOW, 'T1');
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });
});

describe('an accepted deposit', () => {
  const merchant = aMerchant();
  const deposit = (wallet: 'open' | undefined, releaseAt?: string) =>
    decideDeposit({ merchant, wallet: wallet && aWallet(5n) }, { ...order, releaseAt }, NOW, 'T1');

  it('LE-1: moves its amount from outside into the wallet', () => {
    expect(deposit('open')).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'deposit',
        status: 'SUCCEEDED',
        amount: 30n,
        currency: 'USD',
        merchantId: 'm1',
      },
      postings: postingsIn(USD, [system('outside'), walletAvailable('m1'), minor(30n)]),
      guards: [],
      changes: [],
    });
  });

  it('WA-2: opens the wallet of a merchant that may still receive', () => {
    expect(deposit(undefined)).toMatchObject({
      postings: postingsIn(USD, [system('outside'), walletAvailable('m1'), minor(30n)]),
      guards: [receivingInNewWallet('m1')],
      changes: openWallet('m1', USD),
    });
  });

  it('WA-3: is pending until its release, which is stored under the id of the deposit', () => {
    const release = addRelease('m1', { depositId: 'T1', ...order, releaseAt: LATER });
    expect(deposit('open', LATER)).toMatchObject({
      transaction: { releaseAt: LATER },
      postings: postingsIn(USD, [system('outside'), walletPending('m1'), minor(30n)]),
      guards: [],
      changes: [release],
    });
    expect(deposit(undefined, LATER)).toMatchObject({
      guards: [receivingInNewWallet('m1')],
      changes: [...openWallet('m1', USD), release],
    });
  });

  it.each(['2026-11-20T12:00:00.000Z', '2020-01-01T00:00:00.000Z'])(
    'WA-3: is available at once where its release at %s has passed',
    (releaseAt) => {
      expect(deposit('open', releaseAt)).toEqual(deposit('open'));
    },
  );
});
