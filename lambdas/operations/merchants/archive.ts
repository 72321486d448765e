import * as z from 'zod';
import { byId, noBody, nothing } from '../../http/fields.ts';
import { endpoint } from '../../http/router.ts';
import type { Books } from '../../ledger/context.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { archiveWrites, hasInFlight } from '../../ledger/rows/archive-writes.ts';
import { readCreditLines, readMerchant } from '../../ledger/rows/merchants.ts';
import { readWallets } from '../../ledger/rows/wallets.ts';
import { exactlyOnce } from '../../ledger/run-operation.ts';
import { type AcceptedArchive, type ArchiveFacts, decideArchive } from './archive-rule.ts';

const form = z
  .object({ params: byId, query: nothing, body: noBody })
  .transform(({ params }) => ({ merchantId: params.id }));
type Input = z.output<typeof form>;

/**
 * POST /admin/merchants/{id}/archive: closes the wallets and ends the merchant, for good (ID-2).
 * Refuses: merchant_not_found, merchant_not_archivable, merchant_not_empty.
 */
export const archiveMerchant = (books: Books) =>
  endpoint(
    'optional',
    form,
    exactlyOnce(books)<Input, ArchiveFacts, AcceptedArchive>({
      name: 'archive',
      subject: ({ merchantId }) => merchantPk(merchantId),
      read: async ({ merchantId }) => {
        // The merchant's row before all else: what starts after it is read changes its seq.
        const merchant = await readMerchant(books.ledger, merchantId);
        const [credit, wallets, inFlight] = await Promise.all([
          readCreditLines(books.ledger, merchantId),
          readWallets(books.ledger, merchantId),
          hasInFlight(books.ledger, merchantId),
        ]);
        return { merchant, credit, wallets, inFlight };
      },
      decide: (facts, _input, now) => decideArchive(facts, now),
      writes: (accepted, txnId) => archiveWrites(books.ledger, accepted, txnId),
      reply: ({ merchantId, txnId, createdAt }) => ({
        status: 200,
        message: { en: 'The merchant is archived.', fa: 'پذیرنده بایگانی شد.' },
        data: {
          id: merchantId,
          status: 'ARCHIVED',
          transaction_id: txnId,
          archived_at: createdAt,
        },
      }),
    }),
  );
