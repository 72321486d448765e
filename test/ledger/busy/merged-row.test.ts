import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyWrites, nameOf, type Row, type Rows } from '../../../lambdas/ledger/apply.ts';
import { MergedRow } from '../../../lambdas/ledger/busy/merged-row.ts';
import { post } from '../../../lambdas/ledger/post.ts';
import type { RowWrite } from '../../../lambdas/ledger/row-writes.ts';
import { commitInputs, phasesOf, SETUP, START } from '../../model/random-phases.ts';

/** The writes of several requests as one transaction; undefined where one is not allowed after those before. */
function mergedFrom(rows: Rows, requests: readonly (readonly RowWrite[])[]) {
  const merged = new Map<string, MergedRow>();
  for (const write of requests.flat()) {
    const name = nameOf(write.row);
    const row = merged.get(name) ?? new MergedRow(write.row, rows.get(name));
    if (!row.allows(write)) return undefined;
    row.merge(write);
    merged.set(name, row);
  }
  return [...merged.values()].map((each) => each.write());
}

/** One request after the other; undefined where one is refused. */
function inOrder(rows: Rows, requests: readonly (readonly RowWrite[])[]): Rows | undefined {
  let after: Rows | undefined = rows;
  for (const writes of requests) {
    const applied: ReturnType<typeof applyWrites> | undefined = after && applyWrites(after, writes);
    after = applied?.kind === 'committed' ? applied.rows : undefined;
  }
  return after;
}

/** Of a group, a version counts one write and `by` names all its phases. */
const withoutHistory = (rows: Rows | undefined) =>
  rows &&
  new Map([...rows].map(([name, row]): [string, Row] => [name, { ...row, version: 0n, by: [] }]));

type Input = Parameters<typeof phasesOf>[1];
/** What one request writes; nothing where there is nothing for it to do. */
const writesOf = (rows: Rows, { kinds, ...input }: Input): readonly RowWrite[] =>
  post(phasesOf(rows, { ...input, kinds: [kinds[0]] }, START));

function start(): Rows {
  let rows: Rows = new Map();
  for (const setUp of SETUP) {
    const phase = setUp(rows);
    rows = (phase && inOrder(rows, [post([phase])])) ?? rows;
  }
  return rows;
}

describe('LE-1 OP-3: the writes of several requests, merged into one for each row', () => {
  it('do what the requests do one after the other, and hold exactly where those hold', () => {
    const seen = new Map<string, number>();
    const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1);
    const inputs = fc.tuple(commitInputs, commitInputs, fc.integer({ min: 2, max: 6 }));
    const run = fc.property(inputs, ([warmUp, inputs, size]) => {
      let rows = start();
      for (const input of warmUp) {
        rows = inOrder(rows, [writesOf(rows, input)]) ?? rows;
      }
      const requests: (readonly RowWrite[])[] = [];
      let memory = rows;
      let rest = [...inputs];
      for (; rest.length > 0 && requests.length < size; rest = rest.slice(1)) {
        const [input] = rest;
        const writes = input === undefined ? [] : writesOf(memory, input);
        if (writes.length === 0) continue;
        const after = inOrder(memory, [writes]);
        if (after === undefined || mergedFrom(rows, [...requests, writes]) === undefined) continue;
        requests.push(writes);
        memory = after;
      }
      const merged = mergedFrom(rows, requests) ?? [];
      expect(new Set(merged.map(({ row }) => nameOf(row))).size).toBe(merged.length);
      const alone = applyWrites(rows, merged);
      expect([alone.kind, requests.length]).toEqual(['committed', requests.length]);
      if (alone.kind !== 'committed') return;
      expect(withoutHistory(alone.rows)).toEqual(withoutHistory(memory));
      for (const [name, { version }] of alone.rows) {
        const before = rows.get(name)?.['version'] ?? 0n;
        const isWritten = merged.some(
          ({ row, action }) => nameOf(row) === name && action !== 'check',
        );
        if (version !== undefined)
          expect(BigInt(String(version)) - BigInt(String(before))).toBe(isWritten ? 1n : 0n);
      }
      count(`group of ${requests.length}`);
      // Others commit between the group's read and its commit.
      let meanwhile = rows;
      for (const input of rest) {
        const direct = writesOf(meanwhile, { ...input, id: input.id + 500 });
        meanwhile = inOrder(meanwhile, [direct]) ?? meanwhile;
        const together = applyWrites(meanwhile, merged);
        const oneByOne = inOrder(meanwhile, requests);
        expect(together.kind === 'committed').toBe(oneByOne !== undefined);
        if (together.kind === 'committed')
          expect(withoutHistory(together.rows)).toEqual(withoutHistory(oneByOne));
        count(together.kind);
      }
    });
    fc.assert(run, { seed: 91, numRuns: 100, endOnFailure: true });
    for (const name of ['group of 2', 'group of 4', 'committed', 'refused'])
      expect([name, (seen.get(name) ?? 0) > 4]).toEqual([name, true]);
  }, 120_000);
});
