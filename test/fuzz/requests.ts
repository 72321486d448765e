import fc from 'fast-check';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { fieldOf, paramOf } from './fields.ts';
import { hostileText } from './hostile.ts';
import { mutated } from './mutations.ts';
import type { OperationFields } from './operation-fields.ts';
import type {
  CallerChoice,
  Entry,
  OneRequest,
  PlannedBody,
  PlannedRequest,
} from './planned-request.ts';
import type { Value } from './value.ts';

/**
 * How often an operation is called with valid input, where it is not as often as a read. What moves money
 * dominates; what ends a merchant is rare.
 */
const OFTEN: Partial<Record<RouteName, number>> = {
  'POST /admin/wallets/{merchant_id}/deposits': 48,
  'POST /transfers': 44,
  'POST /withdrawals': 26,
  'POST /sales': 12,
  'POST /repayments': 12,
  'POST /conversions/quotes': 10,
  'POST /conversions': 16,
  'POST /admin/wallets/{merchant_id}/repayments': 8,
  'POST /credit-requests': 4,
  'DELETE /withdrawals/{id}': 6,
  'POST /admin/pools/{currency}/topups': 14,
  'PATCH /admin/merchants/{id}': 6,
  'POST /admin/merchants/{id}/approve': 4,
  'POST /admin/merchants/{id}/reactivate': 3,
  'POST /admin/merchants/{id}/suspend': 1,
  'POST /admin/merchants/{id}/reject': 1,
  'POST /admin/merchants/{id}/archive': 1,
};
const USUALLY = 2;

/** How often an optional field is present, in per cent. */
const PRESENT: Readonly<Record<string, number>> = {
  execute_at: 20,
  release_at: 20,
  preview: 10,
  fee: 80,
  fee_tiers: 50,
  limits: 20,
  time_zone: 20,
  source: 60,
  // A generic cursor belongs to another list, so that the request is refused.
  cursor: 3,
};
const SOMETIMES = 30;

const accessOf = (route: string): string =>
  OPERATIONS.find((each) => each.route === route)?.access ?? 'anyone';

const at = fc.nat(10_000);
const merchantCaller: fc.Arbitrary<CallerChoice> = fc.oneof(
  { weight: 12, arbitrary: at.map((n) => ({ kind: 'stable', at: n }) as const) },
  { weight: 1, arbitrary: at.map((n) => ({ kind: 'changeable', at: n }) as const) },
);
const anyCaller: fc.Arbitrary<CallerChoice> = fc.oneof(
  { weight: 3, arbitrary: merchantCaller },
  {
    weight: 3,
    arbitrary: fc.constantFrom({ kind: 'admin' } as const, { kind: 'nobody' } as const),
  },
  { weight: 1, arbitrary: at.map((n) => ({ kind: 'garbage', at: n }) as const) },
);
function rightCaller(route: string): fc.Arbitrary<CallerChoice> {
  const access = accessOf(route);
  if (access === 'anyone') return fc.constant({ kind: 'nobody' });
  if (access === 'admin') return fc.constant({ kind: 'admin' });
  // Only its owner finds a withdrawal, a transaction or a quote.
  return /\{(id|key)\}|^POST \/conversions$/.test(route)
    ? fc.constant({ kind: 'owner' })
    : merchantCaller;
}

const entriesOf = (
  route: string,
  { required, optional }: OperationFields['query'],
): fc.Arbitrary<readonly Entry[]> => {
  const entry = (name: string): fc.Arbitrary<readonly Entry[]> =>
    fieldOf(route, name).valid.map((value) => [[name, value]]);
  const perhaps = (name: string): fc.Arbitrary<readonly Entry[]> => {
    const present = PRESENT[name] ?? SOMETIMES;
    return fc.oneof(
      { weight: present, arbitrary: entry(name) },
      { weight: 100 - present, arbitrary: fc.constant([]) },
    );
  };
  return fc.tuple(...required.map(entry), ...optional.map(perhaps)).map((lists) => lists.flat());
};

