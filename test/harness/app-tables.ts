import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'surety');

/** Of everything that the tables are made from. */
function versionOfApp(): string {
  const hash = createHash('sha256');
  const sources = globSync(['lib/**/*.ts', 'package-lock.json'], { cwd: ROOT }).toSorted();
  for (const source of sources) hash.update(source).update(readFileSync(join(ROOT, source)));
  return hash.digest('hex').slice(0, 16);
}

const cached = (file: string): CreateTableCommandInput[] | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

/** The tables of the CDK app. Synthesis takes seconds in each test file, so they are read from a cache. */
export async function appTables(): Promise<CreateTableCommandInput[]> {
  const file = join(CACHE, `tables-${versionOfApp()}.json`);
  const known = cached(file);
  if (known !== undefined) return known;
  const tables = (await import('./synthesized-tables.ts')).synthesizedTables();
  mkdirSync(CACHE, { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(tables));
  // Several test files start at once: each sees a whole file or none.
  renameSync(own, file);
  return tables;
}
