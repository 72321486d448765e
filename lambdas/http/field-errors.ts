import type { z } from 'zod';
import { FIELD_PROBLEMS, type FieldReason } from './problems.ts';
import type { FieldError } from './response.ts';

const isFieldReason = (text: string): text is FieldReason => text in FIELD_PROBLEMS;

const valueAt = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined,
    raw,
  );

/** zod's own checks by what they mean to a client. Our checks carry their reason as the message. */
const MEANING: Partial<Record<z.core.$ZodIssue['code'], FieldReason>> = {
  invalid_type: 'wrong_type',
  invalid_value: 'not_one_of',
  too_big: 'too_long',
  too_small: 'too_short',
};

function reasonOf(issue: z.core.$ZodIssue, raw: unknown): FieldReason {
  if (isFieldReason(issue.message)) return issue.message;
  if (valueAt(raw, issue.path) === undefined) return 'required';
  return MEANING[issue.code] ?? 'invalid';
}

/** Names each wrong field as the client wrote it, without the part of the request it is in. */
export const fieldErrors = (error: z.ZodError, raw: unknown): readonly FieldError[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          field: [...issue.path.slice(1), key].join('.'),
          reason: 'unknown_field' as const,
        }))
      : [{ field: issue.path.slice(1).join('.') || 'body', reason: reasonOf(issue, raw) }],
  );
