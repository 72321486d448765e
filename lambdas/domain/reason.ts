import type { AmountReason } from './money.ts';

/** Why an operation was refused. Each has a status, a text in both languages and a next step in `runtime/problems.ts`. */
export type Reason =
  | 'malformed_json'
  | 'body_too_large'
  | 'invalid_request'
  | 'invalid_cursor'
  | 'unknown_route'
  | 'method_not_allowed'
  | 'access_token_required'
  | 'invalid_credentials'
  | 'password_change_required'
  | 'admin_only'
  | 'not_a_merchant'
  | 'merchant_not_approved'
  | 'merchant_suspended'
  | 'merchant_archived'
  | 'idempotency_key_required'
  | 'idempotency_key_reused'
  | 'request_in_progress'
  | 'too_many_requests'
  | 'busy'
  | 'unhealthy'
  | 'internal_error'
  | 'name_taken'
  | 'merchant_not_found'
  | 'merchant_already_approved'
  | 'merchant_rejected'
  | 'merchant_not_pending'
  | 'merchant_not_active'
  | 'merchant_not_suspended'
  | 'merchant_not_archivable'
  | 'merchant_not_empty'
  | 'withdrawal_not_found'
  | 'transaction_not_found'
  | 'merchant_cannot_receive'
  | 'release_too_far'
  | 'self_transfer'
  | 'payee_not_found'
  | 'wallet_not_found'
  | 'wallet_closed'
  | 'insufficient_funds'
  | 'no_credit_line'
  | 'insufficient_credit'
  | 'insufficient_pool';

/** What is wrong with one field of a request. */
export type FieldReason =
  | AmountReason
  | 'required'
  | 'wrong_type'
  | 'invalid'
  | 'unknown_field'
  | 'too_short'
  | 'too_long'
  | 'not_one_of'
  | 'fee_malformed'
  | 'time_malformed'
  | 'merchant_or_watched_status'
  | 'currency_unknown'
  | 'username_malformed'
  | 'bank_account_malformed'
  | 'password_too_weak'
  | 'idempotency_key_malformed';

export type Refused = { readonly kind: 'refused'; readonly reason: Reason };
export const refused = (reason: Reason): Refused => ({ kind: 'refused', reason });
