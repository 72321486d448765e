import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  allCheckKeys,
  allStatusKeys,
  checkKindOf,
  creditKey,
  keyOf,
  merchantKey,
  merchantOf,
  merchantPk,
  merchantsOf,
  nameKey,
  nextCheckKeys,
  ownKey,
  poolKey,
  releaseKey,
  releasePosition,
  statusKeyOf,
  timeKey,
  transactionId,
  transactionKey,
  walletKey,
} from '../../lambdas/ledger/keys.ts';
import type { RowRef } from '../../lambdas/ledger/row-writes.ts';
import { STATUSES } from '../../lambdas/ledger/transactions.ts';
import { USD } from '../harness/in-memory-ledger.ts';

const texts = fc.string({ unit: 'binary', maxLength: 20 });

describe('AP-1: a transaction id follows from the request', () => {
  it('never changes: another id would pay old requests again', () => {
    expect(transactionId('m1', 'M#m1', 'withdrawal', 'k1')).toBe('1OLNKM76JRF8GCIGMFR2S92SGM');
  });

  it('is 26 characters that are safe in a key, a URL and a bank reference', () => {
    fc.assert(
      fc.property(fc.array(texts), (parts) => {
        expect(transactionId(...parts)).toMatch(/^[0-9A-V]{26}$/);
      }),
      { seed: 26 },
    );
  });

  it('differs for two requests, also where their parts concatenate to the same text', () => {
    const requests = fc.array(texts, { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(requests, requests, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(transactionId(...one) === transactionId(...other)).toBe(same);
      }),
      { seed: 27 },
    );
    expect(transactionId('ab', 'c')).not.toBe(transactionId('a', 'bc'));
    expect(transactionId('a', '')).not.toBe(transactionId('a'));
    expect(transactionId('a', '1:b')).not.toBe(transactionId('a', '', 'b'));
  });
});

const RELEASE = { currency: USD, releaseAt: '2026-11-21T00:00:00.000Z', depositId: 'D1' };

describe('rows', () => {
  it('all rows of a merchant share a partition, each with its own sort key', () => {
    const keys = [
      merchantKey('m1'),
      creditKey('m1', USD),
      walletKey('m1', USD),
      releaseKey('m1', RELEASE),
      ownKey('m1', 'QUOTE', 'T1'),
      ownKey('m1', 'CREDITREQ', 'T1'),
      transactionKey('M#m1', 'T1'),
    ];
    expect(new Set(keys.map(({ pk }) => pk))).toEqual(new Set(['M#m1']));
    expect(new Set(keys.map(({ sk }) => sk)).size).toBe(keys.length);
    expect(merchantOf(merchantPk('m1'))).toBe('m1');
    expect(merchantsOf(merchantPk('m1'))).toEqual(['m1']);
    expect(merchantsOf('POOL#USD#ROOT')).toEqual([]);
  });

  it('CR-2: each shard of a pool has its own partition', () => {
    const partitions = ['ROOT', '0', '1'].map((shard) => poolKey(USD, shard).pk);
    expect(new Set(partitions).size).toBe(3);
  });

  it('AP-6: sort by time, and by id where times are equal', () => {
    const [early, late] = ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.001Z'];
    const keys = [timeKey(late, 'A'), timeKey(early, 'B'), timeKey(early, 'A')];
    expect(keys.toSorted()).toEqual([timeKey(early, 'A'), timeKey(early, 'B'), timeKey(late, 'A')]);
  });

  it('WA-3: pending releases sort by the time at which they become available', () => {
    const later = { ...RELEASE, releaseAt: '2026-11-22T00:00:00.000Z', depositId: 'A1' };
    expect([releaseKey('m1', later).sk, releaseKey('m1', RELEASE).sk].toSorted()).toEqual([
      `RELEASE#USD#${releasePosition(RELEASE)}`,
      `RELEASE#USD#${releasePosition(later)}`,
    ]);
  });

  it.each<[RowRef, object]>([
    [{ kind: 'response', table: 'Responses', id: 'R1' }, { id: 'R1' }],
    [{ kind: 'transaction', pk: 'M#m1', txnId: 'T1' }, transactionKey('M#m1', 'T1')],
    [{ kind: 'reversed', pk: 'M#m1', txnId: 'T1' }, transactionKey('M#m1', 'T1')],
    [{ kind: 'name', name: 'alice' }, nameKey('alice')],
    [{ kind: 'merchant', merchantId: 'm1' }, merchantKey('m1')],
    [{ kind: 'own', merchantId: 'm1', of: 'QUOTE', id: 'Q1' }, ownKey('m1', 'QUOTE', 'Q1')],
    [{ kind: 'credit', merchantId: 'm1', currency: USD }, creditKey('m1', USD)],
    [{ kind: 'wallet', merchantId: 'm1', currency: USD }, walletKey('m1', USD)],
    [{ kind: 'pool', currency: USD, shard: '7' }, poolKey(USD, '7')],
    [{ kind: 'release', merchantId: 'm1', ...RELEASE }, releaseKey('m1', RELEASE)],
  ])('%j is written under the key that it is read by', (row, key) => {
    expect(keyOf(row)).toEqual(key);
  });
});

describe('WD-8: a query of all buckets of an index finds every row in it', () => {
  it.each(['PAYOUT', 'SCHEDULE', 'RELEASE'] as const)('next checks of kind %s', (kind) => {
    const used = new Set<string>();
    for (let id = 0; id < 1_000; id += 1) {
      const { nextCheckKey, nextCheckAt } = nextCheckKeys(String(id), 'soon', kind);
      expect([allCheckKeys(kind).includes(nextCheckKey), nextCheckAt]).toEqual([true, 'soon']);
      used.add(nextCheckKey);
    }
    expect(used.size).toBe(allCheckKeys(kind).length);
  });

  it('payouts, schedules and releases share no partition', () => {
    const all = (['PAYOUT', 'SCHEDULE', 'RELEASE'] as const).flatMap(allCheckKeys);
    expect(new Set(all).size).toBe(all.length);
  });

  it('only a scheduled withdrawal is checked as a schedule', () => {
    const scheduled = STATUSES.filter((status) => checkKindOf(status) === 'SCHEDULE');
    expect(scheduled).toEqual(['SCHEDULED']);
    expect(checkKindOf('PENDING')).toBe('PAYOUT');
  });

  it('rows in a status', () => {
    const used = new Set<string>();
    for (let id = 0; id < 1_000; id += 1) {
      const key = statusKeyOf('MERCHANT', 'ACTIVE', String(id));
      expect(allStatusKeys('MERCHANT', 'ACTIVE')).toContain(key);
      used.add(key);
    }
    expect(used.size).toBe(allStatusKeys('MERCHANT', 'ACTIVE').length);
    expect(allStatusKeys('TXN', 'FAILED')).not.toContain(statusKeyOf('MERCHANT', 'FAILED', '1'));
  });
});
