import * as z from 'zod';
import { byId, noBody, nothing } from '../../http/fields.ts';
import type { Text } from '../../http/problems.ts';
import { failure, success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { merchantView } from '../../http/views.ts';
import { commit } from '../../ledger/commit.ts';
import { MERCHANT_MOVES, type Merchant, type MerchantMove } from '../../ledger/merchant.ts';
import { moveMerchant, readMerchant } from '../../ledger/rows/merchants.ts';
import type { Ledger } from '../../ledger/table.ts';
import { log } from '../../platform/logger.ts';
import { undecided, untilDecided } from '../../platform/retry.ts';

const MESSAGES: Record<MerchantMove, Text> = {
  reject: { en: 'The merchant is rejected.', fa: 'پذیرنده رد شد.' },
  suspend: { en: 'The merchant is suspended.', fa: 'پذیرنده تعلیق شد.' },
  reactivate: { en: 'The merchant is active again.', fa: 'پذیرنده دوباره فعال شد.' },
};

type Moved = { readonly kind: 'moved' } | { readonly kind: 'stayed' };

/**
 * POST /admin/merchants/{id}/reject | suspend | reactivate: a change of status that moves no money (ID-2).
 * Refuses: merchant_not_found, and the move's own refusal from any other status.
 */
export const moveMerchantAsAdmin = (ledger: Ledger, move: MerchantMove) =>
  endpoint(
    'optional',
    z.object({ params: byId, query: nothing, body: noBody }),
    async ({ params }, call) => {
      const found = await readMerchant(ledger, params.id);
      if (found === undefined) return failure('merchant_not_found', call.id);
      const { to, otherwise } = MERCHANT_MOVES[move];
      const result = await moveOn(ledger, found, move);
      if (result.kind === 'undecided') return failure('busy', call.id);
      if (result.kind === 'stayed') return failure(otherwise, call.id);
      log('security', 'MERCHANT_MOVED', {
        request_id: call.id,
        admin: call.caller.sub,
        merchant: found.id,
        to,
      });
      return success({
        status: 200,
        message: MESSAGES[move],
        data: merchantView({ ...found, status: to }),
      });
    },
  );

/** After a lost answer, finding it where it was to go means that we moved it. */
function moveOn(ledger: Ledger, merchant: Merchant, move: MerchantMove) {
  let sentBefore = false;
  return untilDecided(async () => {
    const result = await commit(ledger.dynamo, [moveMerchant(ledger, merchant, move)]);
    switch (result.kind) {
      case 'committed':
        return { kind: 'moved' } satisfies Moved;
      case 'contended':
        return undecided(result.by);
      case 'unknown':
        sentBefore = true;
        return undecided('unknown');
      case 'refused': {
        const now = sentBefore ? await readMerchant(ledger, merchant.id) : undefined;
        const moved = now?.status === MERCHANT_MOVES[move].to;
        return { kind: moved ? 'moved' : 'stayed' } satisfies Moved;
      }
    }
  });
}
