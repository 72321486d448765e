import * as z from 'zod';
import { jsonOf, type QueryEntry, type SentRequest } from './exchange.ts';
import type { KnownValues } from './known-values.ts';
import type { FollowUp } from './planned-request.ts';

const withAmount = z.looseObject({ amount: z.string() });

/** The body with another amount that is valid in every currency. */
function otherBody(body: Buffer | undefined): Buffer | undefined {
  const { data } = withAmount.safeParse(jsonOf(body?.toString('utf8') ?? ''));
  if (data === undefined) return undefined;
  return Buffer.from(JSON.stringify({ ...data, amount: data.amount === '7' ? '8' : '7' }));
}

const withCursor = ({ path, query }: SentRequest, cursor: string) => {
  const others = query.filter(([name]) => name !== 'cursor');
  const next: readonly QueryEntry[] = [...others, ['cursor', cursor]];
  const search = new URLSearchParams(next).toString();
  return { path: `${path.split('?')[0]}?${search}`, query: next };
};

/** A request that depends on an earlier one; undefined while there is none. */
export function followUp({ kind, at }: FollowUp, known: KnownValues): SentRequest | undefined {
  switch (kind) {
    case 'repeat': {
      const first = known.stored(at);
      if (first === undefined) return undefined;
      const { status, text } = first.response;
      return { ...first.request, kind, expects: { kind: 'replay', status, text } };
    }
    case 'reuse-key': {
      const first = known.stored(at);
      const body = otherBody(first?.request.body);
      if (first === undefined || body === undefined) return undefined;
      return { ...first.request, kind, body, expects: { kind: 'key-reused' } };
    }
    case 'next-page': {
      const page = known.page(at);
      if (page === undefined) return undefined;
      const { request, cursor } = page;
      return { ...request, ...withCursor(request, cursor), kind, expects: { kind: 'page' } };
    }
    case 'foreign-page': {
      const [page, other] = [known.page(at), known.page(at + 1)];
      if (page === undefined || other === undefined) return undefined;
      const { request } = page;
      return { ...request, ...withCursor(request, other.cursor), kind, expects: { kind: 'any' } };
    }
  }
}
