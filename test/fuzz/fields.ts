import fc from 'fast-check';
import { MERCHANT_STATUSES } from '../../lambdas/ledger/merchant.ts';
import { PUBLIC_STATUSES, SOURCES, TRANSACTION_TYPES } from '../../lambdas/ledger/transactions.ts';
import { OPERATIONS_BY_KEY } from '../harness/operations.ts';
import { forgedPosition } from './forged-cursor.ts';
import { hostileText, hostileValue } from './hostile.ts';
import { type PoolName, source, TWISTS, type Twist, text, type Value } from './value.ts';

type Values = fc.Arbitrary<Value>;
/** Values of one field: those that the API accepts, and those that are almost right. */
export type Field = { readonly valid: Values; readonly near: Values };

export const PASSWORD = 'Correct-horse-9';

const texts = (...values: readonly string[]): Values => fc.constantFrom(...values).map(text);
const oneOf = (valid: readonly string[], ...near: readonly string[]): Field => ({
  valid: texts(...valid),
  near: texts(...near, ...valid.map((each) => each.toUpperCase())),
});

const known = (pool: PoolName, twist?: Twist): Values =>
  fc
    .nat(10_000)
    .map((at) => ({ kind: 'known', pool, at, ...(twist !== undefined && { twist }) }) as const);
const knownField = (pool: PoolName): Field => ({
  valid: known(pool),
  near: fc.constantFrom(...TWISTS).chain((twist) => known(pool, twist)),
});

const cents = (most: number): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: most }).map((units) => (units / 100).toFixed(2));
const amount = (most: number): Field => ({
  valid: fc
    .oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: most }).map(String) },
      { weight: 1, arbitrary: cents(most * 100) },
    )
    .map(text),
  near: fc.oneof(
    texts('0', '0.00', '-1', '-0.01', '+1', '01', '1.', '.5', '1,000', '1.001', '0.000000001'),
    texts('1e3', 'NaN', 'Infinity', '0x10', '١٢', '१', ' 1', '1 ', '1\u0000', '1_000', '−1'),
    texts('9999999999999999', '99999999999999999', '1'.repeat(64), '1'.repeat(65)),
    fc.constantFrom('1', '1.5', '-1', '1e400', '["1"]').map(source),
  ),
});
const percent: Field = {
  valid: fc.integer({ min: 0, max: 500 }).map((parts) => text((parts / 100).toFixed(2))),
  near: texts('100', '99.9999', '0.00001', '-1', '1e1', '', '5%', '٥'),
};

const currency: Field = {
  valid: texts('USD', 'USD', 'USD', 'usd', 'EUR', 'Eur', 'JPY', 'BTC', 'btc', 'IRT', 'irt'),
  near: texts('XXX', 'XAU', 'XDR', 'US', 'USDD', 'USD ', 'uſd', 'ÜSD', '__proto__', 'GBP', 'KWD'),
};

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const ahead = (min: number, max: number): Values =>
  fc.integer({ min, max }).map((ms) => ({ kind: 'ahead', ms }) as const);
const time = (valid: Values): Field => ({
  valid,
  near: fc.oneof(
    ahead(-4_000 * DAY, 4_000 * DAY),
    texts('2026-11-21', '2026-11-21T09:30:00', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z'),
    texts('9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59-14:00', '0000-01-01T00:00:00Z'),
    texts('+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '2026-11-21T24:00:00Z'),
    texts('2026-11-21T23:59:60Z', '2026-11-21T09:30:00+99:99', '2026-11-21T09:30:00.123456789Z'),
  ),
});

/** Rising volumes, as the API wants them. */
const tiers = fc
  .uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 4 })
  .map((volumes) =>
    volumes
      .toSorted((a, b) => a - b)
      .map((from, index) => ({ currency: 'USD', from_volume: String(from), fee: `${index}.5` })),
  );
const feeTiers: Field = {
  valid: tiers.map((list) => source(JSON.stringify(list))),
  near: fc.oneof(
    tiers.map((list) => source(JSON.stringify(list.toReversed()))),
    tiers.map((list) => source(JSON.stringify([...list, ...list]))),
    fc.constantFrom('[{}]', '[null]', '[{"currency":"USD"}]', '{"0":{}}').map(source),
    fc
      .constantFrom('__proto__', 'constructor', 'XXX')
      .map((code) => source(`[{"currency":"${code}","from_volume":"1","fee":"1"}]`)),
  ),
};

