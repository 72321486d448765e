import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { crossRate, parseRate } from '../../lambdas/ledger/rates.ts';
import type { Rates } from '../../lambdas/operations/conversions/rates.ts';

const document = z.object({ data: z.object({ rates: z.record(z.string(), z.string()) }) });
const LOCAL = document.parse(JSON.parse(readFileSync('local/rates.json', 'utf8'))).data.rates;

/** Rates that do not change: against one base, those of the local cloud unless said otherwise. */
export const fixedRates =
  (byCurrency: Readonly<Record<string, string>> = LOCAL): Rates =>
  async (from, to) => {
    const [a, b] = [from, to].map((currency) => parseRate(byCurrency[currency]));
    if (a === undefined || b === undefined || typeof a === 'string' || typeof b === 'string')
      return 'pair_not_supported';
    return crossRate(a, b);
  };
