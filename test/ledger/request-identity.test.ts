import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requestIdentity, type SentRequest } from '../../lambdas/ledger/request-identity.ts';

const SENT: SentRequest = {
  method: 'POST',
  path: '/api/v1/withdrawals',
  query: '',
  body: { amount: '10.00', currency: 'USD' },
};
const identity = ({
  caller = 'm1',
  operation = 'withdrawal',
  key = 'k1',
  pk = 'M#m1',
  sent = {},
}: {
  readonly caller?: string;
  readonly operation?: string;
  readonly key?: string;
  readonly pk?: string;
  readonly sent?: Partial<SentRequest>;
} = {}) => requestIdentity(caller, operation, key, pk, { ...SENT, ...sent });

describe('AP-1: a request is identified by caller, operation and key', () => {
  it('a repeat has the same identity', () => {
    expect(identity()).toEqual(identity());
    expect(identity()).toMatchObject({
      pk: 'M#m1',
      txnId: '1OLNKM76JRF8GCIGMFR2S92SGM',
      responseId: expect.stringMatching(/^surety#[A-Za-z0-9+/]{43}=$/),
      hash: expect.stringMatching(/^[A-Za-z0-9+/]{22}$/),
    });
  });

  it('never changes: another identity would carry out old requests again', () => {
    // The SHA-256, in base64, of the JSON with sorted names; the hash is its first 22 characters.
    expect(identity()).toEqual({
      responseId: 'surety#ZtBP95kSDWJxl/ux6iG+Z2gnhaegl+aZqLGrKj5jGao=',
      hash: 'r2kAgJlWtOp+HFQ5hDR7M8',
      pk: 'M#m1',
      txnId: '1OLNKM76JRF8GCIGMFR2S92SGM',
    });
  });

  it.each([
    ['caller', { caller: 'm2' }],
    ['operation', { operation: 'transfer' }],
    ['key', { key: 'k2' }],
  ])('another %s is another request with the same content', (_, changed) => {
    const other = identity(changed);
    expect(other.responseId).not.toBe(identity().responseId);
    expect(other.txnId).not.toBe(identity().txnId);
    expect(other.hash).toBe(identity().hash);
  });

  it('another subject is another transaction', () => {
    expect(identity({ pk: 'M#m2' })).toMatchObject({ pk: 'M#m2' });
    expect(identity({ pk: 'M#m2' }).txnId).not.toBe(identity().txnId);
  });

  it('is not confused by parts that concatenate to the same text', () => {
    const parts = fc.tuple(fc.string(), fc.string(), fc.string());
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const [a, b] = [one, other].map(([caller, operation, key]) =>
          identity({ caller, operation, key }),
        );
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(a?.responseId === b?.responseId).toBe(same);
        expect(a?.txnId === b?.txnId).toBe(same);
      }),
      { seed: 33 },
    );
    const [left, right] = [
      identity({ caller: 'm1', operation: 'ab', key: 'c' }),
      identity({ caller: 'm1', operation: 'a', key: 'bc' }),
    ];
    expect([left.responseId === right.responseId, left.txnId === right.txnId]).toEqual([
      false,
      false,
    ]);
    const quoted = identity({ caller: 'm1","withdrawal', operation: '' });
    expect(quoted.responseId).not.toBe(identity({ operation: 'withdrawal","' }).responseId);
  });

  it('what is sent changes neither the response’s id nor the transaction’s', () => {
    const other = identity({ sent: { body: { amount: '99.00' } } });
    expect([other.responseId, other.txnId]).toEqual([identity().responseId, identity().txnId]);
  });
});

describe('AP-1: a repeat must match what was sent first', () => {
  const hash = (sent: Partial<SentRequest>): string => identity({ sent }).hash;

  it.each<[string, Partial<SentRequest>]>([
    ['method', { method: 'PATCH' }],
    ['path', { path: '/api/v1/transfers' }],
    ['query', { query: 'preview=true' }],
    ['value', { body: { amount: '10.01', currency: 'USD' } }],
    ['spelling of a value', { body: { amount: '10.0', currency: 'USD' } }],
    ['type of a value', { body: { amount: 10, currency: 'USD' } }],
    ['field', { body: { amount: '10.00', currency: 'USD', source: 'credit' } }],
    ['missing field', { body: { amount: '10.00' } }],
    ['null instead of a missing field', { body: { amount: '10.00', currency: null } }],
    ['empty body', { body: null }],
  ])('another %s is another content', (_, sent) => {
    expect(hash(sent)).not.toBe(identity().hash);
  });

  it('the order of fields does not matter, at any depth', () => {
    expect(hash({ body: { currency: 'USD', amount: '10.00' } })).toBe(identity().hash);
    const one = { a: { x: 1, y: [{ p: 1, q: 2 }] }, b: 2 };
    const other = { b: 2, a: { y: [{ q: 2, p: 1 }], x: 1 } };
    expect(hash({ body: one })).toBe(hash({ body: other }));
  });

  it('the order of a list matters', () => {
    expect(hash({ body: { tiers: [1, 2] } })).not.toBe(hash({ body: { tiers: [2, 1] } }));
  });

  it('a list is not an object with numbered fields', () => {
    expect(hash({ body: { tiers: ['a'] } })).not.toBe(hash({ body: { tiers: { 0: 'a' } } }));
  });

  it('is equal exactly where the JSON is equal up to the order of fields', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, each]) => [name, reversed(each)]),
      );
    };
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(hash({ body: reversed(body) })).toBe(hash({ body }));
        expect(hash({ body: [body] })).not.toBe(hash({ body }));
      }),
      { seed: 34 },
    );
  });
});
