import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseSync } from '@swc/core';

export type Node = { readonly type: string; readonly [field: string]: unknown };
export type Source = {
  /** From the project's root, with `/` as separator. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** Every node of the syntax tree. Comments are not in it. */
  readonly nodes: readonly Node[];
  /** The nodes that exist at run time: types are left out. */
  readonly runtimeNodes: readonly Node[];
  /** Module specifiers, as written. */
  readonly imports: readonly string[];
};

export const ROOT = join(import.meta.dirname, '..', '..');

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const always = (): boolean => true;

/** The nodes of a subtree. The parser nests them in lists and in objects without a type. */
export function nodesIn(
  value: unknown,
  isIncluded: (node: Node) => boolean = always,
): readonly Node[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isNode(value) && !isIncluded(value)) return [];
  const below = Object.values(value).flatMap((each) => nodesIn(each, isIncluded));
  return isNode(value) ? [value, ...below] : below;
}

/** Type syntax that contains a run-time expression. */
const TYPED_EXPRESSION =
  /^Ts(AsExpression|ConstAssertion|NonNullExpression|SatisfiesExpression|TypeAssertion)$/;
const existsAtRunTime = ({ type }: Node): boolean =>
  !type.startsWith('Ts') || TYPED_EXPRESSION.test(type);

const IMPORTING = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration']);
export const DYNAMIC_IMPORT = 'a dynamic import';
const importOf = (node: Node): readonly string[] => {
  if (node.type === 'CallExpression' && isNode(node['callee']) && node['callee'].type === 'Import')
    return [DYNAMIC_IMPORT];
  const { source } = node;
  return IMPORTING.has(node.type) && isNode(source) && typeof source['value'] === 'string'
    ? [source['value']]
    : [];
};

/** Parses one file. Tests also call it with synthetic text, to prove that a rule can fail. */
export function parseSource(path: string, text: string): Source {
  const tree = parseSync(text, { syntax: 'typescript', target: 'es2024' });
  const nodes = nodesIn(tree);
  return {
    path,
    text,
    lines: text.trimEnd().split('\n').length,
    nodes,
    runtimeNodes: nodesIn(tree, existsAtRunTime),
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
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), 'utf8')));
  cache.set(folder, found);
  return found;
}

/** Every folder under a folder that holds a file, from the project's root. Git knows no others. */
export function foldersUnder(folder: string): readonly string[] {
  const folders = new Set<string>();
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const parent = entry.parentPath.slice(ROOT.length + 1);
    for (let path = parent; path !== folder; path = dirname(path)) folders.add(path);
  }
  return [...folders].toSorted();
}

/** The file that an import resolves to, or undefined where it is a package. */
export const targetOf = ({ path }: Pick<Source, 'path'>, imported: string): string | undefined =>
  imported.startsWith('.') ? normalize(join(dirname(path), imported)) : undefined;

/** A node as a dotted name: `Date.now`, `crypto`. */
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

const namesIn = ({ nodes }: Source): readonly string[] =>
  nodes.map(nameOf).filter((name) => name !== '');

/** The text of a string literal, or the fixed parts of a template. */
export function textOf(node: unknown): readonly string[] {
  if (!isNode(node)) return [];
  switch (node.type) {
    case 'StringLiteral':
      return [String(node['value'])];
    case 'TemplateElement':
      return [String(node['raw'])];
    default:
      return [];
  }
}

const keyText = (key: unknown): string => {
  if (!isNode(key)) return '';
  switch (key.type) {
    case 'Identifier':
    case 'StringLiteral':
      return String(key['value']);
    case 'Computed':
      return nodesIn(key).flatMap(textOf).join('');
    default:
      return '';
  }
};

export type Property = {
  readonly key: string;
  /** Of a shorthand property: the identifier. */
  readonly value: unknown;
};

/** The properties that an object literal itself names; not those of spread or nested objects. */
export const propertiesOf = (node: Node): readonly Property[] =>
  node.type !== 'ObjectExpression' || !Array.isArray(node['properties'])
    ? []
    : node['properties'].filter(isNode).flatMap((property: Node): Property[] => {
        switch (property.type) {
          case 'Identifier':
            return [{ key: nameOf(property), value: property }];
          case 'KeyValueProperty':
            return [{ key: keyText(property['key']), value: property['value'] }];
          default:
            return [];
        }
      });

/** Where `sources` break a rule: the file, and the name or kind of each node that does. */
export const offenders = (
  sources: readonly Source[],
  isWrong: (node: Node) => string | boolean | undefined,
): readonly string[] =>
  sources.flatMap(({ path, nodes }) =>
    nodes.flatMap((node) => {
      const what = isWrong(node);
      return what ? [`${path}: ${what === true ? node.type : what}`] : [];
    }),
  );

/** The uses of forbidden names. */
export const using = (sources: readonly Source[], forbidden: RegExp): readonly string[] =>
  sources.flatMap((source) =>
    namesIn(source)
      .filter((name) => forbidden.test(name))
      .map((name) => `${source.path}: ${name}`),
  );

/** The files of a list of offences, each once. */
export const filesOf = (offences: readonly string[]): readonly string[] =>
  [...new Set(offences.map((each) => each.split(': ')[0] ?? each))].toSorted();
