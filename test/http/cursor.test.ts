import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cursorAt, positionOf } from '../../lambdas/http/cursor.ts';

const LIST = 'withdrawals|m1';
const POSITION = '2026-11-20T12:00:00.000Z#0123456789ABCDEFGHIJKLMNOP';
const cursor = String(cursorAt(LIST, POSITION));

describe('AP-6: a cursor', () => {
  it('stands for its place in its list, whatever both are called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (list, position) => {
        const text = String(cursorAt(list, position));
        expect(positionOf(list, text)).toBe(Buffer.from(position).toString());
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
      { seed: 25 },
    );
  });

  it('does not say where it points to whoever only looks at it', () => {
    expect(cursor).not.toContain('2026');
  });

  it('is none at the end of a list', () => {
    expect(cursorAt(LIST, undefined)).toBeNull();
  });

  it('belongs to one list only', () => {
    expect(positionOf('withdrawals|m2', cursor)).toBeUndefined();
    expect(positionOf('merchants||', cursor)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['nonsense', 'nonsense'],
    ['only the seal', cursor.slice(0, 16)],
    ['cut off', cursor.slice(0, -1)],
    ['longer', `${cursor}A`],
    ['padded', `${cursor}=`],
    ['with a blank', `${cursor} `],
    ['of another seal', `A${cursor.slice(1)}`.replace(cursor, `B${cursor.slice(1)}`)],
    ['of another place', cursor.slice(0, 16) + Buffer.from('2027').toString('base64url')],
  ])('that is %s stands for nothing', (_, tampered) => {
    expect(positionOf(LIST, tampered)).toBeUndefined();
  });

  it('that is made up, to no place at all, stands for nothing', () => {
    expect(positionOf(LIST, String(cursorAt(LIST, '')))).toBeUndefined();
  });

  it('with any one letter changed stands for nothing', () => {
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const tampered = cursor.slice(0, index) + other + cursor.slice(index + 1);
      expect([index, positionOf(LIST, tampered)]).toEqual([index, undefined]);
    }
  });
});
