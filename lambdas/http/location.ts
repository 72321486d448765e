import * as z from 'zod';
import { API_PREFIX } from './operation.ts';
import type { HttpResponse } from './response.ts';

const created = z.object({ data: z.object({ id: z.string() }) });

/**
 * The `Location` of what a request has created: the path in its descriptor, with the id in the body. A stored
 * response has status and body alone, so that a replay has the same header.
 */
export function locationOf(
  { status, body }: HttpResponse,
  path: string | undefined,
): { readonly location?: string } {
  if (path === undefined || (status !== 201 && status !== 202)) return {};
  const found = created.safeParse(JSON.parse(body)).data;
  // What is committed is answered, with or without a Location.
  if (found === undefined) return {};
  return { location: API_PREFIX + path.replace('{id}', encodeURIComponent(found.data.id)) };
}
