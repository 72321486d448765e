import { type Family, httpFamily } from '../http/router.ts';
import { books } from '../ledger/context.ts';
import { currencyCode } from '../ledger/money.ts';
import { approveMerchant } from '../operations/merchants/approve.ts';
import { archiveMerchant } from '../operations/merchants/archive.ts';
import { changeMerchantAsAdmin } from '../operations/merchants/change.ts';
import { moveMerchantAsAdmin } from '../operations/merchants/change-status.ts';
import { listMerchantsAsAdmin } from '../operations/merchants/list-merchants.ts';
import { readMerchantAsAdmin } from '../operations/merchants/read-merchant.ts';
import { moneyEnv, readEnv } from '../platform/env.ts';

const env = readEnv(moneyEnv);
const our = books(env);

export const handler = httpFamily({
  'GET /admin/merchants': listMerchantsAsAdmin(our),
  'GET /admin/merchants/{id}': readMerchantAsAdmin(our),
  'PATCH /admin/merchants/{id}': changeMerchantAsAdmin(our),
  'POST /admin/merchants/{id}/approve': approveMerchant(
    our,
    currencyCode.parse(env.DEFAULT_CURRENCY),
  ),
  'POST /admin/merchants/{id}/reject': moveMerchantAsAdmin(our.ledger, 'reject'),
  'POST /admin/merchants/{id}/suspend': moveMerchantAsAdmin(our.ledger, 'suspend'),
  'POST /admin/merchants/{id}/archive': archiveMerchant(our),
  'POST /admin/merchants/{id}/reactivate': moveMerchantAsAdmin(our.ledger, 'reactivate'),
} satisfies Family<'merchants'>);
