import { describe, expect, it } from '@jest/globals';
import { minor } from '../../../lambdas/ledger/money.ts';
import { decideDeposit } from '../../../lambdas/operations/deposits/rule.ts';
import { aMerchant, aWallet, USD } from '../../harness/in-memory-ledger.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');
const order = { amount: minor(30n), currency: USD };

describe('WA-2 WA-3: a deposit is decided in this order', () => {
  it.each([
    // merchant   wallet     answer
    [undefined, undefined, 'merchant_not_found'],
    ['PENDING', undefined, 'merchant_cannot_receive'],
    ['REJECTED', undefined, 'merchant_cannot_receive'],
    ['ARCHIVED', 'closed', 'merchant_cannot_receive'],
    ['ACTIVE', 'closed', 'wallet_closed'],
    ['ACTIVE', undefined, 'accepted'],
    ['ACTIVE', 'open', 'accepted'],
    ['SUSPENDED', 'open', 'accepted'],
  ] as const)('%s merchant, wallet %s: %s', (status, wallet, answer) => {
    const facts = {
      merchant: status && aMerchant({ status }),
      wallet: wallet && aWallet(5n, wallet === 'closed' ? { closed: true } : {}),
    };
    const decision = decideDeposit(facts, order, NOW);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('LE-1: what comes in from outside is what the wallet holds more', () => {
    const decision = decideDeposit({ merchant: aMerchant(), wallet: aWallet(5n) }, order, NOW);
    if (decision.kind === 'refused') throw new Error(decision.reason);
    expect(decision.transaction).toMatchObject({
      type: 'deposit',
      status: 'SUCCEEDED',
      phases: [{ postings: { outside: -30n, wallet: 30n } }],
    });
  });
});
