import type { Row } from '../../../lambdas/ledger/apply.ts';

export const isMap = (value: unknown): value is Row =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

/**
 * A copy of a value as the document client of `lambdas/platform/clients.ts` would return it: numbers are
 * bigint, and nothing is undefined.
 * @throws where that client cannot store it, or could not read it again.
 */
function asStored(value: unknown): unknown {
  if (value === null || ['string', 'bigint', 'boolean'].includes(typeof value)) return value;
  if (Number.isSafeInteger(value)) return BigInt(Number(value));
  if (Array.isArray(value)) return value.filter((each) => each !== undefined).map(asStored);
  if (isMap(value)) return copyOf(value);
  throw new TypeError(`cannot be stored: ${String(value)}`);
}

export function copyOf(row: Row): Row {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(row)) {
    const value = row[name];
    if (value !== undefined) copy[name] = asStored(value);
  }
  return copy;
}

/** By the bytes of UTF-8, as DynamoDB sorts texts. Negative where `a` comes first. */
export const compareTexts = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));
