import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyWrite, type Row } from '../../../lambdas/ledger/apply.ts';
import { commit } from '../../../lambdas/ledger/commit.ts';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import { keyOf } from '../../../lambdas/ledger/keys.ts';
import type { Condition, RowRef, RowWrite } from '../../../lambdas/ledger/row-writes.ts';
import { LEDGER } from './accounts.ts';
import { contendedTable } from './contended-table.ts';
import { holds, InvalidExpression, updated } from './expressions.ts';
import { VirtualTime } from './virtual-time.ts';

const ROW: RowRef = { kind: 'merchant', merchantId: 'm1' };
const TEXTS = ['', 'a', 'ab', 'b'];
const text = fc.constantFrom(...TEXTS);
const number = fc.bigInt({ min: -3n, max: 3n });

/** No path is part of another: DynamoDB refuses two writes of one. */
const PATHS = ['status', 'amount', 'phases', 'at.A', 'at.B', 'spent.USD.day'];
const path = fc.constantFrom(...PATHS, 'at', 'spent.USD');

const map = <Value>(keys: readonly string[], value: fc.Arbitrary<Value>) =>
  fc.dictionary(fc.constantFrom(...keys), value);
const attribute = fc.oneof(text, number, fc.array(text, { maxLength: 2 }));
const row: fc.Arbitrary<Row | undefined> = fc.option(
  fc.record(
    {
      status: attribute,
      amount: attribute,
      phases: attribute,
      at: fc.oneof(text, map(['A', 'B'], attribute)),
      spent: map(['USD'], map(['day'], attribute)),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined, freq: 8 },
);

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom<Condition>({ must: 'exist' }, { must: 'exist' }, { must: 'be new' }),
  fc.record({ must: fc.constant('be absent' as const), path }),
  fc.record({ must: fc.constant('equal' as const), path, value: fc.oneof(text, number) }),
  fc.record({ must: fc.constantFrom('be at least', 'be at most'), path, value: number }),
  fc.record({ must: fc.constantFrom('differ', 'be after'), path, value: text }),
  fc.record({
    must: fc.constant('be one of' as const),
    path,
    values: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
);
const conditions = fc.array(condition, { minLength: 1, maxLength: 2 });

/** What happens to each path, as far as something does. */
const parts = fc.array(
  fc.oneof(
    fc.record({ part: fc.constant('set' as const), value: attribute }),
    fc.record({ part: fc.constant('add' as const), value: number }),
    fc.record({ part: fc.constant('append' as const), value: fc.array(text, { maxLength: 2 }) }),
    fc.record({ part: fc.constant('remove' as const) }),
    fc.constant({ part: 'none' as const }),
    fc.constant({ part: 'none' as const }),
    fc.constant({ part: 'none' as const }),
  ),
  { minLength: PATHS.length, maxLength: PATHS.length },
);
const update = fc.record({ conditions, parts }).map(({ conditions, parts }): RowWrite => {
  const write = {
    set: { version: 1 } as Record<string, unknown>,
    add: {} as Record<string, bigint>,
    append: {} as Record<string, readonly string[]>,
    remove: [] as string[],
  };
  for (const [index, each] of parts.entries()) {
    const to = PATHS[index] ?? '';
    if (each.part === 'set') write.set[to] = each.value;
    if (each.part === 'add') write.add[to] = each.value;
    if (each.part === 'append') write.append[to] = each.value;
    if (each.part === 'remove') write.remove.push(to);
  }
  return { row: ROW, action: 'update', conditions, ...write };
});
const put = fc.record({
  row: fc.constant(ROW),
  action: fc.constant('put' as const),
  conditions,
  item: fc.constant({ status: 'a', amount: 5, phases: [1, undefined], at: { A: undefined } }),
});
const other = fc.record({
  row: fc.constant(ROW),
  action: fc.constantFrom('delete' as const, 'check' as const),
  conditions,
});
const write: fc.Arbitrary<RowWrite> = fc.oneof({ weight: 4, arbitrary: update }, put, other);

/** What became of one write, by the model or in memory; `invalid` where it throws. */
async function onModel(before: Row | undefined, write: RowWrite) {
  const time = new VirtualTime(1);
  const { dynamo, put, rows } = contendedTable(time);
  if (before !== undefined) put(LEDGER, before);
  const result = await time
    .finish(commit(openLedger(dynamo, LEDGER, time.pacing(1_000)), [write]))
    .catch(() => ({ kind: 'invalid' as const }));
  const { failures: _failures, ...named } = { failures: [], ...result };
  return { ...named, after: rows(LEDGER)[0] };
}

function inMemory(before: Row | undefined, write: RowWrite) {
  try {
    const applied = applyWrite(before, write);
    if (applied.kind === 'applied') return { kind: 'committed', after: applied.row };
    return { kind: 'refused', by: 'merchant', existing: before, after: before };
  } catch {
    return { kind: 'invalid', after: before };
  }
}

describe('LE-1: expressions of the contention model', () => {
  it('do to every row what the same write does in memory, and so what the DynamoDB engine does', async () => {
    const seen = new Map<string, number>();
    const runs = fc.asyncProperty(row, write, async (attributes, write) => {
      const before = attributes && { ...attributes, ...keyOf(ROW) };
      const expected = inMemory(before, write);
      seen.set(expected.kind, (seen.get(expected.kind) ?? 0) + 1);
      expect(await onModel(before, write)).toEqual(expected);
    });
    await fc.assert(runs, { seed: 82, numRuns: 3_000 });
    for (const kind of ['committed', 'refused', 'invalid']) {
      expect([kind, (seen.get(kind) ?? 0) > 200]).toEqual([kind, true]);
    }
  });

  const names = {
    '#a': 'amount',
    '#s': 'status',
    '#m': 'at',
    '#x': 'missing',
    '#c': 'constructor',
  };
  const values = { ':one': 1n, ':five': 5n, ':ten': 10n, ':open': 'OPEN', ':list': ['b'] };
  const scope = { names, values, row: { amount: 5n, status: 'OPEN', at: { status: '5' } } };

  it.each([
    ['attribute_exists(#a)', true],
    ['attribute_exists(#x)', false],
    ['attribute_exists(#c)', false],
    ['attribute_exists(#m.#s)', true],
    ['attribute_exists(#a.#s)', false],
    ['attribute_not_exists(#m.#x)', true],
    ['#a = :five', true],
    ['#m.#s = :five', false],
    ['#x = :five', false],
    ['#a <> :five', false],
    ['#x <> :five', true],
    ['#a < :ten', true],
    ['#a < :five', false],
    ['#a <= :five', true],
    ['#a > :one', true],
    ['#a >= :ten', false],
    // Numbers compare as numbers, not as texts.
    [':ten > :five', true],
    ['#x >= :one', false],
    ['#s >= :one', false],
    ['#s IN (:one, :open)', true],
    ['#s IN (:one)', false],
    ['#a = :five AND #s = :open', true],
    ['#a = :five AND #s = :one', false],
    ['#a = :one AND #s = :open', false],
  ])('%s is %p', (condition, expected) => {
    expect(holds(condition, scope)).toBe(expected);
  });

  it('compare texts by the bytes of UTF-8', () => {
    const row = { status: '\u{1F600}' };
    // As UTF-16 it would come first.
    expect(holds('#s > :v', { names, values: { ':v': '￿' }, row })).toBe(true);
  });

  it('compute every value from the row before the update', () => {
    const row = { amount: 5n, by: ['a'], at: { status: 'x', day: 'y' } };
    const all = { ...names, '#b': 'by', '#d': 'day' };
    const text =
      'SET #a = #a + :ten, #x = #a, #b = list_append(#b, :list), #m.#s = :open REMOVE #m.#d';
    expect(updated(row, text, { names: all, values })).toEqual({
      amount: 15n,
      missing: 5n,
      by: ['a', 'b'],
      at: { status: 'OPEN' },
    });
    expect(row).toEqual({ amount: 5n, by: ['a'], at: { status: 'x', day: 'y' } });
  });

  it.each([
    '',
    'amount = :five',
    '#a == :five',
    '#a = :none',
    '#none = :five',
    '#a = :five OR #s = :open',
    'NOT #a = :five',
    'size(#a) > :five',
    '#a = :five AND',
    '#s IN (:one',
    'begins_with(#s, :open)',
  ])('the condition "%s" is not one that the ledger sends', (condition) => {
    expect(() => holds(condition, scope)).toThrow(InvalidExpression);
  });

  it.each(['', 'SET', 'SET #a', 'SET #a = #a - :one', 'ADD #a :one', 'SET #a = :one, REMOVE #s'])(
    'the update "%s" is not one that the ledger sends',
    (text) => {
      expect(() => updated(scope.row, text, scope)).toThrow(InvalidExpression);
    },
  );
});
