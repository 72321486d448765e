import type { Text } from '../ledger/reasons.ts';
import type { Page } from '../ledger/rows/history.ts';
import { cursorAt, placeIn } from './cursor.ts';
import { failure, type HttpResponse, success } from './response.ts';

type Wanted = {
  readonly callId: string;
  /** Which list, of whom, filtered by what: a cursor of another list is refused. */
  readonly list: readonly unknown[];
  readonly page: { readonly limit: number; readonly cursor?: string | undefined };
  readonly message: Text;
};
type Found = { readonly items: readonly unknown[]; readonly last: string | undefined };

/** One page of any list, from the cursor of the page before (AP-6). Refuses: invalid_cursor. */
export async function listPage(
  { callId, list, page: { limit, cursor }, message }: Wanted,
  find: (page: Page) => Promise<Found>,
): Promise<HttpResponse> {
  const name = JSON.stringify(list);
  const place = placeIn(name, cursor);
  if (place === 'foreign') return failure('invalid_cursor', callId);
  const { items, last } = await find({ ...place, limit });
  return success({ status: 200, message, data: { items, next_cursor: cursorAt(name, last) } });
}
