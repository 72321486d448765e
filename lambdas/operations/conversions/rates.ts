import * as z from 'zod';
import { type Currency, currencyCode } from '../../ledger/money.ts';
import { crossRate, isJump, PAR, parseRate, type Rate } from '../../ledger/rates.ts';
import { log } from '../../platform/logger.ts';
import type { RateSource } from './rate-source.ts';

/** The rate of a pair, or why there is none now. */
type PairRate = Rate | 'pair_not_supported' | 'rates_unavailable';
export type Rates = (from: Currency, to: Currency) => Promise<PairRate>;
/** What the quotes need beside the ledger. */
export type WithRates = { readonly rates: Rates };

/** All rates against one base, as decimal text. The format of Coinbase's public exchange rates. */
const document = z.object({
  data: z.object({ currency: currencyCode, rates: z.record(z.string(), z.unknown()) }),
});

/** The source is asked at most this often by one process, also where it fails. */
const REFRESH_MS = 5_000;

type Known = {
  /** The last rate that may be used, and when the source was asked for it. */
  readonly good: { readonly rate: Rate; readonly at: number } | undefined;
  /** The last one that the source gave, used or not. */
  readonly last: Rate | undefined;
};

type Options = {
  readonly now: () => Date;
  /** How long a rate is used when the source gives no other, in milliseconds. */
  readonly maxAgeMs: number;
};

/**
 * Checks what a source gives, and keeps the last good rate of each currency for a while. A rate that is no positive
 * decimal, or more than 10 % off the last one, is refused and logged. One that stays so far off is used once the good
 * one is too old: it is then compared with the refused one, since nothing else tells a move of the market from an
 * error that persists.
 */
export function checkedRates(source: RateSource, { now, maxAgeMs }: Options): Rates {
  const known = new Map<Currency, Known>();
  let base: Currency | undefined;
  /** Of the last document that could be read. */
  let readAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  const isFresh = (at: number): boolean => now().getTime() - at <= maxAgeMs;

  const take = (currency: Currency, text: unknown, at: number): void => {
    const before = known.get(currency);
    const rate = parseRate(text);
    if (typeof rate === 'string') {
      log('error', 'RATE_REFUSED', { currency, why: rate });
      known.set(currency, before ?? { good: undefined, last: undefined });
      return;
    }
    const good = before?.good;
    const reference = good !== undefined && isFresh(good.at) ? good.rate : before?.last;
    if (reference !== undefined && isJump(rate, reference)) {
      log('error', 'RATE_REFUSED', { currency, why: 'jump' });
      known.set(currency, { good, last: rate });
    } else known.set(currency, { good: { rate, at }, last: rate });
  };

  const ask = async (): Promise<void> => {
    // Not when it answered: a slow response is as old as the question.
    const at = now().getTime();
    askedAt = at;
    try {
      const { currency, rates } = document.parse(await source()).data;
      if (base !== undefined && base !== currency) throw new Error(`the base is ${currency}`);
      base = currency;
      readAt = at;
      for (const [name, text] of Object.entries(rates)) {
        const code = currencyCode.safeParse(name).data;
        if (code !== undefined && code !== base) take(code, text, at);
      }
    } catch (error) {
      log('error', 'RATES_UNREADABLE', {}, error);
    }
  };

  const rateOf = (currency: Currency): PairRate => {
    if (!isFresh(readAt)) return 'rates_unavailable';
    if (currency === base) return PAR;
    const found = known.get(currency);
    if (found === undefined) return 'pair_not_supported';
    return found.good !== undefined && isFresh(found.good.at)
      ? found.good.rate
      : 'rates_unavailable';
  };

  return async (from, to) => {
    if (now().getTime() - askedAt >= REFRESH_MS)
      asking ??= ask().finally(() => {
        asking = undefined;
      });
    await asking;
    const [a, b] = [rateOf(from), rateOf(to)];
    if (typeof a !== 'string' && typeof b !== 'string') return crossRate(a, b);
    return [a, b].includes('pair_not_supported') ? 'pair_not_supported' : 'rates_unavailable';
  };
}
