import type { FieldReason, Reason } from '../ledger/reasons.ts';
import type { StoredAnswer } from '../ledger/responses.ts';
import { FIELD_PROBLEMS, PROBLEMS, type Text } from './problems.ts';

/** What leaves the API: one envelope for every success, one problem document for every refusal (AP-2). */
export type Answer = StoredAnswer & {
  readonly replayed?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Success = { readonly status: number; readonly message: Text; readonly data: unknown };

/** Amounts never get here as bigint: a JSON number would lose them, so stringify is left to throw. */
export const success = ({ status, message, data }: Success): Answer => ({
  status,
  body: JSON.stringify({ status, message, data }),
});

/** One wrong field. `detail` carries another system's own words, where it has said more than we can. */
export type FieldError = {
  readonly field: string;
  readonly reason: FieldReason;
  readonly detail?: string;
};

/** RFC 9457 problem details, with the text in both languages and a code that never changes. */
export function failure(
  reason: Reason,
  requestId: string,
  errors: readonly FieldError[] = [],
): Answer {
  const { status, title, en, fa, retryable } = PROBLEMS[reason];
  const body = {
    type: `urn:surety:problem:${reason}`,
    title,
    status,
    detail: en,
    code: reason,
    message: { en, fa },
    ...(errors.length > 0 && { errors: errors.map(fieldError) }),
    request_id: requestId,
    retryable,
  };
  return {
    status,
    body: JSON.stringify(body),
    ...(retryable && { headers: { 'retry-after': '1' } }),
  };
}

const fieldError = ({ field, reason, detail }: FieldError) => ({
  field,
  code: reason,
  message:
    detail === undefined ? FIELD_PROBLEMS[reason] : { ...FIELD_PROBLEMS[reason], en: detail },
});
