import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const manifest = z.object({ engines: z.object({ node: z.string() }) });
const lock = z.object({
  // Some old packages have a list of engines, which npm does not read.
  packages: z.record(
    z.string(),
    z.object({
      engines: z.object({ node: z.string() }).or(z.object({})).or(z.array(z.string())).optional(),
    }),
  ),
});

/** From the first version to before the second one, as numbers. */
type Interval = readonly [from: number, to: number];
const numberOf = (major: number, minor = 0, patch = 0): number => major * 1e8 + minor * 1e4 + patch;

const COMPARATOR = /^(\^|~|>=|<|)(\d+)(?:\.(\d+|\*))?(?:\.(\d+|\*))?$/;

/** The comparators that packages use for Node. Another one throws, so that nothing is misread. */
function intervalOf(comparator: string): Interval {
  if (comparator === '*') return [0, Number.POSITIVE_INFINITY];
  const [, sign, ...parts] = COMPARATOR.exec(comparator) ?? [];
  const numbers = parts.filter((part) => part !== undefined && part !== '*').map(Number);
  const [major, minor, patch] = numbers;
  if (major === undefined || (sign === '^' && major === 0)) {
    throw new Error(`unknown comparator ${comparator}`);
  }
  const from = numberOf(major, minor, patch);
  if (sign === '>=') return [from, Number.POSITIVE_INFINITY];
  if (sign === '<') return [0, from];
  if (sign === '^' || minor === undefined) return [from, numberOf(major + 1)];
  if (sign === '~' || patch === undefined) return [from, numberOf(major, minor + 1)];
  return [from, from + 1];
}

/** The alternatives of a range. Comparators beside each other apply together. */
const intervalsOf = (range: string): readonly Interval[] =>
  range.split('||').map((alternative) => {
    const comparators = alternative
      .trim()
      .replaceAll(/(>=|<|\^|~)\s+/g, '$1')
      .split(/\s+/);
    const together = comparators.map(intervalOf);
    return [Math.max(...together.map(([from]) => from)), Math.min(...together.map(([, to]) => to))];
  });

/** Whether every version of the first range is in the second one. */
function accepts(all: string, range: string): boolean {
  const sorted = intervalsOf(range).toSorted(([a], [b]) => a - b);
  return intervalsOf(all).every(([from, to]) => {
    let reached = from;
    for (const [start, end] of sorted) if (start <= reached) reached = Math.max(reached, end);
    return reached >= to;
  });
}

const { engines } = manifest.parse(JSON.parse(read('package.json')));
const { packages } = lock.parse(JSON.parse(read('package-lock.json')));

it.each([
  ['>=20', '>= 20.0.0', true],
  ['>=20', '>=22', false],
  ['^22.12.0', '^20.19.0 || ^22.13.0 || >=23.5.0', false],
  ['^22.13.0 || >=24.0.0', '^20.19.0 || ^22.13.0 || >=23.5.0', true],
  ['>=22', '^18.14.0 || ^20.0.0 || ^22.0.0 || >=24.0.0', false],
  ['>=22', '18 || 20 || ^22.0.0 || ^23 || >=24.0.0', true],
  ['>=14.17', '>=16 || 14 >=14.17', false],
  ['^14.18 || >=16', '>=16 || 14 >=14.17', true],
  ['>=10', '6.* || 8.* || >= 10.*', true],
  ['^22.13.0', '~22.13.0 || >=22.14', true],
  ['^22.13.0', '~22.13.0', false],
  ['^22.13.0', '>=20 <23', true],
  ['>=22', '>=20 <23', false],
  ['22.13.1', '22.13', true],
  ['22.13', '22.13.1', false],
])('every version of %s is in %s: %s', (all, range, expected) => {
  expect(accepts(all, range)).toBe(expected);
});

it.each(['>22', '<=24', '^0.12', 'x', '22.0.0-rc.1'])(
  'the check refuses the unknown comparator %s',
  (range) => {
    expect(() => accepts('>=22', range)).toThrow('unknown comparator');
  },
);

it('every package accepts every documented Node version, so that npm ci prints no warning', () => {
  const refusing = Object.entries(packages).flatMap(([path, { engines: given }]) => {
    if (given === undefined || !('node' in given)) return [];
    return accepts(engines.node, given.node) ? [] : [`${path}: ${given.node}`];
  });
  expect(refusing).toEqual([]);
  expect(packages['']?.engines).toEqual(engines);
});

it('.nvmrc is one of the documented Node versions', () => {
  expect(accepts(read('.nvmrc').trim(), engines.node)).toBe(true);
});

it.each(['README.md', 'CONTRIBUTING.md', 'docs/local-cloud.md'])(
  '%s names the Node versions of package.json',
  (path) => {
    const [, major, minor, next] =
      /^\^(\d+)\.(\d+)\.0 \|\| >=(\d+)\.0\.0$/.exec(engines.node) ?? [];
    const versions = `Node ${major} (${major}.${minor} or newer) or Node ${next} or newer`;
    expect(read(path).replaceAll(/\s+/g, ' ')).toContain(versions);
  },
);
