import * as z from 'zod';

/** Visible ASCII, as HTTP sends it, without quotes and braces: a token is never a part of JSON. */
const token = z
  .string()
  .trim()
  .regex(/^[!#-z|~]+$/);

const parsedJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});
/** What the console stores as "key/value". The name of its only key does not matter. */
const keyValue = parsedJson
  .pipe(z.record(z.string(), z.unknown()))
  .transform((pairs) => Object.values(pairs))
  .pipe(z.tuple([token]))
  .transform(([only]) => only);

const tokenSecret = z.union([token, keyValue]);

/** The bearer token in the secret of a provider. Undefined where the secret holds no single token. */
export const tokenIn = (secret: unknown): string | undefined => tokenSecret.safeParse(secret).data;
