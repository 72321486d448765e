import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { FIELD_PROBLEMS } from '../../lambdas/http/problems.ts';
import { REASONS } from '../../lambdas/ledger/reasons.ts';
import { isFinal, STATUSES } from '../../lambdas/ledger/transactions.ts';
import { GROUPS, OPERATIONS } from '../../lambdas/operations/index.ts';
import { TRANSITIONS } from '../../lambdas/payouts/transitions.ts';
import {
  isNode,
  type Node,
  nameOf,
  nodesIn,
  parseSource,
  ROOT,
  type Source,
  sourcesUnder,
  textOf,
} from './sources.ts';

type Page = { readonly path: string; readonly text: string };
const read = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), 'utf8') });

const pages: readonly Page[] = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .toSorted()
    .map((path) => join('docs', path)),
].map(read);
const pageOf = (path: string): string => pages.find((page) => page.path === path)?.text ?? '';

/** Every group of every match, in order. */
const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].flatMap(([, ...groups]) => groups);

const withoutCode = (text: string): string => text.replaceAll(/```[\s\S]*?```/g, '');

describe('docs/life-of-a-withdrawal.md', () => {
  const diagram = pageOf('docs/life-of-a-withdrawal.md');

  it('WD-3: the diagram draws every transition of the code, and no other', () => {
    const drawn = [...diagram.matchAll(/^ {2}(\w+) --> (\w+): (\w+)$/gm)].map(
      ([, from, to, name]) => `${from} ${name} ${to}`,
    );
    const made = Object.entries(TRANSITIONS).flatMap(([name, { from, to }]) =>
      from.map((status) => `${status} ${name} ${to}`),
    );
    expect(made.length).toBeGreaterThan(10);
    expect(drawn.toSorted()).toEqual(made.toSorted());
  });

  it('WD-3: the diagram ends at the final statuses', () => {
    const ends = matches(diagram, /^ {2}(\w+) --> \[\*\]$/gm);
    expect(ends.toSorted()).toEqual(STATUSES.filter(isFinal).toSorted());
  });

  it('the table of transitions explains each of them once', () => {
    const [, table = ''] = diagram.split('| transition | when | effect |');
    const [rows = ''] = table.split('\n\n');
    expect(matches(rows, /^\| (\w+) \|/gm)).toEqual(Object.keys(TRANSITIONS));
  });
});

describe('docs/status.md', () => {
  /** The id and the status of each row. */
  const rowsOf = (text: string): readonly (readonly [id: string, status: string])[] =>
    [...text.matchAll(/^\| ([A-Z]{2}-\d+) \| .*? \| (.*?) \| .*\|$/gm)].map(
      ([, id = '', status = '']) => [id, status],
    );
  const works = (status: string): boolean => /\bworks\b/.test(status);
  const rows = rowsOf(pageOf('docs/status.md'));

  /** The names of tests and of groups of tests, as far as they are literal. */
  const testNames = ({ nodes }: Source): readonly string[] => nodes.flatMap(testName);
  function testName({ type, callee, arguments: given }: Node): readonly string[] {
    if (type !== 'CallExpression' || !Array.isArray(given)) return [];
    const call = isNode(callee) && callee.type === 'CallExpression' ? callee['callee'] : callee;
    if (!/^(describe|it|test)(\.each)?$/.test(nameOf(call))) return [];
    return nodesIn(given[0]).flatMap(textOf);
  }

  it('every requirement has one row with a status', () => {
    const ids = rows.map(([id]) => id);
    expect(ids.length).toBeGreaterThan(50);
    expect(new Set(ids).size).toBe(ids.length);
    const unclear = rows.filter(([, status]) => !/\b(works|partly|planned)\b/.test(status));
    expect(unclear).toEqual([]);
  });

  it('every requirement that works is named by a test', () => {
    const others = sourcesUnder('test').filter(({ path }) => !path.endsWith('/docs.test.ts'));
    const names = others.flatMap(testNames).join('\n');
    const claimed = rows.filter(([, status]) => works(status)).map(([id]) => id);
    expect(claimed.length).toBeGreaterThan(15);
    expect(claimed.filter((id) => !new RegExp(`\\b${id}\\b`).test(names))).toEqual([]);
  });

  it('a row that works and a test that names it would be found', () => {
    expect(rowsOf('| AP-5 | health | health works; metrics planned | [API](api.md) |')).toEqual([
      ['AP-5', 'health works; metrics planned'],
    ]);
    expect(works('partly: no alarm')).toBe(false);
    const source = parseSource(
      'x.ts',
      "describe('a', () => { it('WD-1: b', f); it.each(rows)('WD-2: c', f); }); g('WD-3'); // WD-4",
    );
    expect(testNames(source)).toEqual(['a', 'WD-1: b', 'WD-2: c']);
  });
});

