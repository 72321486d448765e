import { describe, expect, it } from '@jest/globals';
import type { MetadataJson } from 'libphonenumber-js/core';
import { getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import examples from 'libphonenumber-js/mobile/examples';
import metadata from 'libphonenumber-js/mobile/metadata';
import { phoneNumber } from '../../../lambdas/operations/sales/phone-number.ts';
import { validationOnly } from '../../../lib/constructs/mobile-numbers.ts';
import { seeded } from '../../harness/random.ts';

const countries = Object.keys(metadata.countries) as (keyof typeof metadata.countries)[];
const numbers = countries.flatMap((country) => {
  const number = getExampleNumber(country, examples, metadata)?.number;
  return number === undefined ? [] : [[country, String(number)] as const];
});

describe('SA-1: a phone number', () => {
  it.each(numbers)('of a mobile phone in %s is accepted: %s', (_, number) => {
    expect(phoneNumber.safeParse(number).success).toBe(true);
  });

  it('is judged in a bundle as by the full data of libphonenumber', () => {
    const bundled = validationOnly() as unknown as MetadataJson;
    const random = seeded(1);
    const digit = () => String(Math.floor(random() * 10));
    const answers = new Set<unknown>();
    const differing: string[] = [];
    for (let run = 0; run < 40; run += 1) {
      for (const [, number] of numbers) {
        const at = 2 + Math.floor(random() * (number.length - 2));
        const changed = number.slice(0, at) + digit() + number.slice(run % 20 === 0 ? at : at + 1);
        const [full, small] = [metadata, bundled].map((each) => {
          const parsed = parsePhoneNumberFromString(changed, each);
          return `${parsed?.number} ${parsed?.isValid()}`;
        });
        if (small !== full) differing.push(changed);
        answers.add(full?.split(' ')[1]);
      }
    }
    expect(differing).toEqual([]);
    expect(answers).toEqual(new Set(['true', 'false', 'undefined']));
  });
});
