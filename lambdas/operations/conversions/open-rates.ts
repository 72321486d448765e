import type { ApiEnv } from '../../platform/env.ts';
import { sourceAt } from './rate-source.ts';
import { checkedRates, type WithRates } from './rates.ts';

/** The rates of a deployed function. Each process asks the source for itself. */
export const openRates = ({ RATES_URL, RATES_CALL_MS, RATES_MAX_AGE_MS }: ApiEnv): WithRates => ({
  rates: checkedRates(sourceAt(RATES_URL, RATES_CALL_MS), {
    now: () => new Date(),
    maxAgeMs: RATES_MAX_AGE_MS,
  }),
});
