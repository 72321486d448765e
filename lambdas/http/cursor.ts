import { createHash } from 'node:crypto';
import { isTimeKey } from '../ledger/keys.ts';

/**
 * A place in one list of one caller: the sort key of the last item, so that new items do not shift it.
 * The digest ties it to that list, and its position has the shape of the list's keys. A forged cursor gains
 * nothing, since the partition comes from the token.
 */
const digest = (list: string, position: string): string =>
  createHash('sha256').update(`${list.length}:${list}${position}`).digest('base64url').slice(0, 16);

export const cursorAt = (list: string, position: string | undefined): string | null =>
  position === undefined
    ? null
    : `${digest(list, position)}${Buffer.from(position).toString('base64url')}`;

/** The position of a cursor, or undefined if it was not made for this list. */
export function positionOf(list: string, cursor: string): string | undefined {
  const position = Buffer.from(cursor.slice(16), 'base64url').toString('utf8');
  return isTimeKey(position) && cursorAt(list, position) === cursor ? position : undefined;
}

/** Where a page begins; `foreign` if the cursor belongs to another list. */
export function placeIn(
  list: string,
  cursor: string | undefined,
): { readonly before: string | undefined } | 'foreign' {
  if (cursor === undefined) return { before: undefined };
  const before = positionOf(list, cursor);
  return before === undefined ? 'foreign' : { before };
}
