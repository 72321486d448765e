import { describe, expect, it } from '@jest/globals';
import { sourcesUnder, targetOf } from './sources.ts';

/** Which of the other folders of `lambdas` each may import; outside packages by its own list. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  functions: ['http', 'ledger', 'operations', 'payouts', 'platform'],
  http: ['ledger', 'platform'],
  ledger: ['http', 'operations', 'platform'],
  operations: ['http', 'ledger', 'platform'],
  payouts: ['ledger', 'operations', 'platform'],
  platform: ['ledger'],
};

const folderOf = (path: string): string => path.split('/')[1] ?? '';
const all = sourcesUnder('lambdas');
const entries = all.filter(({ path }) => folderOf(path) === 'functions');

describe('imports go one way', () => {
  it.each(Object.entries(MAY_IMPORT))('lambdas/%s imports only what it may', (folder, allowed) => {
    const files = all.filter(({ path }) => folderOf(path) === folder);
    expect(files).not.toEqual([]);
    const strays = files.flatMap((source) =>
      source.imports
        .map((each) => targetOf(source, each))
        .filter((target) => target !== undefined)
        .filter((target) => ![folder, ...allowed].includes(folderOf(target)))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(strays).toEqual([]);
  });

  it('every folder of lambdas has its rule', () => {
    const folders = new Set(all.map(({ path }) => folderOf(path)));
    expect([...folders].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it('an entry file imports, and is imported by nobody', () => {
    expect(entries.map(({ path }) => path)).toContain('lambdas/functions/withdrawals.ts');
    const everywhere = [...all, ...sourcesUnder('lib'), ...sourcesUnder('local')];
    const importers = everywhere.flatMap((source) =>
      source.imports
        .filter((each) => entries.some(({ path }) => path === targetOf(source, each)))
        .map((each) => `${source.path} imports ${each}`),
    );
    expect(importers).toEqual([]);
  });

  it('nothing that is deployed imports what is not', () => {
    const strays = all.flatMap((source) =>
      source.imports.filter((each) => targetOf(source, each)?.startsWith('lambdas/') === false),
    );
    expect(strays).toEqual([]);
  });

  it('the stacks know of the functions only their routes and their environments', () => {
    const known = sourcesUnder('lib').flatMap((source) =>
      source.imports
        .map((each) => targetOf(source, each))
        .filter((target) => target?.startsWith('lambdas/')),
    );
    expect([...new Set(known)].toSorted()).toEqual([
      'lambdas/http/routes.ts',
      'lambdas/platform/env.ts',
    ]);
  });

  it('no file imports itself by way of others', () => {
    const byPath = new Map(all.map((source) => [source.path, source]));
    const finished = new Set<string>();
    const circles: string[] = [];
    const walk = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' > '));
      const source = byPath.get(path);
      if (source === undefined || finished.has(path) || way.includes(path)) return;
      for (const each of source.imports) walk(targetOf(source, each) ?? each, [...way, path]);
      finished.add(path);
    };
    for (const { path } of all) walk(path, []);
    expect(circles).toEqual([]);
  });

  it('nothing is imported in the middle of a request', () => {
    const dynamic = all.filter(({ imports }) => imports.includes('a dynamic import'));
    expect(dynamic.map(({ path }) => path)).toEqual([]);
  });
});
