import { describe, expect, it } from '@jest/globals';
import type { Wallet } from '../../../lambdas/ledger/balances.ts';
import { refused } from '../../../lambdas/ledger/decision.ts';
import { MERCHANT_STATUSES, type MerchantStatus } from '../../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { parseRate, type Rate } from '../../../lambdas/ledger/rates.ts';
import {
  type ConversionFacts,
  decideConversion,
} from '../../../lambdas/operations/conversions/conversion-rule.ts';
import {
  decideQuote,
  type Quote,
  type QuoteFacts,
} from '../../../lambdas/operations/conversions/quote-rule.ts';
import { aMerchant, USD } from '../../harness/in-memory-ledger.ts';

const EUR = currencyCode.parse('EUR');
const NOW = new Date('2026-11-20T12:00:00.000Z');
const at = (ms: number): Date => new Date(NOW.getTime() + ms);
const aWallet = (currency: typeof USD, available: bigint, known: Partial<Wallet> = {}): Wallet => ({
  currency,
  available: minor(available),
  pending: minor(0n),
  version: 1n,
  by: [],
  ...known,
});
const rateOf = (text: string): Rate => {
  const rate = parseRate(text);
  if (typeof rate === 'string') throw new Error(rate);
  return rate;
};
const OF_STATUS: Readonly<Record<MerchantStatus, string | undefined>> = {
  PENDING: 'merchant_not_approved',
  ACTIVE: undefined,
  SUSPENDED: 'merchant_suspended',
  REJECTED: 'merchant_not_approved',
  ARCHIVED: 'merchant_archived',
};

describe('WA-7: a quote', () => {
  const order = { from: USD, to: EUR, side: 'sell', amount: minor(100_00n) } as const;
  const terms = { id: 'Q1', spreadPpm: 5_000n };
  const facts: QuoteFacts = { merchant: aMerchant(), rate: rateOf('0.92') };
  const decided = (changed: Partial<QuoteFacts> = {}, amount = order.amount) =>
    decideQuote({ ...facts, ...changed }, { ...order, amount }, terms, NOW);

  it('names both legs, the spread and the rate, and ends after 30 seconds', () => {
    expect(decided()).toEqual({
      id: 'Q1',
      from: USD,
      to: EUR,
      side: 'sell',
      give: 100_00n,
      receive: 91_54n,
      spread: 46n,
      rate: '0.92',
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: '2026-11-20T12:00:30.000Z',
    });
  });

  it('is refused in this order: the status, the rate, the amount', () => {
    const tiny = minor(1n);
    expect(decided({ merchant: undefined, rate: 'pair_not_supported' })).toEqual(
      refused('not_a_merchant'),
    );
    const suspended = aMerchant({ status: 'SUSPENDED' });
    expect(decided({ merchant: suspended, rate: 'rates_unavailable' })).toEqual(
      refused('merchant_suspended'),
    );
    expect(decided({ rate: 'pair_not_supported' }, tiny)).toEqual(refused('pair_not_supported'));
    expect(decided({ rate: 'rates_unavailable' }, tiny)).toEqual(refused('rates_unavailable'));
    expect(decided({}, tiny)).toEqual(refused('amount_not_convertible'));
  });

  it.each(MERCHANT_STATUSES)('is given to a merchant that is %s as it may spend', (status) => {
    expect(decided({ merchant: aMerchant({ status }) })).toMatchObject(
      OF_STATUS[status] === undefined ? { id: 'Q1' } : { reason: OF_STATUS[status] },
    );
  });
});

