import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { success } from '../../http/response.ts';
import { endpoint } from '../../http/router.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import { creditInFlight } from '../../ledger/rows/in-flight.ts';
import { poolTotals } from '../../ledger/rows/pool.ts';
import type { Ledger } from '../../ledger/table.ts';

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
