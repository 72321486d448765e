import * as z from 'zod';
import { type Annotations, bytesOf } from '../ledger/annotations.ts';
import type { Decision } from '../ledger/decision.ts';
import type { NewTransaction } from '../ledger/transactions.ts';
import type { RawInput } from './endpoint.ts';
import type { Success } from './response.ts';

/** With a transaction of less than a kilobyte, the row and the stored response stay below two. */
const MOST_BYTES = 512;
/** Escaped as JSON, each pair takes more than its bytes. */
const MOST_PAIRS = 20;

/** No control characters, and no half of a character: DynamoDB stores UTF-8, which has no bytes for that. */
const text = z
  .string()
  .min(1)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'invalid');
type Given = {
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
};
const asStored = ({ reference, metadata }: Given): Annotations => ({
  ...(reference !== undefined && { reference }),
  ...(metadata !== undefined && { metadata: Object.entries(metadata) }),
});
const isWithinLimit = (given: Given): boolean => bytesOf(asStored(given)) <= MOST_BYTES;

/** A reference to look for. */
export const referenceFilter = text.refine(
  (reference) => isWithinLimit({ reference }),
  'annotations_too_long',
);

const metadata = z
  .unknown()
  .superRefine((given, ctx) => {
    // zod leaves this name out, so that it would be lost without a word.
    if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
      ctx.addIssue({ code: 'custom', path: ['__proto__'], message: 'invalid', input: given });
  })
  .pipe(z.record(text, text))
  .refine((pairs) => Object.keys(pairs).length <= MOST_PAIRS, 'too_long');

const fields = { reference: text.optional(), metadata: metadata.optional() };
const annotations = z
  .strictObject(fields)
  .superRefine((given, ctx) => {
    if (isWithinLimit(given)) return;
    const { reference } = given;
    const path = [isWithinLimit({ reference }) ? 'metadata' : 'reference'];
    ctx.addIssue({ code: 'custom', path, message: 'annotations_too_long', input: given });
  })
  .transform(asStored);

type Sent = Omit<RawInput, 'key'>;

/** What a body says to its operation, and the annotations beside it. */
function split(body: unknown): { readonly own: unknown; readonly beside: object } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return { own: body, beside: {} };
  const isAnnotation = ([name]: readonly [string, unknown]) => Object.hasOwn(fields, name);
  const entries = Object.entries(body);
  return {
    own: Object.fromEntries(entries.filter((entry) => !isAnnotation(entry))),
    beside: Object.fromEntries(entries.filter(isAnnotation)),
  };
}

/** The input of an operation, and what its caller annotated. */
export type Annotated<Input> = {
  readonly input: Input;
  readonly annotations: Annotations;
  /** What the operation's own schema parses. */
  readonly sent: Sent;
};

const raw = z.object({ params: z.unknown(), query: z.unknown(), body: z.unknown().optional() });

/**
 * Takes a `reference` and `metadata` out of the body, before the operation's own schema, which knows neither.
 * @param isAnnotated where it is not, that schema refuses both as unknown.
 */
export const annotated = <Schema extends z.ZodType>(schema: Schema, isAnnotated: boolean) =>
  raw.transform(({ params, query, body }, ctx): Annotated<z.output<Schema>> => {
    const { own, beside } = isAnnotated ? split(body) : { own: body, beside: {} };
    const sent = { params, query, body: own };
    const input = schema.safeParse(sent);
    const noted = z.object({ body: annotations }).safeParse({ body: beside });
    if (input.success && noted.success)
      return { input: input.data, annotations: noted.data.body, sent };
    for (const { error } of [input, noted])
      for (const issue of error?.issues ?? []) ctx.addIssue({ ...issue });
    return z.NEVER;
  });

/** A decision whose transaction keeps what the caller annotated. */
export const annotating = <New extends NewTransaction>(
  decision: Decision<New>,
  annotations: Annotations,
): Decision<New> =>
  decision.kind === 'accepted'
    ? { ...decision, transaction: { ...decision.transaction, ...annotations } }
    : decision;

/** As who sees the transaction sees it. */
export const annotationsView = ({ reference, metadata }: Annotations) => ({
  ...(reference !== undefined && { reference }),
  ...(metadata !== undefined && { metadata: Object.fromEntries(metadata) }),
});

export type SuccessWith<Data> = Success & { readonly data: Data };
/** A response to a request, with what it annotated. */
export const withAnnotations = <Data extends object>(
  { data, ...response }: SuccessWith<Data>,
  transaction: Annotations,
): Success => ({ ...response, data: { ...data, ...annotationsView(transaction) } });
