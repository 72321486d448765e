import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  allDueKeys,
  allStatusKeys,
  creditKey,
  dueKeys,
  merchantKey,
  poolKey,
  statusKeyOf,
  timeKey,
  transactionId,
  transactionKey,
  walletKey,
} from '../../lambdas/ledger/keys.ts';
import { currencyCode } from '../../lambdas/ledger/money.ts';

const USD = currencyCode.parse('USD');
const texts = fc.string({ unit: 'binary', maxLength: 20 });

describe('AP-1: a transaction’s id follows from the request that asked for it', () => {
  it('and is the same for ever: a change here would pay old requests again', () => {
    expect(transactionId('m1', 'M#m1', 'withdrawal', 'k1')).toBe('1OLNKM76JRF8GCIGMFR2S92SGM');
  });

  it('is 26 characters that are safe in a key, a URL and a bank’s reference', () => {
    fc.assert(
      fc.property(fc.array(texts), (parts) => {
        expect(transactionId(...parts)).toMatch(/^[0-9A-V]{26}$/);
      }),
      { seed: 26 },
    );
  });

  it('no two requests share one, however their parts run together', () => {
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

describe('rows', () => {
  it('of one merchant lie together, each under its own name', () => {
    const keys = [
      merchantKey('m1'),
      creditKey('m1', USD),
      walletKey('m1', USD),
      transactionKey('M#m1', 'T1'),
    ];
    expect(new Set(keys.map(({ pk }) => pk))).toEqual(new Set(['M#m1']));
    expect(new Set(keys.map(({ sk }) => sk)).size).toBe(keys.length);
  });

  it('CR-2: each shard of a pool has a partition of its own', () => {
    const partitions = ['ROOT', '0', '1'].map((shard) => poolKey(USD, shard).pk);
    expect(new Set(partitions).size).toBe(3);
  });

  it('AP-6: sort by time, and by id where times are equal', () => {
    const [early, late] = ['2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.001Z'];
    const keys = [timeKey(late, 'A'), timeKey(early, 'B'), timeKey(early, 'A')];
    expect(keys.toSorted()).toEqual([timeKey(early, 'A'), timeKey(early, 'B'), timeKey(late, 'A')]);
  });
});

describe('WD-8: whatever is put into an index is found by who looks through all of it', () => {
  it.each(['DUE', 'TIMED', 'RELEASE'] as const)(
    'rows that something still has to happen to (%s)',
    (kind) => {
      const used = new Set<string>();
      for (let id = 0; id < 1_000; id += 1) {
        const { dueKey, due } = dueKeys(String(id), 'soon', kind);
        expect([allDueKeys(kind).includes(dueKey), due]).toEqual([true, 'soon']);
        used.add(dueKey);
      }
      expect(used.size).toBe(allDueKeys(kind).length);
    },
  );

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
