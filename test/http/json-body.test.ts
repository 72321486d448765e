import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hasDuplicateKeys, jsonBody } from '../../lambdas/http/json-body.ts';

type Written = { readonly text: string; readonly twice: boolean };

/** Spells a string as any JSON writer may: as it is, or with escapes. */
const spelled = (text: string): fc.Arbitrary<string> =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((escaped) => {
    const units = text.split('').map((unit, index) => {
      const code = unit.charCodeAt(0).toString(16).padStart(4, '0');
      return escaped[index] ? `\\u${code}` : JSON.stringify(unit).slice(1, -1);
    });
    return `"${units.join('')}"`;
  });
/** Few names, so that many are the same; some look like the rest of JSON. */
const name = fc.oneof(
  fc.constantFrom('a', 'b', '', '"', '\\', '{', '}', 'a":1,"a', '__proto__', 'constructor'),
  fc.string({ maxLength: 3, unit: 'binary' }),
);
const space = fc.constantFrom('', ' ', '\n\t', '\r ');

/** Any JSON, as text, and whether one of its objects names a key twice: known from how it was built. */
const { value: written } = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc
      .oneof(fc.constantFrom('1', '-0.5e3', 'true', 'null'), name.chain(spelled))
      .map((text) => ({ text, twice: false })),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => ({
      text: `[${items.map(({ text }) => text).join(',')}]`,
      twice: items.some(({ twice }) => twice),
    })),
    fc
      .array(
        name.chain((key) => fc.tuple(fc.constant(key), spelled(key), space, tie('value'), space)),
        { maxLength: 4 },
      )
      .map((entries) => ({
        text: `{${entries.map(([, key, a, { text }, b]) => `${a}${key}${b}:${a}${text}${b}`).join(',')}}`,
        twice:
          new Set(entries.map(([key]) => key)).size < entries.length ||
          entries.some(([, , , { twice }]) => twice),
      })),
  ),
}));

describe('AP-3: a body that names a key twice', () => {
  it('is found in any JSON, however it is spelled and nested', () => {
    let twice = 0;
    fc.assert(
      fc.property(written, (each) => {
        expect(() => JSON.parse(each.text)).not.toThrow();
        expect(hasDuplicateKeys(each.text)).toBe(each.twice);
        if (each.twice) twice += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(twice).toBeGreaterThan(50);
  });

  it('is not seen in what JSON.stringify writes, which is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        const body = Buffer.from(text).toString('base64');
        const read = jsonBody({ body, isBase64Encoded: true });
        // A string of JSON may hold half a character, which UTF-8 cannot.
        expect(read).toEqual({ kind: 'json', value: JSON.parse(Buffer.from(text).toString()) });
      }),
    );
  });

  it('is found in a body of nested objects as deep as its size allows', () => {
    const depth = 5_400;
    const nested = (inner: string) => '{"a":'.repeat(depth) + inner + '}'.repeat(depth);
    const read = (body: string) => jsonBody({ body, isBase64Encoded: false });
    expect(read(nested('{"b":1,"b":1}'))).toBe('duplicate_json_keys');
    expect(read(nested('{"b":1,"c":1}'))).toMatchObject({ kind: 'json' });
  });

  it('takes time in proportion to its size, whatever it holds', () => {
    const size = 32 * 1024;
    const texts = ['\\\\', '\\"', '{', '"', ':', ' '].map(
      (part) => `"${part === '"' ? '' : part.repeat(size / 4)}"`,
    );
    const started = performance.now();
    for (const text of [...texts, `[${'"a",'.repeat(size / 4)}1]`])
      expect(hasDuplicateKeys(text)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
