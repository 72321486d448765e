import * as z from 'zod';
import { byMerchantId, noBody, nothing } from '../../http/fields.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { readCreditLines, readMerchant } from '../../ledger/rows/merchants.ts';
import { hasInFlight } from '../../ledger/rows/transactions.ts';
import { readWallets } from '../../ledger/rows/wallets.ts';
import { decideArchive } from './archive-rule.ts';

const input = z
  .object({ params: byMerchantId, query: nothing, body: noBody })
  .transform(({ params }) => ({ merchantId: params.id }));

/**
 * Closes the wallets and archives the merchant, for good (ID-2).
 * Refuses: merchant_not_found, merchant_not_archivable, merchant_not_empty.
 */
export const archiveMerchant = moneyOperation({
  name: 'archive',
  type: 'archive',
  route: 'POST /admin/merchants/{id}/archive',
  access: 'admin',
  key: 'optional',
  input: () => input,
  subject: ({ merchantId }) => merchantPk(merchantId),
  read: async (ledger, { merchantId }) => {
    // The merchant's row first: what starts after it is read raises its version.
    const merchant = await readMerchant(ledger, merchantId);
    const [credit, wallets, inFlight] = await Promise.all([
      readCreditLines(ledger, merchantId),
      readWallets(ledger, merchantId),
      hasInFlight(ledger, merchantId),
    ]);
    return { merchant, credit, wallets, inFlight };
  },
  decide: decideArchive,
  respond: ({ merchantId, txnId, createdAt }) => ({
    status: 200,
    message: { en: 'The merchant is archived.', fa: 'پذیرنده بایگانی شد.' },
    data: {
      id: merchantId,
      status: 'ARCHIVED',
      transaction_id: txnId,
      archived_at: createdAt,
    },
  }),
});
