import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GROUPS } from '../../lambdas/operations/index.ts';
import { foldersUnder, ROOT, sourcesUnder } from './sources.ts';

/** One folder for each group of operations. */
const CAPABILITIES = GROUPS.map(({ name }) => name).toSorted();

/** The folders of the design's layout (section 10) that hold code today. */
const LAYOUT: Readonly<Record<string, readonly string[]>> = {
  lambdas: [
    'functions',
    'http',
    'ledger',
    'ledger/busy',
    'ledger/pool',
    'ledger/rows',
    'operations',
    ...CAPABILITIES.map((name) => `operations/${name}`),
    'payouts',
    'payouts/providers',
    'platform',
    'queued',
  ],
  lib: ['constructs'],
  local: ['bank'],
  // Mirrors lambdas, beside the kinds of tests that have no counterpart there.
  test: [
    'architecture',
    'e2e',
    'fuzz',
    'harness',
    'harness/bench',
    'harness/contention',
    'heavy',
    'http',
    'infrastructure',
    'ledger',
    'ledger/busy',
    'ledger/pool',
    'ledger/rows',
    'local',
    'model',
    'mutation',
    'operations',
    ...CAPABILITIES.map((name) => `operations/${name}`),
    'payouts',
    'payouts/providers',
    'platform',
    'queued',
  ],
};

/** Python compiles local/ministack.py into it. */
const GENERATED = /\/__pycache__$/;

const strayFolders = (root: string, folders: readonly string[]): readonly string[] =>
  folders
    .filter((path) => !GENERATED.test(path))
    .filter((path) => LAYOUT[root]?.includes(path.slice(root.length + 1)) !== true);

describe('every folder has its place in the layout', () => {
  it.each(Object.keys(LAYOUT))('%s has only folders of the layout', (root) => {
    expect(strayFolders(root, foldersUnder(root))).toEqual([]);
    expect(strayFolders(root, [`${root}/utils`])).toEqual([`${root}/utils`]);
  });

  it.each(['lambdas', 'lib', 'local'])('%s has every folder of the layout', (root) => {
    const folders = foldersUnder(root);
    expect(LAYOUT[root]?.filter((path) => !folders.includes(`${root}/${path}`))).toEqual([]);
  });

  it('every capability is a group of operations with a folder and an entry file', () => {
    expect(CAPABILITIES).toEqual(expect.arrayContaining(['deposits', 'transfers', 'withdrawals']));
    const entries = readdirSync(join(ROOT, 'lambdas', 'functions'));
    expect(CAPABILITIES.filter((name) => !entries.includes(`${name}.ts`))).toEqual([]);
  });
});

describe('names say what a module does', () => {
  const BUCKETS = /^(utils?|helpers?|commons?|types?|services?|managers?|misc|shared|lib)$/;
  const lastPart = (path: string): string => path.split('/').at(-1) ?? path;
  const buckets = (paths: readonly string[]): readonly string[] =>
    paths.filter((path) => BUCKETS.test(lastPart(path).replace(/\.ts$/, '')));

  const files = ['bin', 'lambdas', 'lib', 'local', 'test']
    .flatMap(sourcesUnder)
    .map(({ path }) => path);

  it('no folder and no file is a collection of leftovers', () => {
    const folders = ['lambdas', 'lib', 'local', 'test'].flatMap(foldersUnder);
    expect(buckets(folders)).toEqual([]);
    expect(buckets(files)).toEqual([]);
    expect(buckets(['lambdas/helpers', 'lib/types.ts', 'test/common'])).toHaveLength(3);
  });

  it('files are kebab-case', () => {
    const KEBAB = /^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/;
    expect(files.filter((path) => !KEBAB.test(path))).toEqual([]);
    expect(KEBAB.test('lambdas/http/listPage.ts')).toBe(false);
  });
});
