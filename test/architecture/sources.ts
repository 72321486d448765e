import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';

export type Node = { readonly type: string; readonly [field: string]: unknown };
export type Source = {
  /** From the project's root, with `/` between. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Every node of its syntax tree; comments and the insides of texts are not in it. */
  readonly nodes: readonly Node[];
  /** What it imports, as written. */
  readonly imports: readonly string[];
};

const ROOT = join(import.meta.dirname, '..', '..');

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** Children come in whatever shape the parser gives them: nodes, lists, or wrappers without a type. */
function nodesIn(value: unknown): readonly Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(nodesIn);
  return isNode(value) ? [value, ...below] : below;
}

const IMPORTING = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']);
const importOf = (node: Node): readonly string[] => {
  if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Import')
    return ['a dynamic import'];
  const { source } = node;
  return IMPORTING.has(node.type) && isNode(source) && typeof source['value'] === 'string'
    ? [source['value']]
    : [];
};

function sourceOf(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const nodes = nodesIn(parseSync(text, { syntax: 'typescript', target: 'es2024' }));
  return {
    path,
    text,
    lines: text.trimEnd().split('\n').length,
    nodes,
    imports: nodes.flatMap(importOf),
  };
}

const cache = new Map<string, readonly Source[]>();

/** Every TypeScript file under a folder. */
export function sourcesUnder(folder: string): readonly Source[] {
  const known = cache.get(folder);
  if (known !== undefined) return known;
  const found = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .toSorted()
    .map(sourceOf);
  cache.set(folder, found);
  return found;
}

export const foldersUnder = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

/** The file an import leads to, or undefined where it leaves the project. */
export const targetOf = ({ path }: Source, imported: string): string | undefined =>
  imported.startsWith('.') ? normalize(join(dirname(path), imported)) : undefined;

/** The text a node stands for, as far as names go: `Date.now`, `crypto`, `new Date`. */
export function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  switch (node.type) {
    case 'Identifier':
      return String(node['value']);
    case 'MemberExpression':
      return `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    default:
      return '';
  }
}

export const namesIn = ({ nodes }: Source): readonly string[] =>
  nodes.map(nameOf).filter((name) => name !== '');
