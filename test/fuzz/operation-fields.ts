import * as z from 'zod';
import type { ApiContext } from '../../lambdas/http/operation.ts';
import type { WithUserPools } from '../../lambdas/operations/auth/user-pool.ts';
import type { WithRates } from '../../lambdas/operations/conversions/rates.ts';
import { GROUPS, type RouteName } from '../../lambdas/operations/index.ts';
import { fakeUserPool } from '../harness/fake-user-pool.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { inMemoryLedger } from '../harness/in-memory-ledger.ts';
import { POOLS } from '../harness/sign-ins.ts';
import { FIELD_NAMES } from './fields.ts';

/** The fields of one part of an operation's input, as far as it names them. */
type Fields = { readonly required: readonly string[]; readonly optional: readonly string[] };
export type OperationFields = {
  readonly route: RouteName;
  readonly query: Fields;
  /** Absent where the operation takes no body. */
  readonly body: Fields | undefined;
};

const context: ApiContext & WithUserPools & WithRates = {
  ...inMemoryLedger(),
  rates: async () => 'rates_unavailable',
  merchantPool: fakeUserPool(POOLS.merchant),
  adminPool: fakeUserPool(POOLS.admin),
};

const refusal = z.object({ errors: z.array(z.object({ field: z.string(), code: z.string() })) });
type Input = { readonly query?: unknown; readonly body?: unknown };
const OPERATIONS = GROUPS.flatMap(({ operations }) => [...operations]);

/**
 * The code of each field that an operation's own validation refuses. The malformed key makes every
 * request invalid, so no operation runs.
 */
async function refused(
  { route, endpoint }: (typeof OPERATIONS)[number],
  input: Input,
): Promise<ReadonlyMap<string, string>> {
  const request = { method: '', path: route, query: '', body: null };
  const caller = { id: '', name: '', user: { username: '', sub: '' } };
  const call = { id: '', sourceIp: '', caller, request, context: lambdaContext };
  const params = { id: 'id', merchant_id: 'id', currency: 'USD', key: 'key' };
  const raw = { params, query: {}, body: undefined, key: '!', ...input };
  const { body } = await endpoint(context)(call, raw);
  const { errors } = refusal.parse(JSON.parse(body));
  return new Map(errors.map(({ field, code }) => [field, code]));
}

/** `null` is valid for no field, so each field of the table is refused, as unknown or as wrong. */
const ALL_NULL = Object.fromEntries(FIELD_NAMES.map((name) => [name, null]));

/** What one input is refused for, and another one is not. */
const added = (
  more: ReadonlyMap<string, string>,
  less: ReadonlyMap<string, string>,
  holds: (code: string) => boolean,
): readonly string[] =>
  [...more].filter(([name, code]) => holds(code) && less.get(name) !== code).map(([name]) => name);
const isKnown = (code: string): boolean => code !== 'unknown_field';
const isRequired = (code: string): boolean => code === 'required';

const fieldsOf = (required: readonly string[], known: readonly string[]): Fields => ({
  required,
  optional: known.filter((name) => !required.includes(name)),
});

/**
 * The inputs of all operations, asked from their own validation: a new operation needs no entry here. A
 * new field is found if it is required, or if `fields.ts` has its name.
 */
export const operationFields = (): Promise<readonly OperationFields[]> =>
  Promise.all(
    OPERATIONS.map(async (operation): Promise<OperationFields> => {
      const [nothing, empty, query, body] = await Promise.all([
        refused(operation, {}),
        refused(operation, { body: {} }),
        refused(operation, { query: ALL_NULL }),
        refused(operation, { body: ALL_NULL }),
      ]);
      const isField = (name: string): boolean => name !== 'body' && name !== 'Idempotency-Key';
      const inQuery = added(nothing, new Map(), isRequired).filter(isField);
      const inBody = added(empty, nothing, isRequired).filter(isField);
      const wrongInBody = added(body, nothing, () => true);
      return {
        route: operation.route,
        query: fieldsOf(inQuery, added(query, nothing, isKnown).filter(isField)),
        body:
          wrongInBody.length === 0
            ? undefined
            : fieldsOf(inBody, added(body, nothing, isKnown).filter(isField)),
      };
    }),
  );
