import * as z from 'zod';
import type { Decider } from '../ledger/request-run.ts';
import type { NewTransactionOf, TransactionType } from '../ledger/transactions.ts';
import { undecided, untilDecided } from '../platform/retry.ts';
import type { RawInput } from './endpoint.ts';
import type { ApiContext } from './operation.ts';
import { failure, type HttpResponse, type Success, success } from './response.ts';

const previewQuery = z.object({ preview: z.literal('true') });
export const asksForPreview = ({ query }: RawInput): boolean =>
  previewQuery.safeParse(query).success;

/** What an operation would do now, by its own read and rule. Nothing is written; it may differ next time. */
export async function previewOf<Facts, Type extends TransactionType>(
  { ledger }: ApiContext,
  { read, decide }: Decider<Facts, NewTransactionOf<Type>>,
  preview: (transaction: NewTransactionOf<Type>) => Success,
  requestId: string,
): Promise<HttpResponse> {
  const decision = await untilDecided(ledger.pacing, async () => {
    const now = ledger.now();
    const decided = decide(await read(now), now);
    return decided.kind === 'retry' ? undecided(decided.why, 'changed') : decided;
  });
  switch (decision.kind) {
    case 'undecided':
      return failure('busy', requestId, decision);
    case 'refused':
      return failure(decision, requestId);
    case 'accepted':
      return success(preview(decision.transaction));
  }
}
