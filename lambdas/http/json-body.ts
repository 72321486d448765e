import type * as z from 'zod';

/** The largest body that is read; the gateway itself accepts 10 MB. */
const MOST_BYTES = 32 * 1024;

type Sent = { readonly body?: string | null | undefined; readonly isBase64Encoded: boolean };
type Body =
  | { readonly kind: 'json'; readonly value: z.core.util.JSONType }
  | { readonly kind: 'none' };

/** The body of a request, or why it is refused before anything else about it is checked. */
export function jsonBody({
  body,
  isBase64Encoded,
}: Sent): Body | 'malformed_json' | 'duplicate_json_keys' | 'body_too_large' {
  if (!body) return { kind: 'none' };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MOST_BYTES) return 'body_too_large';
  const text = bytes.toString('utf8');
  try {
    const value: z.core.util.JSONType = JSON.parse(text);
    return hasDuplicateKeys(text) ? 'duplicate_json_keys' : { kind: 'json', value };
  } catch {
    return 'malformed_json';
  }
}

/** A string of valid JSON, with its colon where it is a key, or where an object begins or ends. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g;

/**
 * Whether an object at any depth names a key twice. `JSON.parse` keeps the last value, another parser on the
 * way may keep the first: who is paid, and how much, would depend on the parser.
 * @param text that `JSON.parse` accepts. It is not parsed recursively: depth is bounded by the size alone.
 */
export function hasDuplicateKeys(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    if (token === '}') open.pop();
    if (string === undefined || colon === undefined) continue;
    const keys = open.at(-1);
    // Two spellings of one name, such as "a" and "\u0061", are the same key.
    const key = String(JSON.parse(string));
    if (keys?.has(key)) return true;
    keys?.add(key);
  }
  return false;
}
