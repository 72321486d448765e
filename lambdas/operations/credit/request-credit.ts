import * as z from 'zod';
import { moneyFields, moneyIn, nothing, pageQuery, reasonText } from '../../http/fields.ts';
import { listPage } from '../../http/list-page.ts';
import { moneyOperation } from '../../http/money-operation.ts';
import { operation, type Settings } from '../../http/operation.ts';
import { merchantPk } from '../../ledger/keys.ts';
import { history } from '../../ledger/rows/history.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { readCreditRequest, readLatestRequest } from './request-rows.ts';
import { decideCreditRequest } from './request-rule.ts';
import { creditRequestView, newCreditRequestView } from './view.ts';

const input = ({ currency: fallback }: Settings) =>
  z
    .object({
      query: nothing,
      body: z.strictObject({ ...moneyFields(fallback), reason: reasonText.optional() }),
    })
    .transform(({ body }, ctx) => ({ ...moneyIn(body, ctx), reason: body.reason }));

/**
 * Asks for more credit in one currency (CR-3). An admin decides; nothing changes until then.
 * Refuses: not_a_merchant, merchant_not_approved, merchant_suspended, merchant_archived; credit_request_open.
 */
export const requestCredit = moneyOperation({
  name: 'credit-request',
  type: 'credit_request',
  route: 'POST /credit-requests',
  access: 'merchant',
  key: 'required',
  input,
  read: async (ledger, { currency }, { id }) => {
    const [merchant, latest] = await Promise.all([
      readMerchant(ledger, id),
      readLatestRequest(ledger, id, currency),
    ]);
    return { merchant, latest };
  },
  decide: decideCreditRequest,
  respond: (transaction) => ({
    status: 201,
    message: {
      en: 'The request is made. An administrator decides it.',
      fa: 'درخواست ثبت شد. مدیر دربارهٔ آن تصمیم می‌گیرد.',
    },
    data: newCreditRequestView(transaction),
  }),
});

/** The caller's requests for more credit, newest first, with what became of them (CR-3, AP-6). */
export const listOwnRequests = operation({
  name: 'list-own-credit-requests',
  route: 'GET /credit-requests',
  access: 'merchant',
  grants: [{ query: 'byTime' }, { query: 'byRecipient' }],
  input: () => z.object({ query: z.strictObject(pageQuery) }),
  handle: ({ query: page }, { id: callId, caller: { id } }, { ledger }) => {
    const message = {
      en: 'Your requests for more credit, newest first.',
      fa: 'درخواست‌های اعتبار شما، تازه‌ترین نخست.',
    };
    const list = ['credit-requests', id];
    return listPage({ callId, list, page, message }, async (place) => {
      const found = await history(ledger, merchantPk(id), { type: 'credit_request' }, place);
      const rows = await Promise.all(
        found.transactions.map(({ txnId }) => readCreditRequest(ledger, id, txnId)),
      );
      const items = rows.filter((row) => row !== undefined).map(creditRequestView);
      return { items, last: found.last };
    });
  },
});
