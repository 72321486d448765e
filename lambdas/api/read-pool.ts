import * as z from 'zod';
import { currencyCode, formatAmount } from '../domain/money.ts';
import { success } from '../runtime/answer.ts';
import { endpoint } from '../runtime/http.ts';
import { creditInFlight } from '../store/in-flight.ts';
import type { Ledger } from '../store/ledger.ts';
import { poolTotals } from '../store/pool.ts';
import { nothing } from './fields.ts';

const form = z.object({ params: z.object({ currency: currencyCode }), query: nothing });

/** GET /admin/pools/{currency}: available, lent out, and how much of that is on its way to the bank (CR-1). */
export const readPool = (ledger: Ledger) =>
  endpoint('optional', form, async ({ params: { currency } }) => {
    const [pool, inFlight] = await Promise.all([
      poolTotals(ledger, currency),
      creditInFlight(ledger, currency),
    ]);
    return success({
      status: 200,
      message: { en: 'The credit pool.', fa: 'استخر اعتباری.' },
      data: {
        currency,
        available: formatAmount(pool?.available ?? 0n, currency),
        lent: formatAmount(pool?.lent ?? 0n, currency),
        in_flight: formatAmount(inFlight, currency),
      },
    });
  });
