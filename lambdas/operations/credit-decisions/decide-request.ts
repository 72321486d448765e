import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import {
  amountText,
  byId,
  inMinorUnits,
  nothing,
  pageQuery,
  reasonText,
} from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import { operation, type Settings } from '../../http/operation.ts';
import { allStatusKeys, merchantOf } from '../../ledger/keys.ts';
import { currencyCode, parseUnits } from '../../ledger/money.ts';
import { newestInStatus } from '../../ledger/rows/status-index.ts';
import { findTransactionKey } from '../../ledger/rows/transactions.ts';
import { getRows } from '../../ledger/table.ts';
import { findCreditRequest, readCreditRequest } from '../credit/request-rows.ts';
import {
  CREDIT_REQUEST_STATUSES,
  closeRequest,
  creditRequestRow,
  decideRequestApproval,
  openOr,
} from '../credit/request-rule.ts';
import { adminCreditRequestView, limitChangeView } from '../credit/view.ts';
import { readLimitFacts } from './set-limit.ts';

const listQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(CREDIT_REQUEST_STATUSES).default('OPEN'),
});

/** All merchants' requests in one status, newest first (CR-3, AP-6). */
export const listCreditRequests = operation({
  name: 'list-credit-requests',
  route: 'GET /admin/credit-requests',
  access: 'admin',
  grants: [{ query: 'byStatus' }],
  input: () => z.object({ query: listQuery }),
  handle: ({ query: { status, ...page } }, { id: callId }, { ledger }) => {
    const message = {
      en: 'Requests for more credit, newest first.',
      fa: 'درخواست‌های اعتبار، تازه‌ترین نخست.',
    };
    const list = ['all-credit-requests', status];
    return listPage({ callId, list, page, message }, async ({ before, limit }) => {
      const partitions = allStatusKeys('CREDITREQ', status);
      const { keys, last } = await newestInStatus(ledger, partitions, before, limit);
      const rows = await getRows(ledger, keys, creditRequestRow);
      // The index may be behind the rows.
      const items = rows.filter((row) => row.status === status).map(adminCreditRequestView);
      return { items, last };
    });
  },
});

const approval = ({ currency: fallback }: Settings) =>
  z
    .object({
      params: byId,
      query: nothing,
      body: z
        .strictObject({ credit_limit: amountText.optional(), currency: currencyCode.optional() })
        .optional(),
    })
    .transform(({ params: { id }, body: { credit_limit: text, currency } = {} }, ctx) => {
      if (text === undefined) return { id, currency };
      const path = ['body', 'credit_limit'];
      const limit = inMinorUnits(path, text, currency ?? fallback, ctx, parseUnits);
      return { id, currency: currency ?? fallback, limit };
    });

/**
 * Approves a request (CR-3) once, however many approvals are sent. Without an Idempotency-Key a repeat is refused
 * with what was decided. Refuses: transaction_not_found; credit_request_not_found, credit_request_approved,
 * credit_request_rejected, credit_request_currency; merchant_cannot_have_credit, wallet_closed, too_many_wallets.
 */
export const approveCreditRequest = moneyOperation({
  name: 'credit-request-approval',
  type: 'limit_change',
  route: 'POST /admin/credit-requests/{id}/approve',
  access: 'admin',
  secondAdmin: true,
  key: 'optional',
  grants: [{ query: 'byId' }],
  input: approval,
  subject: async ({ id }, ledger) => (await findTransactionKey(ledger, id))?.pk,
  read: async (ledger, { id }, { id: by }, _now, pk) => {
    const request = await readCreditRequest(ledger, merchantOf(pk), id);
    const facts = request && (await readLimitFacts(ledger, request.merchantId, request.currency));
    return { merchant: undefined, line: undefined, wallet: undefined, ...facts, request, by };
  },
  decide: ({ by, ...facts }, wanted, now) => decideRequestApproval(facts, wanted, by, now),
  respond: (transaction) => ({
    status: 200,
    message: { en: 'The request is approved.', fa: 'درخواست تأیید شد.' },
    data: limitChangeView(transaction),
  }),
});

/**
 * Rejects a request, with a reason that the merchant reads (CR-3). The same rejection again is harmless.
 * Refuses: credit_request_not_found, credit_request_approved, credit_request_rejected.
 */
export const rejectCreditRequest = changeOperation({
  name: 'credit-request-rejection',
  route: 'POST /admin/credit-requests/{id}/reject',
  access: 'admin',
  grants: [{ query: 'byId' }],
  input: z.object({
    params: byId,
    query: nothing,
    body: z.strictObject({ reason: reasonText }),
  }),
  read: async (ledger, { params: { id } }, { id: by }) => ({
    request: await findCreditRequest(ledger, id),
    by,
  }),
  decide: ({ request, by }, { body: { reason: rejection } }, at) => {
    if (request?.rejection === rejection && request.decidedBy === by) return { kind: 'done' };
    const open = openOr(request);
    if ('kind' in open) return open;
    const changes = closeRequest(open, { status: 'REJECTED', rejection, by, at });
    return { kind: 'accepted', changes };
  },
  isDone: ({ request, by }, { body }) =>
    request?.rejection === body.reason && request.decidedBy === by,
  respond: ({ request }) => ({
    status: 200,
    message: { en: 'The request is rejected.', fa: 'درخواست رد شد.' },
    data: request && adminCreditRequestView(request),
  }),
  logged: {
    kind: 'security',
    code: 'CREDIT_REQUEST_REJECTED',
    fields: ({ request }) => ({ merchant: request?.merchantId, credit_request: request?.id }),
  },
});
