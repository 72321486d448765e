import { describe, expect, it } from '@jest/globals';
import {
  filesOf,
  type Node,
  offenders,
  parseSource,
  type Source,
  sourcesUnder,
  textOf,
  using,
} from './sources.ts';

const lambdas = sourcesUnder('lambdas');
const entries = lambdas.filter(({ path }) => path.startsWith('lambdas/functions/'));
const ours = ['bin', 'lambdas', 'lib', 'local'].flatMap(sourcesUnder);
const sample = (text: string): readonly Source[] => [parseSource('x.ts', text)];

describe('the compiler checks what the code claims', () => {
  const asserted = ({ type }: Node): boolean =>
    /^Ts(AsExpression|TypeAssertion|NonNullExpression)$/.test(type);
  const untyped = ({ type, kind }: Node): boolean => type === 'TsKeywordType' && kind === 'any';

  it('no value is asserted to be of another type', () => {
    expect(offenders(ours, asserted)).toEqual([]);
    for (const text of ['const a = b as C;', 'const a = b!;', 'const a = b as unknown as C;']) {
      expect(offenders(sample(text), asserted)).not.toEqual([]);
    }
    expect(offenders(sample('const a = [1] as const;'), asserted)).toEqual([]);
  });

  it('no value has the type any', () => {
    expect(offenders(ours, untyped)).toEqual([]);
    expect(offenders(sample('const a: any = 1;'), untyped)).not.toEqual([]);
  });

  it('no check is disabled', () => {
    const silenced = ours.filter(({ text }) =>
      /@ts-(ignore|expect-error|nocheck)|biome-ignore|(eslint|oxlint)-disable/.test(text),
    );
    expect(silenced.map(({ path }) => path)).toEqual([]);
  });

  it('a missing value never becomes an empty text', () => {
    const emptied = ({ type, operator, right }: Node): boolean =>
      type === 'BinaryExpression' &&
      (operator === '??' || operator === '||') &&
      textOf(right).includes('');
    expect(offenders(lambdas, emptied)).toEqual([]);
    for (const text of ["const a = b ?? '';", 'const a = f(b ?? "");', "const a = b || '';"]) {
      expect(offenders(sample(text), emptied)).not.toEqual([]);
    }
  });
});

describe('WA-1: money is never a JavaScript number', () => {
  it('amounts are not rounded and never floats', () => {
    expect(
      using(
        lambdas,
        /^(parseFloat|Number\.parseFloat|parseInt|Number\.parseInt|\w*\.toFixed|Math\.(floor|ceil|trunc))$/,
      ),
    ).toEqual([
      // Milliseconds, not money.
      'lambdas/ledger/calendar.ts: Math.floor',
      // Which row, not money.
      'lambdas/ledger/pool/choice.ts: Math.floor',
      // Seconds, not money.
      'lambdas/ledger/responses.ts: Math.floor',
      'lambdas/payouts/schedule-message.ts: Math.floor',
      'lambdas/payouts/schedules.ts: Math.floor',
    ]);
  });

  it('input is parsed, not coerced', () => {
    expect(using(lambdas, /^z\.coerce/)).toEqual([]);
  });
});

describe('every function has the same frame', () => {
  it('environment variables are read in one module', () => {
    expect(filesOf(using(lambdas, /^process\.env$/))).toEqual(['lambdas/platform/env.ts']);
  });

  it('log lines are written by code, in one module', () => {
    expect(using(lambdas, /^console(\.|$)/)).toEqual([]);
    expect(filesOf(using(lambdas, /^logger\./))).toEqual(['lambdas/platform/logger.ts']);
  });

  const decides = ({ type, operator }: Node): boolean =>
    /^(If|For|ForIn|ForOf|While|DoWhile|Switch|Try)Statement$|^ConditionalExpression$/.test(type) ||
    (type === 'BinaryExpression' && ['&&', '||', '??'].includes(String(operator)));

  it('an entry file has at most 15 lines', () => {
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.filter(({ lines }) => lines > 15).map(({ path }) => path)).toEqual([]);
    expect(sample('a;\n'.repeat(16)).map(({ lines }) => lines)).toEqual([16]);
  });

  it('an entry file decides nothing', () => {
    expect(offenders(entries, decides)).toEqual([]);
    for (const text of ['if (a) b();', 'const a = b ? c : d;', 'a && b();', 'a ?? b;']) {
      expect(offenders(sample(text), decides)).not.toEqual([]);
    }
  });
});

describe('files stay short', () => {
  /** A table of texts, one entry after the other, without control flow. */
  const TABLES = ['lambdas/ledger/reasons.ts'];
  const tables = ours.filter(({ path }) => TABLES.includes(path));

  it('a file has at most 250 lines', () => {
    const long = ours.filter(({ path, lines }) => lines > 250 && !TABLES.includes(path));
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('a table of texts has no control flow', () => {
    const CODE = /^(If|For|ForOf|While|Switch|Try)Statement$|^(Await|Conditional)Expression$/;
    expect(tables.map(({ path }) => path)).toEqual(TABLES);
    expect(offenders(tables, ({ type }) => CODE.test(type))).toEqual([]);
  });
});
