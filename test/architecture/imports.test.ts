import { describe, expect, it } from '@jest/globals';
import { type Source, sourcesUnder, targetOf } from './sources.ts';

/** What each folder of `lambdas` may import: the flow of design.md section 10, one direction per arrow. */
const MAY_IMPORT: Readonly<Record<string, readonly RegExp[]>> = {
  domain: [/^\.\//, /^zod$/, /^currency-codes$/],
  store: [/^\.\//, /^\.\.\/domain\//, /^@aws-sdk\//, /^zod$/, /^dataloader$/, /^node:crypto$/],
  bank: [/^\.\//, /^\.\.\/domain\//, /^zod$/, /^node:timers\/promises$/],
  stream: [/^\.\//, /^\.\.\/domain\//, /^zod$/, /^aws-lambda$/],
  queue: [
    /^\.\//,
    /^\.\.\/(domain|store)\//,
    /^\.\.\/bank\/port\.ts$/,
    /^\.\.\/runtime\/(batch|observe|retry)\.ts$/,
    /^@aws-sdk\/client-(sqs|scheduler)$/,
    /^aws-lambda$/,
    /^zod$/,
  ],
  api: [
    /^\.\//,
    /^\.\.\/(domain|store|runtime)\//,
    /^@aws-sdk\/client-cognito-identity-provider$/,
    /^zod$/,
    /^node:crypto$/,
  ],
  runtime: [
    /^\.\//,
    /^\.\.\/(domain|store)\//,
    /^\.\.\/api\/routes\.ts$/,
    /^@aws-lambda-powertools\//,
    /^@aws-sdk\//,
    /^@middy\/core$/,
    /^aws-lambda$/,
    /^zod$/,
    /^node:timers\/promises$/,
  ],
};

const folderOf = ({ path }: Source): string => path.split('/').slice(1, -1).join('/');
const all = sourcesUnder('lambdas');
const entries = all.filter((source) => folderOf(source) === '');

describe('imports go one way', () => {
  it.each(Object.entries(MAY_IMPORT))('lambdas/%s imports only what it may', (folder, allowed) => {
    const files = all.filter((source) => folderOf(source) === folder);
    expect(files).not.toEqual([]);
    const strays = files.flatMap(({ path, imports }) =>
      imports
        .filter((each) => !allowed.some((pattern) => pattern.test(each)))
        .map((each) => `${path} imports ${each}`),
    );
    expect(strays).toEqual([]);
  });

  it('every folder of lambdas has its rule, and is one level deep', () => {
    const folders = new Set(all.map(folderOf).filter((folder) => folder !== ''));
    expect([...folders].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it('an entry file imports, and is imported by nobody', () => {
    expect(entries.map(({ path }) => path)).toContain('lambdas/withdrawals.ts');
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
      'lambdas/api/routes.ts',
      'lambdas/runtime/env.ts',
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
