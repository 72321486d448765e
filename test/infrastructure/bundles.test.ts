import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { appOf, inside, templateOf } from '../harness/templates.ts';
import { resolved } from './resolved.ts';

const LIMIT = 650 * 1024;
const run = promisify(execFile);

type Bundle = { readonly name: string; readonly file: string; readonly env: NodeJS.ProcessEnv };

const variables = z.record(z.string(), z.string());

/** Bundles every function as a deployment does. */
const bundlesIn = (outdir: string): Bundle[] => {
  const { data, service } = appOf('local', {
    outdir,
    context: { 'aws:cdk:enable-asset-metadata': true },
  });
  return [data, service].flatMap((stack) => {
    const template = templateOf(stack);
    return Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties: { FunctionName, Environment }, Metadata }) => ({
        name: String(FunctionName).replace('surety-local-', ''),
        file: join(outdir, basename(String(Metadata['aws:asset:path'])), 'index.mjs'),
        env: variables.parse(inside(resolved('local', template, Environment), 'Variables')),
      }));
  });
};

describe('function bundles', () => {
  let outdir: string;
  let bundles: Bundle[];

  beforeAll(async () => {
    outdir = await mkdtemp(join(tmpdir(), 'surety-bundles-'));
    bundles = bundlesIn(outdir);
  }, 180_000);
  afterAll(() => rm(outdir, { recursive: true, force: true }));

  it('are at most 650 KB each, to keep cold starts short', () => {
    const large = bundles
      .map(({ name, file }) => ({ name, bytes: readFileSync(file).length }))
      .filter(({ bytes }) => bytes > LIMIT);
    expect(bundles.length).toBeGreaterThan(0);
    expect(large).toEqual([]);
  });

  // One `import { z }` instead of `import * as z` would bundle all of its locales.
  it('contain no zod locale except English', () => {
    const translated = bundles.filter(({ file }) =>
      /Ongeldige invoer|Ugyldig input/.test(readFileSync(file, 'utf8')),
    );
    expect(translated.map(({ name }) => name)).toEqual([]);
  });

  it('start with their deployed environment and export a handler', async () => {
    const start = 'const { handler } = await import(process.argv[1]); console.log(typeof handler);';
    for (const { name, file, env } of bundles) {
      const node = ['--input-type=module', '--eval', start, file];
      const { stdout } = await run(process.execPath, node, {
        env: { ...env, AWS_REGION: 'us-east-1' },
      });
      expect(`${name}: ${stdout.trim().split('\n').at(-1)}`).toBe(`${name}: function`);
    }
  }, 60_000);
});
