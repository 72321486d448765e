/** A text in English and Persian. */
export type Text = { readonly en: string; readonly fa: string };

type Problem = Text & {
  readonly status: number;
  readonly title: string;
  /** Whether the same request may be sent again with the same key. */
  readonly retryable: boolean;
};

const problem = <const En extends string>(status: number, title: string, en: En, fa: string) => ({
  status,
  title,
  en,
  fa,
  retryable: status >= 500 || status === 429,
});

/**
 * Every reason to refuse a request: its HTTP status, and what to do next in both languages. A rule can
 * name only what is listed here. A text states a value of the refusal by its name in braces.
 */
export const REASONS = {
  malformed_json: problem(
    400,
    'Malformed JSON',
    'The body is not valid JSON. Send one JSON object.',
    'بدنهٔ درخواست JSON معتبر نیست. یک شیء JSON بفرستید.',
  ),
  duplicate_json_keys: problem(
    400,
    'Duplicate JSON keys',
    'An object in the body names a key twice. Send each key once.',
    'یک شیء در بدنهٔ درخواست کلیدی را دو بار دارد. هر کلید را یک بار بفرستید.',
  ),
  body_too_large: problem(
    413,
    'Body too large',
    'The body is larger than 32 KB. Send a smaller one.',
    'بدنهٔ درخواست بزرگ‌تر از ۳۲ کیلوبایت است. بدنهٔ کوچک‌تری بفرستید.',
  ),
  invalid_request: problem(
    422,
    'Invalid request',
    'Some fields are not valid. Correct the fields listed in errors.',
    'برخی فیلدها معتبر نیستند. فیلدهای فهرست‌شده در errors را اصلاح کنید.',
  ),
  invalid_cursor: problem(
    400,
    'Invalid cursor',
    'This cursor does not belong to this list. Start again without a cursor.',
    'این نشانگر به این فهرست تعلق ندارد. بدون نشانگر دوباره شروع کنید.',
  ),
  unknown_route: problem(
    404,
    'Not found',
    'There is nothing at this path. Check the address; the API lives under /api/v1.',
    'در این مسیر چیزی وجود ندارد. نشانی را بررسی کنید؛ رابط زیر ‎/api/v1 است.',
  ),
  method_not_allowed: problem(
    405,
    'Method not allowed',
    'This path does not take this method. The Allow header lists those it takes.',
    'این مسیر این متد را نمی‌پذیرد. متدهای مجاز در سرآیند Allow آمده است.',
  ),
  access_token_required: problem(
    401,
    'Access token required',
    'Send a Cognito access token; an ID token is not accepted.',
    'توکن دسترسی (access) بفرستید؛ توکن هویت (ID) پذیرفته نمی‌شود.',
  ),
  invalid_credentials: problem(
    401,
    'Invalid credentials',
    'The name, password or refresh token is not right. Check it, or sign in again.',
    'نام، گذرواژه یا توکن تازه‌سازی درست نیست. آن را بررسی کنید یا دوباره وارد شوید.',
  ),
  wrong_code: problem(
    401,
    'Wrong code',
    'The code is not right, or has expired. Send the current code of your authenticator.',
    'کد درست نیست یا منقضی شده است. کد کنونی برنامهٔ احراز هویت خود را بفرستید.',
  ),
  wrong_password: problem(
    403,
    'Wrong password',
    'The current password is not right. Check it and send it again.',
    'گذرواژهٔ کنونی درست نیست. آن را بررسی کنید و دوباره بفرستید.',
  ),
  password_change_required: problem(
    403,
    'Password change required',
    'This account has a temporary password. Set a permanent one, then sign in again.',
    'گذرواژهٔ این حساب موقت است. گذرواژهٔ دائمی بگذارید و دوباره وارد شوید.',
  ),
  admin_only: problem(
    403,
    'Administrators only',
    'Only administrators may do this.',
    'فقط مدیران اجازهٔ این کار را دارند.',
  ),
  not_a_merchant: problem(
    403,
    'Not a merchant',
    'This account is not a merchant. Register it first, or sign in as a merchant.',
    'این حساب پذیرنده نیست. ابتدا ثبت‌نام کنید یا با حساب پذیرنده وارد شوید.',
  ),
  merchant_not_approved: problem(
    403,
    'Merchant not approved',
    'This merchant is not approved. Wait until an administrator approves it.',
    'این پذیرنده تأیید نشده است. تا تأیید مدیر صبر کنید.',
  ),
  merchant_suspended: problem(
    403,
    'Merchant suspended',
    'This merchant is suspended. Ask an administrator to reactivate it.',
    'این پذیرنده تعلیق شده است. از مدیر بخواهید آن را دوباره فعال کند.',
  ),
  merchant_archived: problem(
    403,
    'Merchant archived',
    'This merchant is archived and can do nothing new.',
    'این پذیرنده بایگانی شده است و کار تازه‌ای نمی‌تواند انجام دهد.',
  ),
  merchant_changed: problem(
    412,
    'Merchant changed',
    'The merchant has changed since you read it. Read it again, and send the change with its new ETag.',
    'پذیرنده پس از خواندن شما تغییر کرده است. آن را دوباره بخوانید و تغییر را با ETag تازه بفرستید.',
  ),
  idempotency_key_required: problem(
    400,
    'Idempotency-Key required',
    'Send an Idempotency-Key header, a new one for each new operation.',
    'سرآیند Idempotency-Key را بفرستید؛ برای هر عملیات تازه یک کلید تازه.',
  ),
  idempotency_key_reused: problem(
    422,
    'Idempotency-Key reused',
    'This Idempotency-Key was used for another request. Use a new key for a new request.',
    'این کلید برای درخواست دیگری به کار رفته است. برای درخواست تازه کلید تازه بفرستید.',
  ),
  request_in_progress: {
    ...problem(
      409,
      'Request in progress',
      'The first request with this key is still running. Send the same request again in a moment.',
      'نخستین درخواست با این کلید هنوز در حال اجراست. کمی بعد همین درخواست را دوباره بفرستید.',
    ),
    retryable: true,
  },
  too_many_requests: problem(
    429,
    'Too many requests',
    'Too many requests. Wait a little and try again.',
    'درخواست‌ها بیش از حد است. کمی صبر کنید و دوباره بفرستید.',
  ),
  busy: problem(
    503,
    'Busy',
    'The system is busy and nothing may have been done. Send the same request with the same key again.',
    'سامانه شلوغ است و شاید کاری انجام نشده باشد. همین درخواست را با همین کلید دوباره بفرستید.',
  ),
  unhealthy: problem(
    503,
    'Unhealthy',
    'A part that the service depends on does not answer. Try again in a moment.',
    'بخشی که سامانه به آن وابسته است پاسخ نمی‌دهد. کمی بعد دوباره بفرستید.',
  ),
  internal_error: problem(
    500,
    'Internal error',
    'Something went wrong on our side. Send the same request with the same key again; if it stays, quote the request_id.',
    'خطایی در سامانه رخ داد. همین درخواست را با همین کلید دوباره بفرستید؛ اگر تکرار شد request_id را اعلام کنید.',
  ),
  name_taken: problem(
    409,
    'Name taken',
    'This name is taken. Choose another, or sign in if it is yours.',
    'این نام گرفته شده است. نام دیگری برگزینید یا اگر از آن شماست وارد شوید.',
  ),
  merchant_not_found: problem(
    404,
    'Merchant not found',
    'There is no such merchant. Check the id.',
    'چنین پذیرنده‌ای وجود ندارد. شناسه را بررسی کنید.',
  ),
  merchant_already_approved: problem(
    409,
    'Merchant already approved',
    'This merchant has been approved already; its credit limit is unchanged.',
    'این پذیرنده پیش‌تر تأیید شده است؛ سقف اعتبار آن تغییری نکرد.',
  ),
  merchant_rejected: problem(
    409,
    'Merchant rejected',
    'This merchant was rejected and cannot be approved. It may register under another name.',
    'این پذیرنده رد شده است و تأیید نمی‌شود. می‌تواند با نام دیگری ثبت‌نام کند.',
  ),
  merchant_not_pending: problem(
    409,
    'Merchant not pending',
    'Only a merchant that waits for approval can be rejected.',
    'فقط پذیرنده‌ای که در انتظار تأیید است رد می‌شود.',
  ),
  merchant_not_active: problem(
    409,
    'Merchant not active',
    'Only an active merchant can be suspended.',
    'فقط پذیرندهٔ فعال تعلیق می‌شود.',
  ),
  merchant_not_suspended: problem(
    409,
    'Merchant not suspended',
    'Only a suspended merchant can be reactivated.',
    'فقط پذیرندهٔ تعلیق‌شده دوباره فعال می‌شود.',
  ),
  merchant_not_archivable: problem(
    409,
    'Merchant not archivable',
    'Only an active or suspended merchant can be archived.',
    'فقط پذیرندهٔ فعال یا تعلیق‌شده بایگانی می‌شود.',
  ),
  merchant_not_empty: problem(
    409,
    'Merchant not empty',
    'Its wallets, its used credit and what is on its way to the bank must all be zero first.',
    'نخست باید کیف پول‌ها، اعتبار مصرف‌شده و مبالغ در راه بانک همگی صفر باشند.',
  ),
  withdrawal_not_found: problem(
    404,
    'Withdrawal not found',
    'There is no such withdrawal. Check the id.',
    'چنین برداشتی وجود ندارد. شناسه را بررسی کنید.',
  ),
  sale_not_found: problem(
    404,
    'Sale not found',
    'There is no such sale. Check the id.',
    'چنین فروشی وجود ندارد. شناسه را بررسی کنید.',
  ),
  transaction_not_found: problem(
    404,
    'Transaction not found',
    'There is no such transaction. Check the id, or the key and its operation.',
    'چنین تراکنشی وجود ندارد. شناسه، یا کلید و عملیات آن را بررسی کنید.',
  ),
  transaction_not_proposed: problem(
    409,
    'Transaction not proposed',
    'Only a transaction that is PROPOSED can be confirmed. Read it to see what became of it.',
    'فقط تراکنشی که PROPOSED است تأیید می‌شود. برای دیدن وضعیت، آن را بخوانید.',
  ),
  transaction_not_reversible: problem(
    422,
    'Transaction not reversible',
    'Only a deposit or top-up that has succeeded can be reversed. Read the transaction to see what it is.',
    'فقط واریز یا شارژی که انجام شده است برگردانده می‌شود. برای دیدن نوع و وضعیت تراکنش، آن را بخوانید.',
  ),
  transaction_already_reversed: problem(
    409,
    'Transaction already reversed',
    'This was reversed already, by {reversal}. Nothing is left to do.',
    'این تراکنش پیش‌تر با {reversal} برگردانده شده است. کار دیگری لازم نیست.',
  ),
  deposit_spent: problem(
    402,
    'Deposit spent',
    'The wallet no longer holds this amount, only {held} {currency}. Reverse the deposit with a new key once the money is back.',
    'کیف پول دیگر این مبلغ را ندارد و فقط {held} {currency} دارد. پس از بازگشت پول، با کلید تازه دوباره برگردانید.',
  ),
  second_admin_needed: problem(
    403,
    'Second administrator needed',
    'You proposed this yourself. Ask another administrator to confirm it.',
    'این را خودتان پیشنهاد کرده‌اید. از مدیر دیگری بخواهید آن را تأیید کند.',
  ),
  proposal_expired: problem(
    409,
    'Proposal expired',
    'This was not confirmed within 24 hours. Send the operation again with a new key.',
    'این پیشنهاد ظرف ۲۴ ساعت تأیید نشد. عملیات را با کلید تازه دوباره بفرستید.',
  ),
  proposal_outdated: problem(
    409,
    'Proposal outdated',
    'The system has changed since this was proposed and would now read it differently. Send the operation again with a new key.',
    'سامانه پس از این پیشنهاد تغییر کرده است و آن را دیگر همان‌گونه نمی‌خواند. عملیات را با کلید تازه دوباره بفرستید.',
  ),
  amount_above_admin_limit: problem(
    422,
    'Amount above the limit of administrators',
    'An administrator can move at most {limit} {currency} in one request. Split it, or have the limit of the stage raised.',
    'مدیر در هر درخواست حداکثر {limit} {currency} جابه‌جا می‌کند. آن را بخش کنید یا سقف را در تنظیمات استقرار بالا ببرید.',
  ),
  proposal_too_large: problem(
    422,
    'Proposal too large',
    'This needs a second administrator, and the request is too large to be kept for one. Send at most 1,000 bytes.',
    'این عملیات تأیید مدیر دوم را لازم دارد و درخواست برای نگهداری بیش از حد بزرگ است. حداکثر ۱۰۰۰ بایت بفرستید.',
  ),
  credit_request_open: problem(
    409,
    'Credit request open',
    'Your request {id} in this currency is not decided yet. Wait for its decision.',
    'دربارهٔ درخواست {id} شما در این ارز هنوز تصمیم گرفته نشده است. منتظر تصمیم بمانید.',
  ),
  credit_request_not_found: problem(
    404,
    'Credit request not found',
    'There is no credit request with this id. List them under /admin/credit-requests.',
    'درخواست اعتباری با این شناسه وجود ندارد. فهرست آن‌ها زیر ‎/admin/credit-requests است.',
  ),
  credit_request_approved: problem(
    409,
    'Credit request approved',
    'Approved already by {decided_by}, with a limit of {limit} {currency}. Read the request.',
    'پیش‌تر به دست {decided_by} با سقف {limit} {currency} تأیید شده است. درخواست را بخوانید.',
  ),
  credit_request_rejected: problem(
    409,
    'Credit request rejected',
    'Rejected already by {decided_by}. The merchant may ask again.',
    'پیش‌تر به دست {decided_by} رد شده است. پذیرنده می‌تواند دوباره درخواست دهد.',
  ),
  credit_request_currency: problem(
    422,
    'Credit request in another currency',
    'This request is in {currency}. Send the limit in that currency.',
    'این درخواست به {currency} است. سقف را به همان ارز بفرستید.',
  ),
  merchant_cannot_have_credit: problem(
    422,
    'Merchant cannot have credit',
    'Only a merchant that is approved and not archived has credit. Approve it first.',
    'فقط پذیرنده‌ای که تأیید شده و بایگانی نشده باشد اعتبار دارد. ابتدا آن را تأیید کنید.',
  ),
  merchant_cannot_receive: problem(
    422,
    'Merchant cannot receive',
    'Only a merchant that is approved and not archived can receive money.',
    'فقط پذیرنده‌ای که تأیید شده و بایگانی نشده باشد پول دریافت می‌کند.',
  ),
  withdrawal_not_cancellable: problem(
    409,
    'Withdrawal not cancellable',
    'Only a withdrawal that is still SCHEDULED can be cancelled. Read it to see what became of it.',
    'فقط برداشتی که هنوز SCHEDULED است لغو می‌شود. برای دیدن وضعیت، آن را بخوانید.',
  ),
  execution_too_soon: problem(
    422,
    'Execution too soon',
    'A withdrawal is scheduled for the next second at the earliest. Choose a later execute_at, or leave it out.',
    'برداشت زودتر از ثانیهٔ بعد زمان‌بندی نمی‌شود. execute_at دیرتری برگزینید یا آن را نفرستید.',
  ),
  execution_too_far: problem(
    422,
    'Execution too far ahead',
    'A withdrawal is scheduled at most one year ahead. Choose an earlier execute_at.',
    'برداشت حداکثر یک سال بعد زمان‌بندی می‌شود. execute_at زودتری برگزینید.',
  ),
  release_too_far: problem(
    422,
    'Release too far ahead',
    'A deposit may be released at most five years from now. Choose an earlier release_at.',
    'زمان آزادسازی واریز حداکثر پنج سال بعد است. release_at زودتری برگزینید.',
  ),
  self_transfer: problem(
    422,
    'Transfer to oneself',
    'Payer and payee are the same merchant. Name another payee.',
    'پرداخت‌کننده و دریافت‌کننده یکی هستند. دریافت‌کنندهٔ دیگری نام ببرید.',
  ),
  payee_not_found: problem(
    404,
    'Payee not found',
    'There is no merchant of this name or id that can receive money. Check it.',
    'پذیرنده‌ای با این نام یا شناسه که بتواند پول بگیرد وجود ندارد. آن را بررسی کنید.',
  ),
  wallet_not_found: problem(
    404,
    'Wallet not found',
    'There is no wallet in this currency. Use a currency listed under wallets in /me.',
    'در این ارز کیف پولی نیست. ارزی را به کار ببرید که در ‎/me زیر wallets آمده است.',
  ),
  wallet_closed: problem(
    422,
    'Wallet closed',
    'This wallet is closed and takes no more money.',
    'این کیف پول بسته شده است و دیگر پولی نمی‌پذیرد.',
  ),
  too_many_wallets: problem(
    422,
    'Too many wallets',
    'The merchant that would receive this has 90 wallets, the most there can be. Use a currency it already has.',
    'پذیرندهٔ دریافت‌کننده ۹۰ کیف پول دارد که حداکثر مجاز است. ارزی را به کار ببرید که از پیش دارد.',
  ),
  insufficient_funds: problem(
    402,
    'Insufficient funds',
    'The wallet does not hold this amount. Lower it, or wait for a deposit.',
    'موجودی کیف پول برای این مبلغ کافی نیست. مبلغ را کم کنید یا منتظر واریز بمانید.',
  ),
  daily_limit_exceeded: problem(
    402,
    'Daily limit exceeded',
    'This exceeds what may be spent in a day. {left} {currency} is left. Lower the amount, or wait until {resets_at}.',
    'این مبلغ از سقف روزانه بیشتر است. {left} {currency} باقی مانده است. مبلغ را کم کنید یا تا {resets_at} صبر کنید.',
  ),
  monthly_limit_exceeded: problem(
    402,
    'Monthly limit exceeded',
    'This exceeds what may be spent in a month. {left} {currency} is left. Lower the amount, or wait until {resets_at}.',
    'این مبلغ از سقف ماهانه بیشتر است. {left} {currency} باقی مانده است. مبلغ را کم کنید یا تا {resets_at} صبر کنید.',
  ),
  pair_not_supported: problem(
    422,
    'Pair not supported',
    'There is no exchange rate between these currencies. Convert into another currency.',
    'میان این دو ارز نرخ تبدیلی وجود ندارد. به ارز دیگری تبدیل کنید.',
  ),
  rates_unavailable: problem(
    503,
    'Exchange rates unavailable',
    'There is no exchange rate that is recent enough. Ask for the quote again a little later.',
    'نرخ تبدیل به‌روزی در دسترس نیست. کمی بعد دوباره پیش‌فاکتور بخواهید.',
  ),
  amount_not_convertible: problem(
    422,
    'Amount not convertible',
    'At this rate the amount is worth less than the smallest unit of the other currency, or more than an amount can be. Choose another amount.',
    'این مبلغ با این نرخ کمتر از کوچک‌ترین واحد ارز دیگر یا بیش از حد مجاز است. مبلغ دیگری برگزینید.',
  ),
  quote_not_found: problem(
    404,
    'Quote not found',
    'There is no such quote. Check the id, or ask for a new quote.',
    'چنین پیش‌فاکتوری وجود ندارد. شناسه را بررسی کنید یا پیش‌فاکتور تازه‌ای بخواهید.',
  ),
  quote_used: problem(
    409,
    'Quote used',
    'This quote has been used for a conversion already. Ask for a new quote to convert again.',
    'این پیش‌فاکتور پیش‌تر برای تبدیلی به کار رفته است. برای تبدیل دوباره، پیش‌فاکتور تازه‌ای بخواهید.',
  ),
  quote_expired: problem(
    409,
    'Quote expired',
    'A quote is valid for 30 seconds. Ask for a new one, and send the conversion with a new key.',
    'هر پیش‌فاکتور ۳۰ ثانیه معتبر است. پیش‌فاکتور تازه‌ای بخواهید و تبدیل را با کلید تازه بفرستید.',
  ),
  no_credit_line: problem(
    422,
    'No credit line',
    'There is no credit line in this currency. Use a currency listed under credit in /me.',
    'در این ارز خط اعتباری ندارید. ارزی را به کار ببرید که در ‎/me زیر credit آمده است.',
  ),
  repayment_exceeds_utilised: problem(
    422,
    'Repayment exceeds utilised credit',
    'The amount is more than the credit that is utilised, {outstanding} {currency}. Repay at most that.',
    'این مبلغ بیش از اعتبار مصرف‌شده، {outstanding} {currency}، است. حداکثر همان را بازپرداخت کنید.',
  ),
  insufficient_credit: problem(
    402,
    'Insufficient credit',
    'The available credit does not cover this amount. Lower it, or ask for more credit.',
    'اعتبار در دسترس برای این مبلغ کافی نیست. مبلغ را کم کنید یا اعتبار بیشتری بخواهید.',
  ),
  pool_not_found: problem(
    404,
    'Pool not found',
    'This currency has no credit pool yet. Its first top-up opens it.',
    'این ارز هنوز استخر اعتباری ندارد. نخستین شارژ آن را باز می‌کند.',
  ),
  insufficient_pool: problem(
    402,
    'Credit pool exhausted',
    'The credit pool cannot cover this amount now. Lower it, or try later with a new key.',
    'استخر اعتباری اکنون این مبلغ را پوشش نمی‌دهد. مبلغ را کم کنید یا بعداً با کلید تازه بفرستید.',
  ),
} as const satisfies Record<string, Problem>;

export type Reason = keyof typeof REASONS;

type Named<Words extends string> = Words extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Named<Rest>
  : never;
/** The names of the values that a reason's texts state. */
export type ValueName<Of extends Reason> = Named<(typeof REASONS)[Of]['en']>;
/** A reason whose texts say everything. */
export type PlainReason = {
  [Of in Reason]: [ValueName<Of>] extends [never] ? Of : never;
}[Reason];
