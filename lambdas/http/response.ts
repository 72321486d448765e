import { createHash } from 'node:crypto';
import { type Refusal, refused } from '../ledger/decision.ts';
import type { Response } from '../ledger/idempotency.ts';
import { REASONS, type Text } from '../ledger/reasons.ts';
import { FIELD_PROBLEMS, type FieldReason } from './problems.ts';

/** What leaves the API: one envelope for every success, one problem document for every refusal (AP-2). */
export type HttpResponse = Response & { readonly headers?: Readonly<Record<string, string>> };

export type Success = {
  readonly status: number;
  readonly message: Text;
  readonly data: unknown;
  /** Of a response that is never replayed: a stored one has none. */
  readonly headers?: HttpResponse['headers'];
};

/** Amounts are text by now: JSON.stringify throws on a bigint, and a JSON number would lose digits. */
export const success = ({ status, message, data, headers }: Success): HttpResponse => ({
  status,
  body: JSON.stringify({ status, message, data }),
  ...(headers !== undefined && { headers }),
});

/** One wrong field. `detail` carries another system's text, where that says more than ours. */
export type FieldError = {
  readonly field: string;
  readonly reason: FieldReason;
  readonly detail?: string;
};

type Circumstances = {
  readonly errors?: readonly FieldError[];
  /** How often it was tried in vain. */
  readonly tries?: number;
};

/** A body of 32 KB can have thousands of wrong fields, and each takes more room in the response than in the request. */
const MOST_ERRORS = 20;

/** RFC 9457 problem details, with the text in both languages and a code that never changes. */
export function failure(
  refusal: Refusal,
  requestId: string,
  { errors = [], tries = 0 }: Circumstances = {},
): HttpResponse {
  const { reason, values } = typeof refusal === 'string' ? refused(refusal) : refusal;
  const { status, title, retryable } = REASONS[reason];
  const en = stating(REASONS[reason].en, values);
  const fa = stating(REASONS[reason].fa, values);
  const body = {
    type: `urn:surety:problem:${reason}`,
    title,
    status,
    detail: en,
    code: reason,
    message: { en, fa },
    ...(values !== undefined && { values }),
    ...(errors.length > 0 && { errors: errors.slice(0, MOST_ERRORS).map(fieldError) }),
    ...(errors.length > MOST_ERRORS && { more_errors: errors.length - MOST_ERRORS }),
    request_id: requestId,
    retryable,
  };
  return {
    status,
    body: JSON.stringify(body),
    ...(retryable && { headers: { 'retry-after': String(retryAfter(requestId, tries)) } }),
  };
}

/** A text with the values that it names in braces. */
const stating = (text: string, values: Readonly<Record<string, string>> = {}): string =>
  text.replaceAll(/\{(\w+)\}/g, (named, name: string) => values[name] ?? named);

/**
 * Seconds until the client may repeat the request. Callers that met each other come back one after the
 * other: the more tries it lost, the longer the queue that they are spread over.
 */
const retryAfter = (requestId: string, tries: number): number =>
  1 + (createHash('sha256').update(requestId).digest().readUInt32BE(0) % (2 + tries));

const fieldError = ({ field, reason, detail }: FieldError) => ({
  field,
  code: reason,
  message:
    detail === undefined ? FIELD_PROBLEMS[reason] : { ...FIELD_PROBLEMS[reason], en: detail },
});
