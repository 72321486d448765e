import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import type { SentRequest } from '../ledger/request-identity.ts';
import { fieldErrors } from './field-errors.ts';
import { type FieldError, failure, type HttpResponse } from './response.ts';

/** Who calls, from a token that the gateway's authorizer has checked. */
export type Caller = {
  /** The merchant's id, or the admin's username. */
  readonly id: string;
  /** In transaction ids and idempotency keys, where a merchant and an admin may not be taken for each other. */
  readonly name: string;
  /** Its user at the user pool: by the name a password is checked, by the id the user is changed. */
  readonly user: { readonly username: string; readonly sub: string };
};

/** One request beside its input. */
export type Call = {
  readonly id: string;
  readonly caller: Caller;
  readonly sourceIp: string;
  /** The Idempotency-Key, or a fresh one where the operation needs none. */
  readonly key: string;
  readonly request: SentRequest;
  readonly context: Context;
};

/** Whether an Idempotency-Key must be sent; where it depends, the raw request tells. */
export type KeyRule = 'required' | 'optional';
export type RawInput = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** Those that an operation may take, by the names that errors have for them. */
  readonly headers?: unknown;
  readonly key: string | undefined;
};
export type Endpoint = (call: Omit<Call, 'key'>, raw: RawInput) => Promise<HttpResponse>;

const KEY = /^[A-Za-z0-9._:-]{1,128}$/;

/** Checks the form of a request. What reaches `handle` has the right shape, and nothing else is decided. */
export const endpoint =
  <Schema extends z.ZodType>(
    keyRule: KeyRule | ((raw: RawInput) => KeyRule),
    schema: Schema,
    handle: (input: z.output<Schema>, call: Call, raw: RawInput) => Promise<HttpResponse>,
  ): Endpoint =>
  async (call, input) => {
    const { key, ...raw } = input;
    const rule = typeof keyRule === 'function' ? keyRule(input) : keyRule;
    if (key === undefined && rule === 'required')
      return failure('idempotency_key_required', call.id);
    const errors: FieldError[] =
      key === undefined || KEY.test(key)
        ? []
        : [{ field: 'Idempotency-Key', reason: 'idempotency_key_malformed' }];
    const parsed = schema.safeParse(raw);
    if (!parsed.success) errors.push(...fieldErrors(parsed.error, raw));
    if (!parsed.success || errors.length > 0)
      return failure('invalid_request', call.id, { errors });
    return handle(parsed.data, { ...call, key: key ?? crypto.randomUUID() }, input);
  };
