import { Logger } from '@aws-lambda-powertools/logger';

export const logger = new Logger();

/** Every log line carries one of these codes, so that a query can name it. */
export type LogCode =
  | 'REQUEST_COMPLETED'
  | 'REQUEST_FAILED'
  | 'TRANSACTION_ACCEPTED'
  | 'TRANSACTION_REFUSED'
  | 'TRANSACTION_PROPOSED'
  | 'PROPOSAL_CONFIRMED'
  | 'SIGN_IN_REFUSED'
  | 'SIGN_IN_CONNECTED'
  | 'SIGNED_OUT'
  | 'PASSWORD_CHANGED'
  | 'BANK_ACCOUNT_CHANGED'
  | 'MERCHANT_REGISTERED'
  | 'MERCHANT_STATUS_CHANGED'
  | 'MERCHANT_CHANGED'
  | 'CREDIT_REQUEST_REJECTED'
  | 'WALLET_OPENED'
  | 'WITHDRAWAL_CANCELLED'
  | 'WITHDRAWAL_EXECUTED'
  | 'WITHDRAWAL_NOT_EXECUTED'
  | 'PAYOUT_CLAIMED'
  | 'PAYOUT_SUCCEEDED'
  | 'PAYOUT_REFUNDED'
  | 'PAYOUT_HELD'
  | 'PAYOUT_LEASED'
  | 'PAYOUT_RECOVERED'
  | 'SCHEDULE_FAILED'
  | 'FUNDS_RELEASED'
  | 'POOL_REBALANCED'
  | 'ROW_UNREADABLE'
  | 'PROVIDER_UNCLEAR'
  | 'PROVIDER_NOT_EXECUTED'
  | 'SUCCESS_AFTER_REFUND'
  | 'MESSAGE_WITHOUT_TRANSACTION'
  | 'REQUEST_UNANSWERED'
  | 'HANDOVER_FAILED'
  | 'MESSAGE_UNREADABLE'
  | 'GROUP_FAILED'
  | 'BUSY_MARK_FAILED'
  | 'CONVERSION_QUOTED'
  | 'RATES_UNREADABLE'
  | 'RATE_REFUSED'
  | 'RECORD_FAILED';

/** Money, security and error events can be read apart (LE-5); the rest is access. */
export type LogKind = 'money' | 'security' | 'error' | 'access';

/** Every line of this request carries them. */
export const logAlways = (fields: Readonly<Record<string, string>>): void =>
  logger.appendKeys(fields);

/** Fields are ids, codes and durations. Never an amount beside a name, never a secret. */
export function log(
  kind: LogKind,
  code: LogCode,
  fields: Readonly<Record<string, string | number | boolean | undefined>>,
  error?: unknown,
): void {
  const line = { kind, ...fields, ...(error instanceof Error && { error }) };
  if (kind === 'error') logger.error(code, line);
  else logger.info(code, line);
}
