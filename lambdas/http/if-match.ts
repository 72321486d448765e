import * as z from 'zod';

/** An entity-tag of RFC 9110, section 8.8.3. A comma may be part of it. */
const TAG = String.raw`(?:W/)?"[^"\x00-\x20\x7F]*"`;
const EACH = new RegExp(TAG, 'g');
/** A list may have empty elements (section 5.6.1), but not only such. */
const LIST = new RegExp(String.raw`^(?:[ \t]*,)*[ \t]*${TAG}(?:[ \t]*,(?:[ \t]*${TAG})?)*[ \t]*$`);

type IfMatch = '*' | readonly string[];

const ifMatch = z.string().transform((text, ctx): IfMatch => {
  if (text.trim() === '*') return '*';
  if (LIST.test(text)) return text.match(EACH) ?? [];
  ctx.addIssue({ code: 'custom', message: 'if_match_malformed', input: text });
  return z.NEVER;
});

/** The headers of an operation that takes `If-Match`. One that cannot be read is refused, never ignored. */
export const ifMatchHeader = z.object({ 'If-Match': ifMatch.optional() }).default({});
type WithIfMatch = z.output<typeof ifMatchHeader>;

/** Whether a change may be made to what has this strong entity-tag. A weak one in the list matches nothing. */
export const isMatch = ({ 'If-Match': wanted = '*' }: WithIfMatch, tag: string): boolean =>
  wanted === '*' || wanted.includes(tag);
