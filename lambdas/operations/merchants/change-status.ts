import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { byMerchantId, noBody, nothing, reasonText } from '../../http/fields.ts';
import { refused } from '../../ledger/decision.ts';
import { changeStatus, type MerchantStatus } from '../../ledger/merchant.ts';
import type { PlainReason, Text } from '../../ledger/reasons.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { merchantView } from './view.ts';

/** An admin may not be free to say why, so that a suspension does not need a reason. */
const perhapsReason = z
  .strictObject({ reason: reasonText.optional() })
  .optional()
  .transform((body) => ({ reason: body?.reason }));
const noReason = noBody.transform(() => ({ reason: undefined }));

type StatusChange = {
  readonly from: MerchantStatus;
  readonly to: MerchantStatus;
  /** From any other status. */
  readonly otherwise: PlainReason;
  readonly message: Text;
  readonly body: z.ZodType<{ readonly reason: string | undefined }>;
};

/**
 * A change of status that moves no money (ID-2), with the reason that the merchant reads, until the next change.
 * Refuses: merchant_not_found, and `otherwise` from any other status.
 */
const statusChange = <const Name extends string>(
  name: Name,
  { from, to, otherwise, message, body }: StatusChange,
) =>
  changeOperation({
    name,
    route: `POST /admin/merchants/{id}/${name}`,
    access: 'admin',
    input: z.object({ params: byMerchantId, query: nothing, body }),
    read: (ledger, { params }) => readMerchant(ledger, params.id),
    decide: (merchant, { params, body: { reason } }) => {
      if (merchant === undefined) return refused('merchant_not_found');
      if (merchant.status !== from) return refused(otherwise);
      return { kind: 'accepted', changes: [changeStatus(params.id, from, to, reason)] };
    },
    isDone: (merchant, { body: { reason } }) =>
      merchant?.status === to && merchant.statusReason === reason,
    versionOf: (merchant) => merchant?.version,
    respond: (merchant, ledger) => ({
      status: 200,
      message,
      data: merchant && merchantView(merchant, ledger.now()),
    }),
    logged: {
      kind: 'security',
      code: 'MERCHANT_STATUS_CHANGED',
      fields: (merchant) => ({ merchant: merchant?.id, to }),
    },
  });

export const rejectMerchant = statusChange('reject', {
  from: 'PENDING',
  to: 'REJECTED',
  otherwise: 'merchant_not_pending',
  body: perhapsReason,
  message: { en: 'The merchant is rejected.', fa: 'پذیرنده رد شد.' },
});
export const suspendMerchant = statusChange('suspend', {
  from: 'ACTIVE',
  to: 'SUSPENDED',
  otherwise: 'merchant_not_active',
  body: perhapsReason,
  message: { en: 'The merchant is suspended.', fa: 'پذیرنده تعلیق شد.' },
});
export const reactivateMerchant = statusChange('reactivate', {
  from: 'SUSPENDED',
  to: 'ACTIVE',
  otherwise: 'merchant_not_suspended',
  body: noReason,
  message: { en: 'The merchant is active again.', fa: 'پذیرنده دوباره فعال شد.' },
});
