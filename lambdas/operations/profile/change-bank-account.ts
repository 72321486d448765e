import * as z from 'zod';
import { changeOperation } from '../../http/change-operation.ts';
import { bankAccount, nothing } from '../../http/fields.ts';
import { changeOwnTerms, spenderOf } from '../../ledger/merchant.ts';
import { readMerchant } from '../../ledger/rows/merchants.ts';
import { password } from '../auth/fields.ts';
import { provesPassword } from '../auth/sign-in.ts';
import type { WithUserPools } from '../auth/user-pool.ts';
import { merchantView } from '../merchants/view.ts';

const input = z.object({
  query: nothing,
  body: z.strictObject({ bank_account: bankAccount, password }),
});

/**
 * Where later withdrawals are paid to (ID-7). A withdrawal that was accepted keeps its account.
 * Refuses: wrong_password, merchant_not_approved, merchant_suspended, merchant_archived.
 */
export const changeBankAccount = changeOperation({
  name: 'change-bank-account',
  route: 'PATCH /me',
  access: 'merchant',
  grants: [{ merchants: 'InitiateAuth' }],
  input,
  permit: async ({ body }, call, { merchantPool }: WithUserPools) =>
    (await provesPassword(merchantPool, call, body.password)) ? undefined : 'wrong_password',
  read: (ledger, _input, { id }) => readMerchant(ledger, id),
  decide: (merchant, { body }) => {
    const spender = spenderOf(merchant);
    if ('kind' in spender) return spender;
    if (spender.bankAccount === body.bank_account) return { kind: 'done' };
    const changes = [changeOwnTerms(spender.id, { bankAccount: body.bank_account })];
    return { kind: 'accepted', changes };
  },
  isDone: (merchant, { body }) => merchant?.bankAccount === body.bank_account,
  versionOf: (merchant) => merchant?.termsVersion,
  respond: (merchant, ledger) => ({
    status: 200,
    message: {
      en: 'The bank account is changed for later withdrawals.',
      fa: 'حساب بانکی برای برداشت‌های بعدی تغییر کرد.',
    },
    data: merchant && merchantView(merchant, ledger.now()),
  }),
  logged: { kind: 'security', code: 'BANK_ACCOUNT_CHANGED', fields: () => ({}) },
});
