import { describe, expect, it } from '@jest/globals';
import {
  DYNAMIC_IMPORT,
  filesOf,
  offenders,
  parseSource,
  type Source,
  sourcesUnder,
  targetOf,
  using,
} from './sources.ts';

/** What each folder of `lambdas` may import beside itself, as paths under `lambdas/`. */
const MAY_IMPORT: Readonly<Record<string, RegExp>> = {
  functions: /^(http|operations|payouts|platform|queued)\/|^ledger\/context\.ts$/,
  http: /^(ledger|platform)\//,
  ledger: /^platform\//,
  operations: /^(http|ledger|platform)\/|^payouts\/transitions\.ts$/,
  payouts: /^(ledger|platform)\/|^operations\/withdrawals\/(rule|funds)\.ts$/,
  platform: /^$/,
  queued: /^(http|ledger|operations|payouts|platform)\//,
};

/** The modules that decide: no clock, no randomness, no I/O. */
const PURE =
  /rule\.ts$|^lambdas\/ledger\/(accounts|amount-limits|annotations|balances|calendar|counters|decision|fees|limits|merchant|money|payout|pending-releases|pool\/(choice|moves|pool|rebalance-plan)|postings|rates|reasons|reversed|row-writes|second-admin|shown-status|sign-in|transactions|wallet-opening)\.ts$/;

const folderOf = (path: string): string => path.split('/')[1] ?? '';
const all = sourcesUnder('lambdas');
const entries = all.filter(({ path }) => folderOf(path) === 'functions');
const pure = all.filter(({ path }) => PURE.test(path));

/** Imports between our own files that leave the allowed direction. */
const strayImports = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap((source) => {
    const folder = folderOf(source.path);
    return source.imports.flatMap((each) => {
      const target = targetOf(source, each)?.replace(/^lambdas\//, '');
      const isAllowed =
        target === undefined ||
        target.startsWith(`${folder}/`) ||
        MAY_IMPORT[folder]?.test(target) === true;
      return isAllowed ? [] : [`${source.path}: ${target}`];
    });
  });

/** A pure module imports other pure modules and zod; money also the list of currencies. */
const impureImports = (sources: readonly Source[]): readonly string[] =>
  sources.flatMap((source) =>
    source.imports
      .filter((each) => {
        const target = targetOf(source, each);
        if (target !== undefined) return !PURE.test(target);
        return each !== 'zod' && !(/\/money\.ts$/.test(source.path) && each === 'currency-codes');
      })
      .map((each) => `${source.path}: ${each}`),
  );

const currentTime = (sources: readonly Source[]): readonly string[] => [
  ...using(sources, /^(Date\.now|performance|setTimeout|setInterval|Temporal)$/),
  ...offenders(sources, ({ type, callee, arguments: given }) => {
    const isDate =
      typeof callee === 'object' && callee !== null && 'value' in callee && callee.value === 'Date';
    if (!isDate) return false;
    return type === 'CallExpression' || [given ?? []].flat().length === 0;
  }),
];
const randomness = (sources: readonly Source[]): readonly string[] =>
  using(sources, /^(Math\.random|crypto|randomUUID|createHash)$/);
const inputOutput = (sources: readonly Source[]): readonly string[] => [
  ...using(sources, /^(fetch|console|process|logger|log|Promise|globalThis)$/),
  ...offenders(sources, (node) => node.type === 'AwaitExpression' || node['async'] === true),
];

const cycles = (sources: readonly Source[]): readonly string[] => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' > '));
    const source = byPath.get(path);
    if (source === undefined || finished.has(path) || trail.includes(path)) return;
    for (const each of source.imports) visit(targetOf(source, each) ?? each, [...trail, path]);
    finished.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
};

const importing = (path: string, imported: string): readonly Source[] => [
  parseSource(path, `import { x } from '${imported}';`),
];