describe('docs/api.md', () => {
  const api = pageOf('docs/api.md');

  it('describes every route, and no other', () => {
    const headings = matches(api, /^### `([A-Z]+ \/\S*)`$/gm);
    expect(headings.toSorted()).toEqual(OPERATIONS.map(({ route }) => route).toSorted());
  });

  it.each(OPERATIONS.map(({ route, access }) => [route, access]))(
    '%s names who may call it: %s',
    (route, access) => {
      const [, section = ''] = api.split(`### \`${route}\`\n`);
      expect(section.trimStart()).toMatch(new RegExp(`^Access: ${access}\\b`));
    },
  );

  it('lists every error code under its status, and every field code', () => {
    const [, errors = ''] = api.split('\n## Error codes\n');
    const [reasons = '', fields = ''] = errors.split('Field codes in `errors`');
    const listed = [...reasons.matchAll(/^\| (\d{3}) \| (.*) \|$/gm)].flatMap(
      ([, status, codes = '']) => matches(codes, /`([a-z_]+)`/g).map((code) => `${status} ${code}`),
    );
    const known = Object.entries(REASONS).map(([code, { status }]) => `${status} ${code}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
    const fieldCodes = [...fields.matchAll(/^\| [^|]+ \| (.*) \|$/gm)].flatMap(([, codes = '']) =>
      matches(codes, /`([a-z_]+)`/g),
    );
    expect(fieldCodes.toSorted()).toEqual(Object.keys(FIELD_PROBLEMS).toSorted());
  });

  it('names no error code that the API does not have', () => {
    const codes = new Set([...Object.keys(REASONS), ...Object.keys(FIELD_PROBLEMS)]);
    /** In sentences and table rows that start with a status, and as "field code". */
    const namedCodes = (text: string): readonly string[] => [
      ...withoutCode(text)
        .split(/(?<=[.:])\s/)
        .filter((sentence) => /^\d{3} `/.test(sentence.trim()))
        .flatMap((sentence) => matches(sentence, /`([a-z]+(?:_[a-z]+)+)`/g)),
      ...matches(text, /^\| \d{3} \| ([^|]*) \|/gm).flatMap((cell) =>
        matches(cell, /`([a-z]+(?:_[a-z]+)+)`/g),
      ),
      ...matches(text, /field code `(\w+)`/g),
    ];
    expect(namedCodes(api).length).toBeGreaterThan(80);
    expect(namedCodes(api).filter((code) => !codes.has(code))).toEqual([]);
    const text =
      'Refusals: 404 `a_b`; 409 `c_d`.\n\n| 403 | `e_f` | `no_code` |\nThe field code `g_h`.';
    expect(namedCodes(text)).toEqual(['a_b', 'c_d', 'e_f', 'g_h']);
  });
});

describe('docs/operations.md', () => {
  const operations = pageOf('docs/operations.md');

  it('LE-5: lists every log code, and no other', () => {
    const [logger] = sourcesUnder('lambdas/platform').filter(({ path }) =>
      path.endsWith('/logger.ts'),
    );
    const union = logger?.nodes.find(
      ({ type, id }) => type === 'TsTypeAliasDeclaration' && nameOf(id) === 'LogCode',
    );
    const codes = nodesIn(union).flatMap(textOf);
    expect(codes.length).toBeGreaterThan(20);
    const [, table = ''] = operations.split('| code | kind | means |');
    const [rows = ''] = table.split('\n\n');
    const listed = [...rows.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, first = '']) =>
      matches(first, /`([A-Z_]+)`/g),
    );
    expect(listed.toSorted()).toEqual(codes.toSorted());
  });

  it('lists every function that serves no route of its own, and no other', () => {
    const [, table = ''] = operations.split('| function | triggered by | while it fails |');
    const [rows = ''] = table.split('\n\n');
    const groups: readonly string[] = GROUPS.map(({ name }) => `${name}.ts`);
    const entries = readdirSync(join(ROOT, 'lambdas', 'functions')).filter(
      (name) => !groups.includes(name),
    );
    expect(
      matches(rows, /^\| `([a-z-]+)` \|/gm)
        .map((name) => `${name}.ts`)
        .toSorted(),
    ).toEqual(entries.toSorted());
  });
});

describe('the README', () => {
  it('has at most 900 words', () => {
    const words = pageOf('README.md').split(/\s+/).filter(Boolean);
    expect(words.length).toBeLessThanOrEqual(900);
  });
});

describe('every page', () => {
  /** The anchor that GitHub makes of a heading. */
  const anchorOf = (heading: string): string =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
  const anchorsOf = (text: string): readonly string[] =>
    matches(withoutCode(text), /^#{1,6} (.+)$/gm).map(anchorOf);

  /** Relative links that lead nowhere. */
  const brokenLinks = ({ path, text }: Page): readonly string[] =>
    matches(withoutCode(text), /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        if (!existsSync(join(ROOT, target))) return true;
        return anchor !== undefined && !anchorsOf(read(target).text).includes(anchor);
      })
      .map((link) => `${path}: ${link}`);

  it('has only links that resolve, with their anchors', () => {
    expect(pages.flatMap(({ text }) => matches(text, /\]\(([^)]+)\)/g)).length).toBeGreaterThan(50);
    expect(pages.flatMap(brokenLinks)).toEqual([]);
    const page = { path: 'docs/x.md', text: '[a](api.md#health) [b](none.md) [c](api.md#none)' };
    expect(brokenLinks(page)).toEqual(['docs/x.md: none.md', 'docs/x.md: api.md#none']);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const unknownScripts = (text: string): readonly string[] =>
      matches(text, /\bnpm (?:run (?:-\S+ )*([a-z][a-z:-]*)|(start|test)\b)/g)
        .filter((name) => name !== undefined)
        .filter((name) => !Object.hasOwn(scripts, name));
    expect(pages.flatMap(({ text }) => unknownScripts(text))).toEqual([]);
    expect(unknownScripts('npm run --silent token -- alice, npm run nothing')).toEqual(['nothing']);
  });

  it('names only files and folders that exist', () => {
    const missing = (text: string): readonly string[] =>
      matches(text, /`((?:bin|docs|lambdas|lib|local|test)\/[\w./-]+)`/g).filter(
        (path) => !existsSync(join(ROOT, path)),
      );
    expect(
      pages.flatMap(({ path, text }) => missing(text).map((each) => `${path}: ${each}`)),
    ).toEqual([]);
    expect(missing('`lambdas/ledger/post.ts` `lambdas/store/commit.ts`')).toEqual([
      'lambdas/store/commit.ts',
    ]);
  });
});
