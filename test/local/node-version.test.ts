import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { minVersion, satisfies, subset } from 'semver';
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

const { engines } = manifest.parse(JSON.parse(read('package.json')));
const { packages } = lock.parse(JSON.parse(read('package-lock.json')));

it('every package accepts every documented Node version, so that npm ci prints no warning', () => {
  const refusing = Object.entries(packages).flatMap(([path, { engines: given }]) => {
    if (given === undefined || !('node' in given)) return [];
    return subset(engines.node, given.node) ? [] : [`${path}: ${given.node}`];
  });
  expect(refusing).toEqual([]);
  expect(packages['']?.engines).toEqual(engines);
});

it('.nvmrc is one of the documented Node versions', () => {
  expect(satisfies(read('.nvmrc').trim(), engines.node)).toBe(true);
});

it.each(['README.md', 'CONTRIBUTING.md', 'docs/local-cloud.md'])(
  '%s names the Node versions of package.json',
  (path) => {
    const versions = engines.node
      .split(' || ')
      .map((range) => minVersion(range))
      .map((least) => `Node ${least?.major} (${least?.major}.${least?.minor} or newer)`)
      .join(' or ');
    expect(read(path).replaceAll(/\s+/g, ' ')).toContain(versions);
  },
);
