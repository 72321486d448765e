import * as z from 'zod';
import { nothing } from '../../http/fields.ts';
import { operation } from '../../http/operation.ts';
import { success } from '../../http/response.ts';
import type { LedgerContext } from '../../ledger/context.ts';
import { type Currency, currencyCode } from '../../ledger/money.ts';
import { creditInFlight } from '../../ledger/rows/in-flight.ts';
import { readPool, snapshotPool } from '../../ledger/rows/pool.ts';
import { poolView, type ReadPool } from './view.ts';

/** A snapshot of a pool that is being written succeeds by luck. */
const SNAPSHOT_TRIES = 3;

/** The pool at one moment where that can be had, else row by row, in which money that moves counts twice or not. */
async function readBest(ledger: LedgerContext, currency: Currency): Promise<ReadPool | undefined> {
  const pool = await readPool(ledger, currency);
  if (pool === undefined) return undefined;
  for (let tries = 0; tries < SNAPSHOT_TRIES; tries += 1) {
    const snapshot = await snapshotPool(ledger, currency, pool.root.shards);
    if (snapshot !== undefined) return { pool: snapshot, isExact: true };
  }
  return { pool, isExact: pool.shards.length === 0 };
}

/** What is available, lent, and how much of that is in flight to a provider (CR-1). */
export const readPoolAsAdmin = operation({
  name: 'read-pool',
  route: 'GET /admin/pools/{currency}',
  access: 'admin',
  grants: [{ query: 'nextCheck' }],
  input: () => z.object({ params: z.object({ currency: currencyCode }), query: nothing }),
  handle: async ({ params: { currency } }, _call, { ledger }) => {
    const [read, inFlight] = await Promise.all([
      readBest(ledger, currency),
      creditInFlight(ledger, currency),
    ]);
    return success({
      status: 200,
      message: { en: 'The credit pool.', fa: 'استخر اعتباری.' },
      data: poolView(currency, read, inFlight),
    });
  },
});
