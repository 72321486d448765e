import * as z from 'zod';
import type { Handover } from '../ledger/busy/busy-merchants.ts';
import type { QueuedRequest } from '../ledger/busy/messages.ts';
import { type Currency, currencyCode } from '../ledger/money.ts';
import type { RequestIdentity } from '../ledger/request-identity.ts';
import type { Call, Caller, RawInput } from './endpoint.ts';

/** A request as a message: what it said, and who the token proved its caller to be. Not the token. */
export const messageOf =
  (
    operation: string,
    { pk, hash }: Pick<RequestIdentity, 'pk' | 'hash'>,
    { id: requestId, key, caller }: Pick<Call, 'id' | 'key' | 'caller'>,
    { params, query, body }: RawInput,
  ): Handover['messageFor'] =>
  (merchantId, deadline) => ({
    work: 'request',
    merchantId,
    deadline,
    operation,
    caller: { id: caller.id, name: caller.name },
    key,
    input: { params, query, body },
    pk,
    hash,
    requestId,
  });

/** Who sent it. Its user at a user pool has no part in what moves money. */
export const callerIn = ({ caller: { id, name } }: QueuedRequest): Caller => ({
  id,
  name,
  user: { username: id, sub: id },
});

const inCurrency = z.object({ currency: currencyCode });
/** Of an input that names one. */
export const currencyIn = (input: unknown): Currency | undefined =>
  inCurrency.safeParse(input).data?.currency;