/** The parts of a route between its slashes, with a value for each parameter. */
const pathOf = (route: string): fc.Arbitrary<readonly (string | Value)[]> => {
  const [, path = ''] = route.split(' ');
  const parts = path.slice(1).split('/');
  return fc.tuple(
    ...parts.map((part): fc.Arbitrary<string | Value> => {
      const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
      return name === undefined ? fc.constant(part) : paramOf(route, name).valid;
    }),
  );
};

const bodyOf = (route: string, fields: OperationFields['body']): fc.Arbitrary<PlannedBody> => {
  if (fields === undefined) return fc.constant({ kind: 'none' });
  // An operation without fields takes no body, or an empty one.
  if (fields.required.length + fields.optional.length === 0)
    return fc.constantFrom<PlannedBody>({ kind: 'none' }, { kind: 'fields', entries: [] });
  return entriesOf(route, fields).map((entries) => ({ kind: 'fields', entries }));
};

const FRESH_KEY: Value = { kind: 'fresh', prefix: 'key.' };
const keyOf = (route: string): fc.Arbitrary<Value | undefined> =>
  fc.constant(route.startsWith('GET ') ? undefined : FRESH_KEY);

const JSON_TYPE = { 'content-type': 'application/json' };
const validRequest = ({ route, query, body }: OperationFields): fc.Arbitrary<OneRequest> =>
  fc.record({
    kind: fc.constant('valid' as const),
    route: fc.constant(route),
    method: fc.constant(route.split(' ')[0] ?? ''),
    path: pathOf(route),
    query: entriesOf(route, query),
    body: bodyOf(route, body),
    caller: rightCaller(route),
    key: keyOf(route),
    headers: fc.constant(JSON_TYPE),
  });

/** Paths that no operation has. */
const lostRequest: fc.Arbitrary<OneRequest> = fc.record({
  kind: fc.constant('lost' as const),
  route: fc.constant(''),
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
  path: fc.array(
    fc.oneof(
      fc.constantFrom('admin', 'wallets', 'withdrawals', 'settle', '', 'health', '..', '.env'),
      hostileText(),
    ),
    { maxLength: 4 },
  ),
  query: fc.constant([]),
  body: fc.constant<PlannedBody>({ kind: 'none' }),
  caller: anyCaller,
  key: fc.constant(undefined),
  headers: fc.constant(JSON_TYPE),
});

/** Requests of all operations: most move money, some depend on an earlier one, the rest is hostile. */
function requests(operations: readonly OperationFields[]): fc.Arbitrary<PlannedRequest> {
  const valid = fc.oneof(
    ...operations.map((each) => ({
      weight: OFTEN[each.route] ?? USUALLY,
      arbitrary: validRequest(each),
    })),
  );
  const anyOperation = fc.oneof(...operations.map(validRequest));
  const lists = operations.filter(({ query }) => query.optional.includes('cursor'));
  const anyCursor = fc.oneof(...lists.map(validRequest)).chain((request) =>
    fieldOf(request.route, 'cursor').near.map((cursor): OneRequest => {
      const filters = request.query.filter(([name]) => name !== 'cursor');
      return { ...request, kind: 'hostile', query: [...filters, ['cursor', cursor]] };
    }),
  );
  const followUp = fc.record({
    kind: fc.constantFrom('repeat', 'reuse-key', 'next-page', 'foreign-page'),
    at,
  });
  return fc.oneof(
    { weight: 66, arbitrary: valid },
    { weight: 8, arbitrary: followUp },
    { weight: 19, arbitrary: mutated(anyOperation, anyCaller) },
    { weight: 5, arbitrary: anyCursor },
    { weight: 2, arbitrary: lostRequest },
  );
}

/** The requests of a run. A longer run with the same seed begins with the same requests. */
export const generate = (
  operations: readonly OperationFields[],
  seed: number,
  count: number,
): readonly PlannedRequest[] => fc.sample(requests(operations), { seed, numRuns: count });
