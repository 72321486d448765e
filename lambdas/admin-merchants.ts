import { approveMerchant } from './api/approve-merchant.ts';
import { archiveMerchant } from './api/archive-merchant.ts';
import { changeMerchantAsAdmin } from './api/change-merchant.ts';
import { listMerchantsAsAdmin } from './api/list-merchants.ts';
import { moveMerchantAsAdmin } from './api/move-merchant.ts';
import { readMerchantAsAdmin } from './api/read-merchant.ts';
import { currencyCode } from './domain/money.ts';
import { books } from './runtime/books.ts';
import { moneyEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';

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
} satisfies Family<'admin-merchants'>);
