import type { Page } from '../ledger/rows/history.ts';
import { cursorAt, placeIn } from './cursor.ts';
import type { Text } from './problems.ts';
import { type Answer, failure, success } from './response.ts';

type Wanted = {
  readonly callId: string;
  /** Which list, of whom, narrowed by what: a cursor of another one is refused. */
  readonly list: readonly unknown[];
  readonly page: { readonly limit: number; readonly cursor?: string | undefined };
  readonly message: Text;
};
type Found = { readonly items: readonly unknown[]; readonly last: string | undefined };

/** One page of any list, from the cursor that the page before gave (AP-6). Refuses: invalid_cursor. */
export async function listPage(
  { callId, list, page: { limit, cursor }, message }: Wanted,
  find: (page: Page) => Promise<Found>,
): Promise<Answer> {
  const name = JSON.stringify(list);
  const place = placeIn(name, cursor);
  if (place === 'foreign') return failure('invalid_cursor', callId);
  const { items, last } = await find({ ...place, limit });
  return success({ status: 200, message, data: { items, next_cursor: cursorAt(name, last) } });
}