describe('WA-7: a conversion', () => {
  const quote: Quote = {
    id: 'Q1',
    from: USD,
    to: EUR,
    side: 'sell',
    give: minor(100_00n),
    receive: minor(91_54n),
    spread: minor(46n),
    rate: '0.92',
    createdAt: NOW.toISOString(),
    expiresAt: at(30_000).toISOString(),
  };
  type Known = {
    readonly merchant?: ConversionFacts['merchant'];
    readonly quote?: Partial<Quote>;
    readonly wallet?: Wallet | undefined;
    readonly target?: Wallet | undefined;
    readonly now?: Date;
  };
  const decided = (known: Known = {}) =>
    decideConversion(
      {
        merchant: 'merchant' in known ? known.merchant : aMerchant(),
        quoted: {
          quote: { ...quote, ...known.quote },
          funds: {
            wallet: 'wallet' in known ? known.wallet : aWallet(USD, 100_00n),
            matured: [],
          },
          target: 'target' in known ? known.target : aWallet(EUR, 0n),
        },
      },
      known.now ?? at(29_999),
      'T1',
    );

  it('moves both legs and the spread, and uses the quote up', () => {
    const wallet = { name: 'wallet.available', merchantId: 'm1' };
    expect(decided()).toMatchObject({
      kind: 'accepted',
      transaction: {
        type: 'conversion',
        status: 'SUCCEEDED',
        amount: 100_00n,
        currency: USD,
        merchantId: 'm1',
        quoteId: 'Q1',
        toCurrency: EUR,
        received: 91_54n,
        spread: 46n,
        rate: '0.92',
      },
      postings: [
        { source: wallet, destination: { name: 'exchange' }, currency: USD, amount: 100_00n },
        { source: { name: 'exchange' }, destination: wallet, currency: EUR, amount: 91_54n },
        {
          source: { name: 'exchange' },
          destination: { name: 'fees' },
          currency: EUR,
          amount: 46n,
        },
      ],
      changes: [
        {
          row: { kind: 'own', merchantId: 'm1', of: 'QUOTE', id: 'Q1' },
          conditions: [
            { must: 'be absent', path: 'usedBy' },
            { must: 'be after', path: 'expiresAt', value: at(29_999).toISOString() },
          ],
          set: { usedBy: 'T1' },
        },
      ],
    });
  });

  it('is no part of a limit: the merchant row is guarded, and no counter changes', () => {
    const decision = decided();
    if (decision.kind !== 'accepted') throw new Error(decision.kind);
    expect(decision.guards).toMatchObject([{ row: { kind: 'merchant', merchantId: 'm1' } }]);
    expect(decision.changes.map(({ row }) => row.kind)).toEqual(['own']);
  });

  it('opens the wallet in the other currency, which its merchant counts', () => {
    const decision = decided({ target: undefined });
    expect(decision).toMatchObject({
      kind: 'accepted',
      changes: [
        { row: { kind: 'own' } },
        { row: { kind: 'wallet', currency: EUR }, put: { currency: EUR } },
        { row: { kind: 'merchant' }, add: { wallets: 1n } },
      ],
    });
  });

  it('without a spread posts no fee', () => {
    const decision = decided({ quote: { spread: minor(0n) } });
    expect(decision.kind === 'accepted' && decision.postings.length).toBe(2);
  });

  it.each<[string, Known]>([
    ['not_a_merchant', { merchant: undefined, quote: { usedBy: 'T0' } }],
    ['merchant_suspended', { merchant: aMerchant({ status: 'SUSPENDED' }), now: at(30_000) }],
    ['quote_used', { quote: { usedBy: 'T0' }, now: at(30_000) }],
    ['quote_expired', { now: at(30_000), target: aWallet(EUR, 0n, { closed: true }) }],
    [
      'wallet_closed',
      {
        target: aWallet(EUR, 0n, { closed: true }),
        merchant: aMerchant({ wallets: 90n }),
        wallet: undefined,
      },
    ],
    [
      'too_many_wallets',
      { target: undefined, merchant: aMerchant({ wallets: 90n }), wallet: undefined },
    ],
    ['wallet_not_found', { wallet: undefined }],
    ['insufficient_funds', { wallet: aWallet(USD, 99_99n) }],
  ])('refuses %s before what comes after it', (reason, known) => {
    expect(decided(known)).toMatchObject({ kind: 'refused', reason });
  });

  it('refuses a quote that is not there after the status, before everything else', () => {
    const missing = (merchant: ConversionFacts['merchant']) =>
      decideConversion({ merchant, quoted: undefined }, NOW, 'T1');
    expect(missing(aMerchant())).toEqual(refused('quote_not_found'));
    expect(missing(aMerchant({ status: 'ARCHIVED' }))).toEqual(refused('merchant_archived'));
  });

  it('accepts up to the last millisecond of the quote, and not at 30 seconds', () => {
    expect(decided({ now: at(29_999) }).kind).toBe('accepted');
    expect(decided({ now: at(30_000) })).toEqual(refused('quote_expired'));
  });

  it('accepts with 90 wallets where the other currency has one', () => {
    expect(decided({ merchant: aMerchant({ wallets: 90n }) }).kind).toBe('accepted');
  });
});
