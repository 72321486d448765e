import { describe, expect, it } from '@jest/globals';
import { refused } from '../../../lambdas/ledger/decision.ts';
import { minor } from '../../../lambdas/ledger/money.ts';
import { type PendingRelease, releaseFunds } from '../../../lambdas/ledger/pending-releases.ts';
import {
  poolAvailable,
  postingsIn,
  system,
  walletAvailable,
  walletPending,
} from '../../../lambdas/ledger/postings.ts';
import {
  STATUSES,
  TRANSACTION_TYPES,
  type TransactionOf,
} from '../../../lambdas/ledger/transactions.ts';
import {
  decideReversal,
  type ReversalFacts,
  reversibleOf,
} from '../../../lambdas/operations/reversals/rule.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { aWallet, USD } from '../../harness/in-memory-ledger.ts';

const AT = '2026-11-20T12:00:00.000Z';
const common = {
  txnId: 'T0',
  status: 'SUCCEEDED' as const,
  amount: minor(30n),
  currency: USD,
  createdAt: AT,
  requestHash: 'hash',
  phases: [],
  at: { SUCCEEDED: AT },
};
const deposit: TransactionOf<'deposit'> = {
  ...common,
  pk: 'M#m1',
  type: 'deposit',
  merchantId: 'm1',
};
const topUp: TransactionOf<'top_up'> = { ...common, pk: 'POOL#USD#ROOT', type: 'top_up' };
const releaseOf = (amount: bigint, depositId = 'T0'): PendingRelease => ({
  depositId,
  currency: USD,
  amount: minor(amount),
  releaseAt: AT,
});
const fromWallet = (available: bigint, ...matured: PendingRelease[]): ReversalFacts => ({
  kind: 'wallet',
  original: deposit,
  funds: { wallet: aWallet(available), matured },
});
const decide = (facts: ReversalFacts) => decideReversal(facts, { reason: undefined }, 'R1');
const LINK = {
  row: { kind: 'reversed', pk: 'M#m1', txnId: 'T0' },
  conditions: [
    { must: 'equal', path: 'status', value: 'SUCCEEDED' },
    { must: 'be absent', path: 'reversedBy' },
  ],
  set: { reversedBy: 'R1' },
};

describe('WA-9: what can be reversed is decided in this order', () => {
  it('what there is not', () => {
    expect(reversibleOf(undefined)).toEqual(refused('transaction_not_found'));
  });

  it.each(TRANSACTION_TYPES)('of a %s, only if it is a deposit or a top-up', (type) => {
    const row = { ...deposit, ...aWithdrawal(), ...common, type } as unknown as typeof deposit;
    const isReversible = type === 'deposit' || type === 'top_up';
    expect(reversibleOf(row)).toEqual(isReversible ? row : refused('transaction_not_reversible'));
  });

  it.each(STATUSES)('of one that is %s, only if it has succeeded', (status) => {
    for (const row of [deposit, topUp]) {
      const isReversible = status === 'SUCCEEDED';
      const found = { ...row, status };
      expect(reversibleOf(found)).toEqual(
        isReversible ? found : refused('transaction_not_reversible'),
      );
      // Its status comes before its reversal.
      expect(reversibleOf({ ...found, reversedBy: 'R0' })).toEqual(
        isReversible
          ? refused('transaction_already_reversed', { reversal: 'R0' })
          : refused('transaction_not_reversible'),
      );
    }
  });

  it.each<[string, ReversalFacts, object]>([
    ['what was refused before', refused('transaction_not_found'), refused('transaction_not_found')],
    [
      'a wallet with too little',
      fromWallet(29n),
      refused('deposit_spent', { held: '0.29', currency: 'USD' }),
    ],
    [
      'a wallet with too little, also with what has matured',
      fromWallet(10n, releaseOf(19n, 'T2')),
      refused('deposit_spent', { held: '0.29', currency: 'USD' }),
    ],
    [
      'a wallet that is not there',
      { kind: 'wallet', original: deposit, funds: { wallet: undefined, matured: [] } },
      refused('deposit_spent', { held: '0.00', currency: 'USD' }),
    ],
    [
      'a pool that cannot pay',
      { kind: 'pool', original: topUp, pool: { kind: 'short' } },
      refused('insufficient_pool'),
    ],
    [
      'a pool of which it is not known',
      { kind: 'pool', original: topUp, pool: { kind: 'retry' } },
      { kind: 'retry', why: 'pool' },
    ],
  ])('%s', (_, facts, decision) => {
    const { guards, ...rest } = { guards: undefined, ...decide(facts) };
    expect(rest).toEqual(decision);
    // While it is not reversed: else that is the reason.
    const isOfFunds = facts.kind !== 'refused' && rest.kind === 'refused';
    expect(guards?.length).toBe(isOfFunds ? 1 : undefined);
  });
});

describe('WA-9: a reversal takes back the whole amount', () => {
  const reversal = {
    type: 'reversal',
    status: 'SUCCEEDED',
    amount: 30n,
    currency: USD,
    reverses: 'T0',
  };

  it('of a deposit, from the wallet, to the last cent, and links it', () => {
    expect(decide(fromWallet(30n))).toEqual({
      kind: 'accepted',
      transaction: { ...reversal, merchantId: 'm1' },
      postings: postingsIn(USD, [walletAvailable('m1'), system('outside'), minor(30n)]),
      guards: [],
      changes: [LINK],
    });
  });

  it('of a deposit, with the matured releases that it needs, and no others', () => {
    const matured = [releaseOf(15n, 'T2'), releaseOf(5n, 'T3'), releaseOf(9n, 'T4')];
    const released = releaseFunds('m1', USD, matured.slice(0, 2));
    expect(decide(fromWallet(10n, ...matured))).toMatchObject({
      postings: [
        ...released.postings,
        ...postingsIn(USD, [walletAvailable('m1'), system('outside'), minor(30n)]),
      ],
      changes: [LINK, ...released.changes],
    });
  });

  it('WA-3: of a deposit that is not released, from what is pending, and its release goes', () => {
    const release = releaseOf(30n);
    const { changes } = releaseFunds('m1', USD, [release]);
    expect(decide({ kind: 'unreleased', original: deposit, release })).toMatchObject({
      postings: postingsIn(USD, [walletPending('m1'), system('outside'), minor(30n)]),
      changes: [LINK, ...changes],
    });
  });

  it('CR-1: of a top-up, from as many rows of the pool as it takes, and has no merchant', () => {
    const shares = [
      { shard: 'ROOT', amount: minor(20n) },
      { shard: '3', amount: minor(10n) },
    ];
    expect(decide({ kind: 'pool', original: topUp, pool: { kind: 'shares', shares } })).toEqual({
      kind: 'accepted',
      transaction: reversal,
      postings: postingsIn(USD, [poolAvailable(shares), system('funding'), minor(30n)]),
      guards: [],
      changes: [{ ...LINK, row: { ...LINK.row, pk: 'POOL#USD#ROOT' } }],
    });
  });

  it('and keeps the reason', () => {
    const decision = decideReversal(fromWallet(30n), { reason: 'twice' }, 'R1');
    expect(decision).toMatchObject({ transaction: { reason: 'twice' } });
  });
});
