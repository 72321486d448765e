import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { success } from '../../http/response.ts';
import { currencyCode, formatAmount } from '../../ledger/money.ts';
import { creditInFlight } from '../../ledger/rows/in-flight.ts';
import { readPool } from '../../ledger/rows/pool.ts';

/** What is available, lent, and how much of that is in flight to a provider (CR-1). */
export const readPoolAsAdmin = operation({
  name: 'read-pool',
  route: 'GET /admin/pools/{currency}',
  access: 'admin',
  grants: [{ query: 'nextCheck' }],
  input: () => z.object({ params: z.object({ currency: currencyCode }), query: nothing }),
  handle: async ({ params: { currency } }, _call, { ledger }) => {
    const [pool, inFlight] = await Promise.all([
      readPool(ledger, currency),
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
  },
});
