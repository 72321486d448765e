import * as z from 'zod';
import { type HttpResponse, success } from '../../http/response.ts';
import { addressOf } from '../../ledger/request-identity.ts';
import type { Stores } from '../../ledger/request-run.ts';
import { readResponse } from '../../ledger/responses.ts';
import { readTransaction } from '../../ledger/rows/transactions.ts';
import type { Transaction } from '../../ledger/transactions.ts';

/** Of a problem document, as it was stored. */
const problem = z.looseObject({ code: z.string() });

type Outcome =
  | { readonly kind: 'accepted'; readonly transaction: Transaction }
  | { readonly kind: 'refused'; readonly problem: z.output<typeof problem> }
  /** Accepted, but in another partition than the one asked about. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'unknown' };

/** What became of the request that a caller sent with a key. Strong reads: what is committed is found. */
export async function outcomeOf(
  { ledger, responses }: Stores,
  caller: string,
  operation: string,
  key: string,
  pk: string,
): Promise<Outcome> {
  const { responseId, txnId } = addressOf(caller, operation, key, pk);
  // The response first: an acceptance that is committed between the two reads shows in the second.
  const stored = await readResponse(responses, responseId);
  if (stored !== undefined && stored.status >= 400)
    return { kind: 'refused', problem: problem.parse(JSON.parse(stored.body)) };
  const transaction = await readTransaction(ledger, pk, txnId);
  if (transaction !== undefined) return { kind: 'accepted', transaction };
  return { kind: stored === undefined ? 'unknown' : 'elsewhere' };
}

/** A refused request has no transaction: the problem document is the one that it was answered with. */
export const refusalResponse = (
  operation: string,
  refusal: z.output<typeof problem>,
): HttpResponse =>
  success({
    status: 200,
    message: { en: 'The request was refused.', fa: 'درخواست رد شد.' },
    data: { status: 'REFUSED', operation, problem: refusal },
  });