/** Most leave room: what is refused for a limit alone tells little about the rest. */
const limits: Field = {
  valid: fc
    .uniqueArray(fc.constantFrom('USD', 'eur', 'BTC'), { maxLength: 3 })
    .map((codes) => codes.map((code) => ({ currency: code, daily: '900000', monthly: '1000000' })))
    .chain((list) =>
      fc.oneof(
        { weight: 6, arbitrary: fc.constant(list) },
        { weight: 1, arbitrary: fc.constant([{ currency: 'JPY', daily: '0' }]) },
      ),
    )
    .map((list) => source(JSON.stringify(list))),
  near: fc.oneof(
    fc
      .constantFrom('-1', '0.001', '1e3', '10', '1'.repeat(65), '١')
      .map((daily) => source(JSON.stringify([{ currency: 'USD', daily, monthly: '9' }]))),
    fc
      .constantFrom(
        '[{}]',
        '[null]',
        '[{"currency":"USD"}]',
        '{"USD":{}}',
        '[{"currency":"__proto__","daily":"1"}]',
        '[{"currency":"USD","daily":"1"},{"currency":"usd","daily":"1"}]',
        '[{"currency":"USD","daily":1}]',
      )
      .map(source),
  ),
};
const timeZone = oneOf(
  ['Asia/Tehran', 'America/New_York', 'Pacific/Apia', 'utc', 'Asia/Kolkata'],
  '+03:30',
  'Asia',
  'Asia/Tehran ',
  'Mars/Olympus',
  '__proto__',
  '',
  '../UTC',
  'x'.repeat(100),
);

const cursor: Field = {
  valid: known('cursor'),
  near: fc.oneof(
    {
      weight: 4,
      arbitrary: forgedPosition.map((at) => ({ kind: 'forged-cursor', position: at }) as const),
    },
    { weight: 1, arbitrary: fc.constantFrom(...TWISTS).chain((twist) => known('cursor', twist)) },
    { weight: 1, arbitrary: texts('', 'A', 'A'.repeat(16), 'A'.repeat(513), '====', '~') },
  ),
};

const username: Field = {
  valid: fc.constant({ kind: 'fresh', prefix: 'fz-' } as const),
  near: fc.oneof(
    known('username', 'upper'),
    known('username'),
    texts('', '-', '-abc', 'a b', 'a@b', 'x'.repeat(65), 'admin', 'Ａｄｍｉｎ'),
  ),
};

/** By the name of a field, in a query or in a body; with a route first where a name has two meanings. */
const FIELDS: Readonly<Record<string, Field>> = {
  amount: amount(9),
  // Less than most withdrawals: a repayment needs utilised credit.
  'POST /repayments amount': amount(2),
  'POST /admin/wallets/{merchant_id}/repayments amount': amount(2),
  requested_credit: amount(1_000),
  credit_limit: amount(1_000),
  from_volume: amount(1_000),
  currency,
  fee: percent,
  fee_tiers: feeTiers,
  limits,
  time_zone: timeZone,
  phone_number: {
    valid: texts('+989121234567', '+447911123456', '+989121234901', '+989121234905'),
    near: texts(
      ...['989121234567', '+98 912 123 4567', '+98912', '+9891212345678', '+9809121234567'],
      ...[
        '+982112345678',
        '+999123456789',
        '+٩٨٩١٢١٢٣٤٥٦٧',
        '+15551234567',
        'tel:+989121234567',
        '',
      ],
    ),
  },
  source: oneOf(SOURCES, 'cash', 'Wallet', ''),
  to: knownField('username'),
  from: currency,
  // Another one than most are converted from. There is no rate for the last two.
  'POST /conversions/quotes to': oneOf(['EUR', 'JPY', 'BTC', 'IRT', 'KWD', 'CHF'], 'XXX', ''),
  side: oneOf(['sell', 'buy'], 'hold', ''),
  quote_id: knownField('quote'),
  payer: knownField('username'),
  payee: knownField('username'),
  created_after: time(ahead(-DAY, -60 * SECOND)),
  created_before: time(ahead(-60 * SECOND, DAY)),
  execute_at: time(
    // Most are far ahead: a withdrawal that is executed during the final check delays it.
    fc.oneof(
      { weight: 1, arbitrary: ahead(2 * SECOND, 10 * SECOND) },
      { weight: 9, arbitrary: ahead(DAY, 300 * DAY) },
    ),
  ),
  release_at: time(
    fc.oneof(ahead(1 * SECOND, 30 * SECOND), ahead(DAY, 1_800 * DAY), ahead(-DAY, 0)),
  ),
  reference: {
    valid: texts('INV-1', 'INV-2', 'سفارش ۷', '😀'),
    near: fc.oneof(texts('', 'a\nb', '\ud83d', 'x'.repeat(513), 'پ'.repeat(257)), hostileText()),
  },
  metadata: {
    valid: fc
      .constantFrom('{}', '{"shop":"1"}', '{"constructor":"a","10":"b","9":"c"}')
      .map(source),
    near: fc
      .constantFrom(
        '{"__proto__":"a"}',
        '{"a":{"b":"c"}}',
        '{"a":["b"]}',
        '{"a":1}',
        '{"":"a"}',
        '{"a":""}',
        '{"\\ud800":"a"}',
        '["a"]',
        `{"a":"${'x'.repeat(512)}"}`,
      )
      .map(source),
  },
  limit: {
    valid: fc.oneof(
      fc.integer({ min: 1, max: 5 }).map((n) => text(String(n))),
      texts('50', '100'),
    ),
    near: texts('0', '-1', '101', '1e2', '1.0', '999', '٣', '', ' 1', '9007199254740993'),
  },
  'PUT /admin/merchants/{id}/credit/{currency} limit': amount(1_000),
  reason: oneOf(['a mistake', 'اشتباه'], '', 'x'.repeat(201), 'half \ud800'),
  'GET /admin/credit-requests status': oneOf(['OPEN', 'APPROVED', 'REJECTED'], 'open', ''),
  shards: {
    valid: fc.nat(24).map((count) => source(String(count))),
    near: fc.constantFrom('-1', '97', '1.5', '1e2', '"4"', '[4]', 'true').map(source),
  },
  cursor,
  type: oneOf(TRANSACTION_TYPES, 'refund', ''),
  status: oneOf(PUBLIC_STATUSES, 'succeeded', 'UNKNOWN', ''),
  'GET /admin/merchants status': oneOf(MERCHANT_STATUSES, 'active', ''),
  'GET /admin/transactions status': oneOf(
    ['SCHEDULED', 'FAILED', 'PROPOSED'],
    'PENDING',
    'UNKNOWN',
  ),
  merchant: knownField('merchant'),
  name: knownField('username'),
  operation: oneOf(OPERATIONS_BY_KEY.merchant, 'top-up', 'deposit', ''),
  'GET /admin/transactions/by-key/{key} operation': oneOf(
    OPERATIONS_BY_KEY.admin,
    'withdrawal',
    'confirmation',
    '',
  ),
  subject: {
    valid: fc.oneof(known('merchant'), texts('USD', 'eur')),
    near: fc.oneof(known('username'), texts('XXX', '', 'M#1', '*')),
  },
  preview: oneOf(['true', 'false'], '1', 'yes', ''),
  username,
  'POST /auth/token username': knownField('username'),
  password: {
    valid: texts(PASSWORD),
    near: texts('weak', 'aaaaaaaa', `${PASSWORD} `, 'پسورد۱۲۳A!'),
  },
  refresh_token: knownField('refresh-token'),
  // The password that every user of the run has: a stable merchant must be able to sign in again.
  new_password: { valid: texts(PASSWORD), near: texts('weak', '') },
  temporary_password: { valid: texts(PASSWORD), near: texts('weak', '') },
  challenge: oneOf(['NEW_PASSWORD_REQUIRED', 'MFA_SETUP', 'SOFTWARE_TOKEN_MFA'], 'SMS_MFA', ''),
  code: oneOf(['123456', '000000'], '12345', '１２３４５６', ''),
  session: oneOf(['a-session-of-some-user-pool'], 'short'),
  // The local cloud sets the password of any user that an answer names.
  'POST /auth/challenge username': oneOf(['fz-nobody'], ''),
  'POST /admin/auth/challenge username': oneOf(['fz-nobody'], ''),
  bank_account: oneOf(['FUZZ-1', 'FUZZ-REFUSE'], 'A', 'x'.repeat(35), 'IR 1', 'حساب'),
};
export const FIELD_NAMES: readonly string[] = [
  ...new Set(Object.keys(FIELDS).map((name) => name.split(' ').at(-1) ?? name)),
];

