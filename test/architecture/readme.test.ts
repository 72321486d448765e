import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { WITHDRAWAL_MOVES } from '../../lambdas/ledger/transactions.ts';

const readme = readFileSync('README.md', 'utf8');

const testNames = readdirSync('test', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join('test', path), 'utf8'))
  .join('\n');

it('WD-3: the README draws the moves of a withdrawal as the code makes them', () => {
  const drawn = [...readme.matchAll(/^ {2}(\w+) --> (\w+): (\w+)$/gm)].map(
    ([, from, to, move]) => `${from} ${move} ${to}`,
  );
  const made = Object.entries(WITHDRAWAL_MOVES).flatMap(([move, { from, to }]) =>
    from.map((status) => `${status} ${move} ${to}`),
  );
  expect(drawn.toSorted()).toEqual(made.toSorted());
});

it('every requirement that the README says works is named by a test', () => {
  const rows = [
    ...readme.matchAll(/^\| ((?:[A-Z]{2}-\d+ ?)+) \|.*\| (works|health works|local works)/gm),
  ];
  const claimed = rows.flatMap(([, ids = '']) => ids.trim().split(' '));
  expect(claimed.length).toBeGreaterThan(15);
  expect(claimed.filter((id) => !new RegExp(`\\b${id}\\b`).test(testNames))).toEqual([]);
});
