import { describe, expect, it } from '@jest/globals';
import { openWallet } from '../../../lambdas/ledger/balances.ts';
import { receivingInNewWallet } from '../../../lambdas/ledger/merchant.ts';
import { decideOpening } from '../../../lambdas/operations/deposits/opening-rule.ts';
import { aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

describe('WA-2: the opening of a wallet is decided in this order', () => {
  it.each([
    // merchant   wallet     answer
    [undefined, undefined, 'merchant_not_found'],
    ['PENDING', undefined, 'merchant_cannot_receive'],
    ['REJECTED', undefined, 'merchant_cannot_receive'],
    ['ARCHIVED', undefined, 'merchant_cannot_receive'],
    ['ARCHIVED', 'closed', 'merchant_cannot_receive'],
    ['ACTIVE', 'closed', 'wallet_closed'],
    ['ninety wallets', 'closed', 'wallet_closed'],
    ['ninety wallets', undefined, 'too_many_wallets'],
    ['ninety wallets', 'open', 'done'],
    ['ACTIVE', 'open', 'done'],
    ['SUSPENDED', 'open', 'done'],
    ['ACTIVE', undefined, 'accepted'],
    ['SUSPENDED', undefined, 'accepted'],
  ] as const)('%s merchant, wallet %s: %s', (status, wallet, answer) => {
    const facts = {
      merchant:
        status === 'ninety wallets' ? aMerchant({ wallets: 90n }) : status && aMerchant({ status }),
      wallet: wallet && aWallet(5n, wallet === 'closed' ? { closed: true } : {}),
    };
    const decision = decideOpening(facts, USD);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('it moves nothing, counts the wallet, and asserts that its merchant may still receive', () => {
    expect(decideOpening({ merchant: aMerchant(), wallet: undefined }, USD)).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'wallet_opening',
        status: 'SUCCEEDED',
        amount: 0n,
        currency: 'USD',
        merchantId: 'm1',
      },
      postings: [],
      guards: [receivingInNewWallet('m1')],
      changes: openWallet('m1', USD),
    });
  });
});
