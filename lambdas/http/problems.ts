import type { TierFault } from '../ledger/fees.ts';
import type { AmountReason } from '../ledger/money.ts';
import type { Text } from '../ledger/reasons.ts';

/** What can be wrong with one field of a request. */
export const FIELD_PROBLEMS = {
  required: { en: 'This field is required.', fa: 'این فیلد لازم است.' },
  wrong_type: {
    en: 'This is of the wrong type; amounts are JSON strings.',
    fa: 'نوع این مقدار درست نیست؛ مبلغ‌ها رشته‌اند.',
  },
  invalid: { en: 'This value is not valid.', fa: 'این مقدار معتبر نیست.' },
  unknown_field: { en: 'There is no such field.', fa: 'چنین فیلدی وجود ندارد.' },
  too_short: { en: 'This is too short or too small.', fa: 'این مقدار کوتاه یا کوچک است.' },
  too_long: { en: 'This is too long or too large.', fa: 'این مقدار بلند یا بزرگ است.' },
  not_one_of: {
    en: 'This is not one of the allowed values.',
    fa: 'این مقدار از مقدارهای مجاز نیست.',
  },
  fee_malformed: {
    en: 'Write the fee in per cent, below 100, with up to four decimals, such as "2.5".',
    fa: 'کارمزد را به درصد، کمتر از ۱۰۰ و با حداکثر چهار رقم اعشار بنویسید، مانند "2.5".',
  },
  tiers_overlap: {
    en: 'Two tiers of this currency begin at the same volume. Leave one of them out.',
    fa: 'دو پله از این ارز از یک حجم آغاز می‌شوند. یکی را حذف کنید.',
  },
  tiers_fall: {
    en: 'The tiers of a currency must begin at rising volumes. Put them in order.',
    fa: 'پله‌های هر ارز باید از حجم‌های افزایشی آغاز شوند. آن‌ها را مرتب کنید.',
  },
  limit_empty: {
    en: 'Name a daily or a monthly limit, or leave this currency out.',
    fa: 'سقف روزانه یا ماهانه را نام ببرید، یا این ارز را نفرستید.',
  },
  daily_above_monthly: {
    en: 'The daily limit is above the monthly one. Lower it, or raise the monthly one.',
    fa: 'سقف روزانه بیش از سقف ماهانه است. آن را کم کنید یا سقف ماهانه را بالا ببرید.',
  },
  currency_repeated: {
    en: 'This currency is listed twice. List it once.',
    fa: 'این ارز دو بار آمده است. آن را یک بار بیاورید.',
  },
  time_zone_unknown: {
    en: 'This is not a time zone of the IANA list. Name one such as "Asia/Tehran".',
    fa: 'این منطقهٔ زمانی در فهرست IANA نیست. نامی مانند "Asia/Tehran" بفرستید.',
  },
  code_malformed: {
    en: 'Write the six digits that your authenticator shows.',
    fa: 'شش رقمی را که برنامهٔ احراز هویت نشان می‌دهد بنویسید.',
  },
  nothing_to_change: {
    en: 'Name at least one field to change.',
    fa: 'دست‌کم یک فیلد برای تغییر نام ببرید.',
  },
  time_malformed: {
    en: 'Write the time in RFC 3339 with its zone, such as "2026-11-21T09:30:00Z".',
    fa: 'زمان را به قالب RFC 3339 با منطقهٔ زمانی بنویسید، مانند "2026-11-21T09:30:00Z".',
  },
  merchant_or_status_needed: {
    en: 'Name a merchant, or one of the statuses PROPOSED, SCHEDULED, UNKNOWN, MANUAL_REVIEW and FAILED.',
    fa: 'یک پذیرنده یا یکی از وضعیت‌های PROPOSED، SCHEDULED، UNKNOWN، MANUAL_REVIEW و FAILED را نام ببرید.',
  },
  annotations_too_long: {
    en: 'Shorten the reference or the metadata: together they may have 512 bytes of UTF-8, with the names in the metadata.',
    fa: 'reference یا metadata را کوتاه کنید: روی هم، با نام‌های metadata، حداکثر ۵۱۲ بایت UTF-8 می‌گیرند.',
  },
  same_currency: {
    en: 'This is the currency that you convert from. Name another one.',
    fa: 'این همان ارزی است که از آن تبدیل می‌کنید. ارز دیگری نام ببرید.',
  },
  range_reversed: {
    en: 'The range ends before it begins. Send a created_before that is not before created_after.',
    fa: 'بازه پیش از آغازش پایان می‌یابد. created_before نباید پیش از created_after باشد.',
  },
  currency_unknown: {
    en: 'This is not a known currency. Use an ISO 4217 code, BTC or IRT.',
    fa: 'این ارز شناخته‌شده نیست. کد ISO 4217 یا BTC یا IRT بفرستید.',
  },
  amount_malformed: {
    en: 'Write the amount as a plain decimal string, such as "12.50".',
    fa: 'مبلغ را به‌صورت رشتهٔ اعشاری ساده بنویسید، مانند "12.50".',
  },
  amount_too_precise: {
    en: 'The amount has more decimals than its currency. It is not rounded for you.',
    fa: 'تعداد رقم‌های اعشار بیش از ارز است. مبلغ گرد نمی‌شود.',
  },
  amount_too_large: { en: 'The amount is too large.', fa: 'مبلغ بیش از حد بزرگ است.' },
  amount_not_positive: {
    en: 'The amount must be greater than zero.',
    fa: 'مبلغ باید بزرگ‌تر از صفر باشد.',
  },
  username_malformed: {
    en: 'Use 1 to 64 letters a-z, digits, dots, dashes or underscores, starting with a letter or digit.',
    fa: '۱ تا ۶۴ نویسه از حروف a-z، رقم، نقطه، خط تیره یا زیرخط؛ آغاز با حرف یا رقم.',
  },
  username_like_id: {
    en: 'This looks like the id of a merchant. Choose another name.',
    fa: 'این نام به شناسهٔ پذیرنده شباهت دارد. نام دیگری برگزینید.',
  },
  bank_account_malformed: {
    en: 'Use 4 to 34 letters A-Z, digits or dashes.',
    fa: '۴ تا ۳۴ نویسه از حروف A-Z، رقم یا خط تیره.',
  },
  phone_number_invalid: {
    en: 'Write a mobile number in E.164: "+", country code and number, digits only, such as "+989121234567".',
    fa: 'شمارهٔ تلفن همراه را به قالب E.164 بنویسید: "+"، کد کشور و شماره، فقط رقم لاتین، مانند "+989121234567".',
  },
  password_too_weak: {
    en: 'The password must have 8 or more characters, with upper case, lower case, a digit and a symbol.',
    fa: 'گذرواژه باید دست‌کم ۸ نویسه با حرف بزرگ، حرف کوچک، رقم و نماد باشد.',
  },
  subject_malformed: {
    en: 'Write the id of a merchant, or the currency of a pool.',
    fa: 'شناسهٔ یک پذیرنده یا ارز یک استخر را بنویسید.',
  },
  subject_differs: {
    en: 'The request with this key was accepted for another subject. Name that merchant or pool.',
    fa: 'درخواست با این کلید برای موضوع دیگری پذیرفته شده است. همان پذیرنده یا استخر را نام ببرید.',
  },
  if_match_malformed: {
    en: 'Write *, or the entity-tags of earlier responses in their quotes, such as "3".',
    fa: 'ستاره (*) یا برچسب‌های ETag پاسخ‌های پیشین را با گیومه‌هایشان بنویسید، مانند "3".',
  },
  idempotency_key_malformed: {
    en: 'Use 1 to 128 letters, digits, dots, underscores, colons or dashes.',
    fa: '۱ تا ۱۲۸ نویسه از حروف، رقم، نقطه، زیرخط، دونقطه یا خط تیره.',
  },
} as const satisfies Record<AmountReason | TierFault, Text> & Record<string, Text>;

export type FieldReason = keyof typeof FIELD_PROBLEMS;
