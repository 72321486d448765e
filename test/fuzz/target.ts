import { OPERATIONS } from '../../lambdas/operations/index.ts';
import type { Target } from './exchange.ts';
import type { OperationFields } from './operation-fields.ts';

const namesIn = (parts: readonly string[]): readonly (string | undefined)[] =>
  parts.map((part) => /^\{(\w+)\}$/.exec(part)?.[1]);
const count = (names: readonly (string | undefined)[]): number =>
  names.filter((name) => name !== undefined).length;

const ROUTES = OPERATIONS.map(({ route, access, grants }) => {
  const [method = '', path = ''] = route.split(' ');
  const parts = path.split('/');
  const storesResponses = grants.includes('store-responses');
  return { route, method, access, storesResponses, parts, names: namesIn(parts) };
})
  // A fixed part wins over a parameter, as at the gateway.
  .toSorted((a, b) => count(a.names) - count(b.names));

/** Characters that every gateway reads alike. A part of only one or two dots is not plain. */
const PLAIN = /^(?!\.{1,2}$)[\w.:@-]+$/;

/** Finds the operation to which the gateway gives a request. */
export const targets = (operations: readonly OperationFields[]) => {
  // A list takes a cursor.
  const lists = new Set(
    operations
      .filter(({ query }) => query.optional.includes('cursor'))
      .map(({ route }): string => route),
  );
  return (method: string, path: string): Target => {
    const [pathname = ''] = path.split('?');
    const parts = pathname.split('/');
    if (!parts.slice(1).every((part) => PLAIN.test(part))) return { kind: 'unclear' };
    const found = ROUTES.find(
      (each) =>
        each.method === method &&
        each.parts.length === parts.length &&
        each.parts.every((part, n) => each.names[n] !== undefined || part === parts[n]),
    );
    if (found === undefined) return { kind: 'none' };
    const { route, access, storesResponses, names } = found;
    const params = Object.fromEntries(
      names.flatMap((name, n) => (name === undefined ? [] : [[name, parts[n] ?? '']])),
    );
    const isList = lists.has(route);
    return { kind: 'operation', route, access, storesResponses, isList, params };
  };
};
