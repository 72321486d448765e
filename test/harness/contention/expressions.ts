import { isDeepStrictEqual } from 'node:util';
import type { Row } from '../../../lambdas/ledger/apply.ts';
import { compareTexts, isMap } from './stored.ts';

/** What an expression is evaluated on. The placeholders stand for names and values. */
export type Scope = {
  /** Undefined where there is no row. */
  readonly row: Row | undefined;
  readonly names: Readonly<Record<string, string>> | undefined;
  /** As stored: numbers are bigint. */
  readonly values: Row | undefined;
};

/** The request itself is wrong, or does not fit the row. */
export class InvalidExpression extends Error {}

type Test = (scope: Scope) => boolean;
type Operand = (scope: Scope) => unknown;
type Path = (scope: Scope) => readonly string[];
type Change = { readonly path: Path; readonly value: Operand };
type Update = { readonly sets: readonly Change[]; readonly removes: readonly Path[] };

/** The tokens of one expression, from left to right. */
class Tokens {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #taken = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/[#:]?\w+|<>|<=|>=|\S/g) ?? [];
  }

  get next(): string | undefined {
    return this.#tokens[this.#taken];
  }

  take(): string {
    const token = this.next;
    if (token === undefined) throw this.unexpected();
    this.#taken += 1;
    return token;
  }

  /** Whether the next token is this one, which is taken then. */
  has(token: string): boolean {
    if (this.next !== token) return false;
    this.#taken += 1;
    return true;
  }

  expect(token: string): void {
    if (!this.has(token)) throw this.unexpected();
  }

  /** What one function reads, again and again with a comma in between. */
  list<Element>(read: (from: Tokens) => Element): Element[] {
    const elements = [read(this)];
    while (this.has(',')) elements.push(read(this));
    return elements;
  }

  unexpected(): InvalidExpression {
    return new InvalidExpression(`unexpected ${this.next ?? 'end'} in "${this.#text}"`);
  }
}

/** Parsed once for each text: the ledger sends few different ones. */
function cached<Parsed>(parse: (from: Tokens) => Parsed): (text: string) => Parsed {
  const known = new Map<string, Parsed>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const from = new Tokens(text);
    const parsed = parse(from);
    if (from.next !== undefined) throw from.unexpected();
    known.set(text, parsed);
    return parsed;
  };
}

const parsedCondition = cached((from): Test => {
  const tests = [test(from)];
  while (from.has('AND')) tests.push(test(from));
  return (scope) => tests.every((each) => each(scope));
});

const parsedUpdate = cached((from): Update => {
  const sets = from.has('SET') ? from.list(change) : [];
  const removes = from.has('REMOVE') ? from.list(path) : [];
  if (sets.length + removes.length === 0) throw from.unexpected();
  return { sets, removes };
});

/** @throws InvalidExpression */
export const holds = (text: string, scope: Scope): boolean => parsedCondition(text)(scope);

/**
 * The row after an update. Every value is computed from the row before it.
 * @throws InvalidExpression
 */
export function updated(row: Row, text: string, given: Omit<Scope, 'row'>): Row {
  const { sets, removes } = parsedUpdate(text);
  const scope = { ...given, row };
  const values = sets.map(({ value }) => value(scope));
  const after = { ...row };
  for (const [index, { path: to }] of sets.entries()) assign(after, to(scope), values[index]);
  for (const from of removes) assign(after, from(scope), undefined);
  return after;
}

function assign(row: Record<string, unknown>, parts: readonly string[], value: unknown): void {
  const [first = '', ...rest] = parts;
  if (rest.length > 0) {
    const inner = valueAt(row, [first]);
    if (!isMap(inner)) throw new InvalidExpression(`${parts.join('.')} is in no map`);
    const copy = { ...inner };
    assign(copy, rest, value);
    row[first] = copy;
  } else if (value === undefined) delete row[first];
  else row[first] = value;
}

function test(from: Tokens): Test {
  if (from.has('attribute_exists')) return existence(from, true);
  if (from.has('attribute_not_exists')) return existence(from, false);
  const left = operand(from);
  if (from.has('IN')) {
    from.expect('(');
    const options = from.list(operand);
    from.expect(')');
    return (scope) => options.some((each) => isEqual(left(scope), each(scope)));
  }
  const compare = COMPARISONS.get(from.next ?? '');
  if (compare === undefined) throw from.unexpected();
  from.take();
  const right = operand(from);
  return (scope) => compare(left(scope), right(scope));
}

function existence(from: Tokens, isExpected: boolean): Test {
  from.expect('(');
  const read = attribute(from);
  from.expect(')');
  return (scope) => (read(scope) !== undefined) === isExpected;
}

function change(from: Tokens): Change {
  const to = path(from);
  from.expect('=');
  if (from.has('list_append')) {
    from.expect('(');
    const first = operand(from);
    from.expect(',');
    const second = operand(from);
    from.expect(')');
    return { path: to, value: (scope) => appended(first(scope), second(scope)) };
  }
  const left = operand(from);
  if (!from.has('+')) return { path: to, value: (scope) => present(left(scope)) };
  const right = operand(from);
  return { path: to, value: (scope) => sum(left(scope), right(scope)) };
}

const operand = (from: Tokens): Operand =>
  from.next?.startsWith(':') === true ? placeholder(from.take()) : attribute(from);

const placeholder =
  (name: string): Operand =>
  ({ values }) => {
    const value = values?.[name];
    if (value === undefined) throw new InvalidExpression(`${name} has no value`);
    return value;
  };

function attribute(from: Tokens): Operand {
  const to = path(from);
  return (scope) => valueAt(scope.row, to(scope));
}

function path(from: Tokens): Path {
  const parts: string[] = [];
  do {
    // A name in the text itself could be a reserved word.
    if (from.next?.startsWith('#') !== true) throw from.unexpected();
    parts.push(from.take());
  } while (from.has('.'));
  return ({ names }) =>
    parts.map((part) => {
      const name = names?.[part];
      if (name === undefined) throw new InvalidExpression(`${part} has no name`);
      return name;
    });
}

const valueAt = (row: Row | undefined, parts: readonly string[]): unknown =>
  parts.reduce<unknown>(
    (value, part) => (isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined),
    row,
  );

function present(value: unknown): unknown {
  if (value === undefined) throw new InvalidExpression('an attribute does not exist');
  return value;
}

function sum(a: unknown, b: unknown): bigint {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  throw new InvalidExpression('an operand of + is no number');
}

function appended(a: unknown, b: unknown): readonly unknown[] {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
  throw new InvalidExpression('an operand of list_append is no list');
}

const isEqual = (a: unknown, b: unknown): boolean =>
  a !== undefined && (a === b || isDeepStrictEqual(a, b));

/** The order of two texts or two numbers; values of different types have none. */
function order(a: unknown, b: unknown): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  return Number.NaN;
}

/** As in DynamoDB, a missing attribute differs from everything, and no other comparison with it holds. */
const COMPARISONS: ReadonlyMap<string, (a: unknown, b: unknown) => boolean> = new Map([
  ['=', isEqual],
  ['<>', (a: unknown, b: unknown) => !isEqual(a, b)],
  ['<', (a: unknown, b: unknown) => order(a, b) < 0],
  ['<=', (a: unknown, b: unknown) => order(a, b) <= 0],
  ['>', (a: unknown, b: unknown) => order(a, b) > 0],
  ['>=', (a: unknown, b: unknown) => order(a, b) >= 0],
]);
