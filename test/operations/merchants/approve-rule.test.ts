import { describe, expect, it } from '@jest/globals';
import { openCreditLine, openWallet } from '../../../lambdas/ledger/balances.ts';
import { decideStatus, MERCHANT_STATUSES } from '../../../lambdas/ledger/merchant.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { openPool, toRoot } from '../../../lambdas/ledger/pool/pool.ts';
import { poolAvailable, postingsIn, system } from '../../../lambdas/ledger/postings.ts';
import { decideApproval } from '../../../lambdas/operations/merchants/approve-rule.ts';
import { decideTopUp } from '../../../lambdas/operations/pools/rule.ts';
import { aMerchant, aPool, USD } from '../../harness/in-memory-ledger.ts';

const approval = { limit: minor(500_00n), currency: USD };

describe('ID-2: a merchant is approved once, while it is PENDING', () => {
  const TABLE = [
    [undefined, 'merchant_not_found'],
    ['PENDING', 'accepted'],
    ['ACTIVE', 'merchant_already_approved'],
    ['SUSPENDED', 'merchant_already_approved'],
    ['ARCHIVED', 'merchant_already_approved'],
    ['REJECTED', 'merchant_rejected'],
  ] as const;

  it.each(TABLE)('%s merchant: %s', (status, answer) => {
    const merchant = status && aMerchant({ status });
    const decision = decideApproval(merchant, approval);
    expect(decision.kind === 'refused' ? decision.reason : decision.kind).toBe(answer);
  });

  it('the table above has every status', () => {
    expect(TABLE.flatMap(([status]) => status ?? []).toSorted()).toEqual(
      [...MERCHANT_STATUSES].toSorted(),
    );
  });

  it('an approval opens a credit line and a wallet and moves no money', () => {
    const merchant = aMerchant({ status: 'PENDING' });
    expect(decideApproval(merchant, approval)).toEqual({
      kind: 'accepted',
      transaction: {
        type: 'approval',
        status: 'SUCCEEDED',
        amount: 500_00n,
        currency: 'USD',
        merchantId: 'm1',
      },
      postings: [],
      guards: [],
      changes: [
        decideStatus(merchant, 'ACTIVE'),
        openCreditLine('m1', USD, minor(500_00n)),
        ...openWallet('m1', USD),
      ],
    });
  });

  it('an approval holds only for the whole merchant row as it was read', () => {
    expect(decideStatus(aMerchant({ version: 7n }), 'ACTIVE')).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [{ must: 'equal', path: 'version', value: 7n }],
      set: { status: 'ACTIVE' },
      remove: ['statusReason'],
    });
  });
});

describe('CR-1: a top-up', () => {
  const topUp = { amount: minor(700n), currency: USD, shards: 4 };

  it('is final at once and moves the owner’s money into the root of the pool', () => {
    expect(decideTopUp(aPool(5n), topUp)).toEqual({
      kind: 'accepted',
      transaction: { type: 'top_up', status: 'SUCCEEDED', amount: 700n, currency: 'USD' },
      postings: postingsIn(USD, [
        system('funding'),
        poolAvailable(toRoot(minor(700n))),
        minor(700n),
      ]),
      guards: [],
      changes: [],
    });
  });

  it('opens the pool where it is the first', () => {
    const first = decideTopUp(undefined, topUp);
    expect(first).toEqual({ ...decideTopUp(aPool(5n), topUp), changes: [openPool(USD, 4)] });
  });
});