describe('imports go in one direction', () => {
  it.each(Object.keys(MAY_IMPORT))('lambdas/%s imports only what it may', (folder) => {
    const files = all.filter(({ path }) => folderOf(path) === folder);
    expect(files).not.toEqual([]);
    expect(strayImports(files)).toEqual([]);
  });

  it.each([
    ['lambdas/functions/x.ts', '../ledger/post.ts'],
    ['lambdas/http/x.ts', '../operations/index.ts'],
    ['lambdas/ledger/x.ts', '../http/operation.ts'],
    ['lambdas/ledger/rows/x.ts', '../../payouts/transitions.ts'],
    ['lambdas/operations/withdrawals/x.ts', '../../payouts/settle.ts'],
    ['lambdas/operations/withdrawals/x.ts', '../../functions/auth.ts'],
    ['lambdas/payouts/x.ts', '../operations/withdrawals/create-withdrawal.ts'],
    ['lambdas/payouts/providers/x.ts', '../../http/response.ts'],
    ['lambdas/platform/x.ts', '../ledger/money.ts'],
    ['lambdas/platform/x.ts', '../../lib/stages.ts'],
  ])('an import from %s of %s would be found', (path, imported) => {
    expect(filesOf(strayImports(importing(path, imported)))).toEqual([path]);
  });

  it('every folder of lambdas has its list of imports', () => {
    const folders = new Set(all.map(({ path }) => folderOf(path)));
    expect([...folders].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it('an entry file is imported by no other file', () => {
    expect(entries.map(({ path }) => path)).toContain('lambdas/functions/withdrawals.ts');
    const everywhere = ['lambdas', 'lib', 'local', 'bin'].flatMap(sourcesUnder);
    const importers = everywhere.flatMap((source) =>
      source.imports
        .filter((each) => entries.some(({ path }) => path === targetOf(source, each)))
        .map((each) => `${source.path} imports ${each}`),
    );
    expect(importers).toEqual([]);
  });

  it('deployed code imports no code that is not deployed', () => {
    const strays = all.flatMap((source) =>
      source.imports.filter((each) => targetOf(source, each)?.startsWith('lambdas/') === false),
    );
    expect(strays).toEqual([]);
  });

  it('the stacks import only descriptors, environments and names from the functions', () => {
    const known = sourcesUnder('lib').flatMap((source) =>
      source.imports
        .map((each) => targetOf(source, each))
        .filter((target) => target?.startsWith('lambdas/')),
    );
    expect([...new Set(known)].toSorted()).toEqual([
      'lambdas/http/operation.ts',
      'lambdas/ledger/amount-limits.ts',
      'lambdas/ledger/keys.ts',
      'lambdas/ledger/payout.ts',
      'lambdas/operations/index.ts',
      'lambdas/platform/env.ts',
    ]);
  });

  it('no file imports itself through others', () => {
    expect(cycles(all)).toEqual([]);
    const pair = [...importing('lambdas/a.ts', './b.ts'), ...importing('lambdas/b.ts', './a.ts')];
    expect(cycles(pair)).toEqual(['lambdas/a.ts > lambdas/b.ts > lambdas/a.ts']);
  });

  it('no file is imported during a request', () => {
    const dynamic = all.filter(({ imports }) => imports.includes(DYNAMIC_IMPORT));
    expect(dynamic.map(({ path }) => path)).toEqual([]);
    expect(parseSource('x.ts', "await import('./y.ts');").imports).toEqual([DYNAMIC_IMPORT]);
  });
});

describe('rules and the pure ledger modules are functions of their arguments', () => {
  /** `post` is as pure, but makes index keys, which are hashes. */
  const calculating = [...pure, ...all.filter(({ path }) => path === 'lambdas/ledger/post.ts')];
  const impure = (text: string): readonly Source[] => [parseSource('x-rule.ts', text)];

  it('every rule and every pure module of the ledger is covered', () => {
    const modules = pure.filter(({ path }) => path.startsWith('lambdas/ledger/'));
    expect(modules.map(({ path }) => path)).toEqual([
      'lambdas/ledger/accounts.ts',
      'lambdas/ledger/amount-limits.ts',
      'lambdas/ledger/annotations.ts',
      'lambdas/ledger/balances.ts',
      'lambdas/ledger/calendar.ts',
      'lambdas/ledger/counters.ts',
      'lambdas/ledger/decision.ts',
      'lambdas/ledger/fees.ts',
      'lambdas/ledger/limits.ts',
      'lambdas/ledger/merchant.ts',
      'lambdas/ledger/money.ts',
      'lambdas/ledger/payout.ts',
      'lambdas/ledger/pending-releases.ts',
      'lambdas/ledger/pool/choice.ts',
      'lambdas/ledger/pool/moves.ts',
      'lambdas/ledger/pool/pool.ts',
      'lambdas/ledger/pool/rebalance-plan.ts',
      'lambdas/ledger/postings.ts',
      'lambdas/ledger/rates.ts',
      'lambdas/ledger/reasons.ts',
      'lambdas/ledger/reversed.ts',
      'lambdas/ledger/row-writes.ts',
      'lambdas/ledger/second-admin.ts',
      'lambdas/ledger/shown-status.ts',
      'lambdas/ledger/sign-in.ts',
      'lambdas/ledger/transactions.ts',
      'lambdas/ledger/wallet-opening.ts',
    ]);
    const rules = pure.filter(({ path }) => !path.startsWith('lambdas/ledger/'));
    expect(rules.length).toBeGreaterThanOrEqual(8);
    // A file that exports a decision is a rule, under a name that says so.
    const deciding = all.filter(({ text }) => /export function decide[A-Z]/.test(text));
    expect(deciding.filter((each) => !rules.includes(each)).map(({ path }) => path)).toEqual([]);
    expect(calculating.length).toBe(pure.length + 1);
  });

  it('they import only each other, zod and the list of currencies', () => {
    expect(impureImports(pure)).toEqual([]);
    const rule = 'lambdas/operations/x/rule.ts';
    for (const imported of [
      '../../ledger/keys.ts',
      '../../ledger/post.ts',
      '../../platform/logger.ts',
      'node:crypto',
      'currency-codes',
    ]) {
      expect(impureImports(importing(rule, imported))).toEqual([`${rule}: ${imported}`]);
    }
  });

  it('they do not read the clock', () => {
    expect(currentTime(calculating)).toEqual([]);
    for (const text of ['new Date();', 'new Date;', 'Date();', 'Date.now();']) {
      expect(currentTime(impure(text))).toHaveLength(1);
    }
    expect(currentTime(impure('new Date(at);'))).toEqual([]);
  });

  it('they draw no random numbers and make no ids', () => {
    expect(randomness(calculating)).toEqual([]);
    expect(randomness(impure('crypto.randomUUID();'))).not.toEqual([]);
    expect(randomness(impure('Math.random();'))).not.toEqual([]);
  });

  it('they do no input or output', () => {
    expect(inputOutput(calculating)).toEqual([]);
    for (const text of ['await x;', 'const f = async () => 1;', 'fetch(x);', 'log(x);']) {
      expect(inputOutput(impure(text))).not.toEqual([]);
    }
  });
});
