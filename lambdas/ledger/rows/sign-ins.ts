import { LRUCache } from 'lru-cache';
import * as z from 'zod';
import type { LedgerContext } from '../context.ts';
import { signInKey } from '../keys.ts';
import type { SignInId } from '../sign-in.ts';
import { getRow } from '../table.ts';

const signInRow = z.object({ merchantId: z.string().min(1) });

/** The id of the merchant that signs in so; undefined where no merchant does. */
export const readSignIn = async (
  ledger: LedgerContext,
  signIn: SignInId,
): Promise<string | undefined> => (await getRow(ledger, signInKey(signIn), signInRow))?.merchantId;

/** How long a process may let in a sign-in that was disconnected from its merchant. */
const CACHED_MS = 60_000;
const MOST_CACHED = 10_000;

export type SignInLookup = (signIn: SignInId) => Promise<string | undefined>;

/** Looks sign-ins up, each at most once a minute. A sign-in without a merchant is looked up again every time. */
export function signInLookup(ledger: LedgerContext): SignInLookup {
  const cache = new LRUCache<string, string>({
    max: MOST_CACHED,
    ttl: CACHED_MS,
    ttlResolution: 0,
    perf: { now: () => ledger.now().getTime() },
  });
  return async (signIn) => {
    const { pk } = signInKey(signIn);
    const cached = cache.get(pk);
    if (cached !== undefined) return cached;
    const merchantId = await readSignIn(ledger, signIn);
    if (merchantId !== undefined) cache.set(pk, merchantId);
    return merchantId;
  };
}
