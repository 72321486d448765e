import fc from 'fast-check';
import { fieldOf, paramOf } from './fields.ts';
import { HOSTILE_NAMES, hostileBody, hostilePathPart, hostileValue } from './hostile.ts';
import type { CallerChoice, Entry, OneRequest, PlannedBody } from './planned-request.ts';
import { text, type Value } from './value.ts';

type Mutation = (request: OneRequest) => fc.Arbitrary<OneRequest>;

const almostOrHostile = (request: OneRequest, name: string): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 3, arbitrary: fieldOf(request.route, name).near },
    { weight: 2, arbitrary: hostileValue() },
  );

const entriesIn = (body: PlannedBody): readonly Entry[] =>
  body.kind === 'fields' ? body.entries : [];

/** Replaces the value of one entry, or removes, repeats or adds one. */
const changed = (
  request: OneRequest,
  entries: readonly Entry[],
): fc.Arbitrary<readonly Entry[]> => {
  const replaced = fc.nat(Math.max(0, entries.length - 1)).chain((index) => {
    const [name] = entries[index] ?? [];
    if (name === undefined) return fc.constant(entries);
    return almostOrHostile(request, name).map((value) =>
      entries.map((entry, n): Entry => (n === index ? [name, value] : entry)),
    );
  });
  const removed = fc
    .nat(Math.max(0, entries.length - 1))
    .map((index) => entries.filter((_, n) => n !== index));
  const repeated = hostileValue().map((value): readonly Entry[] => {
    const [first] = entries;
    return first === undefined ? entries : [...entries, [first[0], value]];
  });
  const extended = fc
    .tuple(fc.constantFrom(...HOSTILE_NAMES), hostileValue())
    .map(([name, value]): readonly Entry[] => [...entries, [name, value]]);
  return fc.oneof(
    { weight: 6, arbitrary: replaced },
    { weight: 1, arbitrary: removed },
    { weight: 1, arbitrary: repeated },
    { weight: 1, arbitrary: extended },
  );
};

const inBody: Mutation = (request) =>
  changed(request, entriesIn(request.body)).map((entries) => ({
    ...request,
    body: { kind: 'fields', entries },
  }));

const inQuery: Mutation = (request) =>
  fc
    .oneof(
      changed(request, request.query),
      // A list that is asked without filters still takes a cursor and a limit.
      fc
        .constantFrom('cursor', 'limit')
        .chain((name) =>
          almostOrHostile(request, name).map((value): readonly Entry[] => [
            ...request.query.filter(([each]) => each !== name),
            [name, value],
          ]),
        ),
    )
    .map((query) => ({ ...request, query }));

const inPath: Mutation = (request) => {
  const params = request.path.flatMap((part, index) => (typeof part === 'string' ? [] : [index]));
  if (params.length === 0)
    return hostilePathPart().map((part) => ({ ...request, path: [...request.path, part] }));
  const [, ...names] = request.route.split('/');
  return fc.constantFrom(...params).chain((index) => {
    const name = names[index]?.replaceAll(/[{}]/g, '') ?? '';
    return fc.oneof(hostilePathPart(), paramOf(request.route, name).near).map((value) => ({
      ...request,
      path: request.path.map((part, n) => (n === index ? value : part)),
    }));
  });
};

const wholeBody: Mutation = (request) =>
  fc
    .tuple(hostileBody(), fc.constantFrom('utf8', 'utf8', 'latin1'))
    .map(([raw, encoding]) => ({ ...request, body: { kind: 'raw', text: raw, encoding } }));

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
const method: Mutation = (request) =>
  fc.constantFrom(...METHODS).map((other) => ({ ...request, method: other }));

const KEYS = ['', ' ', 'a b', 'k'.repeat(128), 'k'.repeat(129), 'k'.repeat(4_000), '/', '{}', 'é'];
const key: Mutation = (request) =>
  fc
    .option(fc.constantFrom(...KEYS), { nil: undefined })
    .map((value) => ({ ...request, key: value === undefined ? undefined : text(value) }));

const headers: Mutation = (request) =>
  fc
    .constantFrom<Readonly<Record<string, string>>>(
      {},
      { 'content-type': '' },
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'multipart/form-data; boundary=x' },
      { 'content-type': 'application/json; charset=utf-16' },
      { 'content-type': 'application/json', accept: 'text/html' },
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      { 'content-type': 'application/json', 'x-http-method-override': 'DELETE' },
      { 'content-type': 'application/json', origin: 'https://example.com' },
      { 'content-type': 'application/json', 'if-match': '"1"' },
      { 'content-type': 'application/json', 'if-match': '*, "' },
      { 'content-type': 'application/json', 'x-request-id': 'from-the-client' },
    )
    .map((other) => ({ ...request, headers: other }));

/** A request with one change, or with two, that make it almost valid or hostile. */
export function mutated(
  requests: fc.Arbitrary<OneRequest>,
  callers: fc.Arbitrary<CallerChoice>,
): fc.Arbitrary<OneRequest> {
  const caller: Mutation = (request) => callers.map((other) => ({ ...request, caller: other }));
  const mutation = fc.oneof(
    { weight: 8, arbitrary: fc.constant(inBody) },
    { weight: 7, arbitrary: fc.constant(inQuery) },
    { weight: 5, arbitrary: fc.constant(inPath) },
    { weight: 3, arbitrary: fc.constant(wholeBody) },
    { weight: 4, arbitrary: fc.constant(caller) },
    { weight: 2, arbitrary: fc.constant(key) },
    { weight: 2, arbitrary: fc.constant(headers) },
    { weight: 1, arbitrary: fc.constant(method) },
  );
  const once = fc
    .tuple(requests, mutation)
    .chain(([request, mutate]) => mutate({ ...request, kind: 'hostile' }));
  const twice = fc.tuple(once, mutation).chain(([request, mutate]) => mutate(request));
  return fc.oneof({ weight: 3, arbitrary: once }, { weight: 1, arbitrary: twice });
}
