import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cursorAt, positionOf } from '../../lambdas/http/cursor.ts';
import { timeKey } from '../../lambdas/ledger/keys.ts';

const anInstant = fc.date({
  min: new Date('0000-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
});
const LIST = 'withdrawals|m1';
const POSITION = '2026-11-20T12:00:00.000Z#0123456789ABCDEFGHIJKLMNOP';
const cursor = String(cursorAt(LIST, POSITION));

describe('AP-6: a cursor', () => {
  it('encodes its position in its list, for any names', () => {
    fc.assert(
      fc.property(fc.string(), anInstant, fc.stringMatching(/^[\w-]{1,64}$/), (list, at, id) => {
        const position = timeKey(at.toISOString(), id);
        const text = String(cursorAt(list, position));
        expect(positionOf(list, text)).toBe(position);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
      { seed: 25 },
    );
  });

  it('does not show its position in plain text', () => {
    expect(cursor).not.toContain('2026');
  });

  it('is null at the end of a list', () => {
    expect(cursorAt(LIST, undefined)).toBeNull();
  });

  it('is valid for one list only', () => {
    expect(positionOf('withdrawals|m2', cursor)).toBeUndefined();
    expect(positionOf('merchants||', cursor)).toBeUndefined();
  });

  it.each([
    ['empty', ''],
    ['nonsense', 'nonsense'],
    ['only the digest', cursor.slice(0, 16)],
    ['truncated', cursor.slice(0, -1)],
    ['longer', `${cursor}A`],
    ['padded', `${cursor}=`],
    ['followed by a space', `${cursor} `],
    ['with another digest', `A${cursor.slice(1)}`.replace(cursor, `B${cursor.slice(1)}`)],
    ['with another position', cursor.slice(0, 16) + Buffer.from('2027').toString('base64url')],
  ])('is invalid if it is %s', (_, tampered) => {
    expect(positionOf(LIST, tampered)).toBeUndefined();
  });

  it.each([
    '',
    '~',
    '~~~',
    '2026',
    `${POSITION}~`,
    `${POSITION}#`,
    ` ${POSITION}`,
    `${POSITION}\n`,
    POSITION.replace('#', ''),
    POSITION.toLowerCase(),
    `+${POSITION}`,
    '2026-11-20T12:00:00.000Z#',
    '2026-11-20T12:00:00Z#0123456789ABCDEFGHIJKLMNOP',
    `2026-11-20T12:00:00.000Z#${'A'.repeat(65)}`,
    '2026-11-20T12:00:00.000Z#مهر',
  ])('is invalid if it is forged with the position %j, which no key has', (position) => {
    expect(positionOf(LIST, String(cursorAt(LIST, position)))).toBeUndefined();
  });

  it('is invalid with any one character changed', () => {
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      const tampered = cursor.slice(0, index) + other + cursor.slice(index + 1);
      expect([index, positionOf(LIST, tampered)]).toEqual([index, undefined]);
    }
  });
});
