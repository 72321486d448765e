import { join } from 'node:path';

/** Of the charts that a benchmark draws. */
export const FIGURES = join(import.meta.dirname, '..', '..', '..', 'docs', 'figures');

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
};

/** One line of a table: a name, and columns. */
export const line = (...cells: readonly (string | number)[]): void =>
  console.log(
    cells
      .map((cell, index) =>
        index === 0
          ? String(cell).padEnd(34)
          : (typeof cell === 'number' ? cell.toFixed(1) : cell).padStart(12),
      )
      .join(''),
  );
