import type { Caller } from './caller.ts';
import type { QueryEntry, SentRequest, Target } from './exchange.ts';
import { followUp } from './follow-up.ts';
import { forgedCursor } from './forged-cursor.ts';
import type { KnownValues } from './known-values.ts';
import type { CallerChoice, OneRequest, PlannedBody, PlannedRequest } from './planned-request.ts';
import { twisted, type Value } from './value.ts';

export type Callers = {
  readonly stable: readonly Caller[];
  readonly changeable: readonly Caller[];
  readonly garbage: readonly Caller[];
  readonly admin: Caller;
  readonly nobody: Caller;
};
export type Cast = {
  readonly callers: Callers;
  readonly known: KnownValues;
  readonly targetOf: (method: string, path: string) => Target;
};

/** In the form of each kind of id, and of no one. */
const UNKNOWN = '0123456789ABCDEFGHIJKLMNOP';

/** The text of a value; of a `source`, what is written. */
function textOf(value: Value, known: KnownValues): string {
  switch (value.kind) {
    case 'text':
      return value.text.toWellFormed();
    case 'source':
      return value.source;
    case 'fresh':
      return known.fresh(value.prefix);
    case 'ahead':
      return new Date(Date.now() + value.ms).toISOString();
    case 'known':
      return twisted(known.pick(value.pool, value.at)?.value ?? UNKNOWN, value.twist);
    case 'forged-cursor':
      // Filled in when the list is known.
      return value.position;
  }
}

function callerOf({ path, body, caller: choice }: OneRequest, { callers, known }: Cast): Caller {
  const among = (list: readonly Caller[], at: number): Caller =>
    list[at % list.length] ?? callers.nobody;
  const owner = (): Caller => {
    const sent = body.kind === 'fields' ? body.entries.map(([, value]) => value) : [];
    const owned = [...path, ...sent].find(
      (part) => typeof part !== 'string' && part.kind === 'known',
    );
    if (owned === undefined || typeof owned === 'string' || owned.kind !== 'known')
      return among(callers.stable, 0);
    return known.pick(owned.pool, owned.at)?.owner ?? among(callers.stable, owned.at);
  };
  const find: Record<CallerChoice['kind'], (at: number) => Caller> = {
    stable: (at) => among(callers.stable, at),
    changeable: (at) => among(callers.changeable, at),
    garbage: (at) => among(callers.garbage, at),
    admin: () => callers.admin,
    nobody: () => callers.nobody,
    owner,
  };
  return find[choice.kind]('at' in choice ? choice.at : 0);
}

/** A field as it is written in a body. A name can be any text, and can appear twice. */
const fieldText = (name: string, value: Value, known: KnownValues): string => {
  const content = textOf(value, known);
  return `${JSON.stringify(name)}:${value.kind === 'source' ? content : JSON.stringify(content)}`;
};

function bodyOf(body: PlannedBody, known: KnownValues): Buffer | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'fields':
      return Buffer.from(
        `{${body.entries.map(([name, value]) => fieldText(name, value, known)).join(',')}}`,
      );
    case 'raw':
      return Buffer.from(body.text.toWellFormed(), body.encoding);
  }
}

const pathPart = (part: string | Value, known: KnownValues): string => {
  if (typeof part === 'string') return part;
  const content = textOf(part, known);
  return part.kind === 'source' ? content : encodeURIComponent(content);
};

/** Bytes that a header can carry. */
const headerText = (content: string): string => content.replaceAll(/[^\t\x20-\x7E\x80-\xFF]/g, '?');

function renderOne(planned: OneRequest, cast: Cast): SentRequest {
  const { known, targetOf } = cast;
  const { kind, method, headers } = planned;
  const caller = callerOf(planned, cast);
  const pathname = `/${planned.path.map((part) => pathPart(part, known)).join('/')}`;
  const target = targetOf(method, pathname);
  const plain = planned.query.map(
    ([name, value]) => [name, value.kind, textOf(value, known)] as const,
  );
  const filters = Object.fromEntries(
    plain.flatMap(([name, , content]) => (name === 'cursor' ? [] : [[name, content]])),
  );
  const query = plain.map(([name, valueKind, content]): QueryEntry => {
    if (valueKind !== 'forged-cursor' || target.kind !== 'operation') return [name, content];
    const { route, params } = target;
    return [name, forgedCursor({ route, callerId: caller.id, params, query: filters }, content)];
  });
  const search = new URLSearchParams(query).toString();
  const key = planned.key === undefined ? undefined : headerText(textOf(planned.key, known));
  return {
    kind,
    caller,
    target,
    method,
    path: search === '' ? pathname : `${pathname}?${search}`,
    query,
    headers: { ...headers, ...(key !== undefined && { 'idempotency-key': key }) },
    body: bodyOf(planned.body, known),
    expects: { kind: 'any' },
  };
}

/** What is sent instead of a request whose predecessor does not exist yet. */
const ANYTHING: OneRequest = {
  kind: 'valid',
  route: 'GET /me',
  method: 'GET',
  path: ['me'],
  query: [],
  body: { kind: 'none' },
  caller: { kind: 'stable', at: 0 },
  key: undefined,
  headers: {},
};

/** Fills in the values of earlier responses. */
export const render = (planned: PlannedRequest, cast: Cast): SentRequest =>
  'at' in planned
    ? (followUp(planned, cast.known) ?? renderOne(ANYTHING, cast))
    : renderOne(planned, cast);
