import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ifMatchHeader, isMatch } from '../../lambdas/http/if-match.ts';

const parsed = (text: string) => ifMatchHeader.safeParse({ 'If-Match': text });
/** Undefined where the header cannot be read. */
const matches = (text: string, tag: string): boolean | undefined => {
  const { data } = parsed(text);
  return data && isMatch(data, tag);
};

describe('AP-3: If-Match', () => {
  it.each([
    ['"3"', true],
    ['*', true],
    [' * ', true],
    ['"2", "3"', true],
    ['"2","3"', true],
    ['"2" ,\t"3" ', true],
    [', "3",,', true],
    ['"3", W/"4"', true],
    ['"4"', false],
    ['"33"', false],
    ['""', false],
    // The comparison is strong.
    ['W/"3"', false],
    ['W/"3", "2"', false],
    // A comma within quotes is part of a tag.
    ['"2,3"', false],
    ['"x,", "3"', true],
  ])('%s matches the entity-tag "3": %s', (text, is) => {
    expect(matches(text, '"3"')).toBe(is);
  });

  it.each([
    '',
    ' ',
    ',',
    '3',
    "'3'",
    '"3',
    '3"',
    '"3" "4"',
    '"3";',
    'w/"3"',
    'W/ "3"',
    '*, "3"',
    '"3", *',
    '**',
    '"a b"',
    '"\u0000"',
    '"3"\n',
  ])('%j cannot be read, so that it is refused', (text) => {
    expect(matches(text, '"3"')).toBeUndefined();
    expect(parsed(text).error?.issues).toMatchObject([
      { path: ['If-Match'], message: 'if_match_malformed' },
    ]);
  });

  it('may be left out', () => {
    for (const headers of [undefined, {}, { 'If-Match': undefined }])
      expect(isMatch(ifMatchHeader.parse(headers), '"3"')).toBe(true);
  });

  it('is read in a time that does not grow faster than its length', () => {
    fc.assert(
      fc.property(fc.constantFrom(' ', ',', '"', ' ,', '",', '"a"', '"a", '), (part) => {
        const started = performance.now();
        matches(part.repeat(10_000), '"3"');
        matches(`${part.repeat(10_000)}!`, '"3"');
        expect(performance.now() - started).toBeLessThan(500);
      }),
    );
  });
});