/** Path parameters. Only merchants of the run that may be changed are suspended, rejected or archived. */
const PARAMS: Readonly<Record<string, Field>> = {
  currency,
  key: knownField('key'),
  merchant_id: knownField('merchant'),
  'GET /admin/merchants/{id} id': knownField('merchant'),
  'PATCH /admin/merchants/{id} id': knownField('merchant'),
  // A merchant with another sign-in could not be asked for its history at the end.
  'PUT /admin/merchants/{id}/sign-in id': oneOf(['01arz3ndektsv4rrffq69g5fav'], '0'),
  'PUT /admin/merchants/{id}/credit/{currency} id': knownField('merchant'),
  'POST /admin/credit-requests/{id}/approve id': knownField('transaction'),
  'POST /admin/credit-requests/{id}/reject id': knownField('transaction'),
  'GET /withdrawals/{id} id': knownField('withdrawal'),
  'GET /sales/{id} id': knownField('sale'),
  'DELETE /withdrawals/{id} id': knownField('scheduled'),
  'GET /transactions/{id} id': knownField('transaction'),
  'POST /admin/transactions/{id}/confirm id': knownField('transaction'),
  'POST /admin/transactions/{id}/reverse id': knownField('transaction'),
  id: knownField('changeable'),
};

const GENERIC: Field = { valid: hostileText(), near: hostileValue() };

/** Only own entries: `constructor` is one of the names that the fuzzer adds. */
const found = (fields: Readonly<Record<string, Field>>, route: string, name: string): Field => {
  const key = [`${route} ${name}`, name].find((each) => Object.hasOwn(fields, each));
  return (key === undefined ? undefined : fields[key]) ?? GENERIC;
};
export const fieldOf = (route: string, name: string): Field => found(FIELDS, route, name);
export const paramOf = (route: string, name: string): Field => found(PARAMS, route, name);
