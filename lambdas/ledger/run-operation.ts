import type { Context } from 'aws-lambda';
import { count } from '../platform/metrics.ts';
import { type Handing, joiningOf } from './busy/joining.ts';
import { type ReplayResult, replayOr } from './idempotency.ts';
import type { RequestIdentity } from './request-identity.ts';
import {
  type Decider,
  OF_REQUEST,
  type RequestOptions,
  requestRun,
  type Stores,
} from './request-run.ts';
import type { NewTransaction } from './transactions.ts';
import { untilCommitted } from './until-committed.ts';

/**
 * Runs an operation exactly once for each request identity. Every repeat returns the original response.
 * @param handing how it joins others where they exclude each other; alone without it.
 */
export function runOperation<Facts, New extends NewTransaction>(
  stores: Stores,
  decider: Decider<Facts, New>,
  identity: RequestIdentity,
  { context, ...options }: RequestOptions & { readonly context: Context },
  handing?: Handing,
): Promise<ReplayResult> {
  const { ledger, responses } = stores;
  const { requestId } = options;
  const run = requestRun(stores, decider, identity, options);
  const joining = handing && joiningOf(handing, decider, identity, requestId);

  // Read while the lookup is under way: one round trip for all. A replay does not need it.
  const [early, busy] = [Promise.allSettled([run.read(ledger.now())]), joining?.busy()];
  let isFresh = true;
  const readOrEarly: typeof run.read = async (now) => {
    if (!isFresh) return run.read(now);
    isFresh = false;
    const [outcome] = await early;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };

  return replayOr(responses, identity, context, async () => {
    const found = await busy;
    if (found !== undefined) {
      // Its response may have expired: the transaction's row still tells it, and no group would store it again.
      const [earlier] = await early;
      const known = earlier.status === 'fulfilled' ? earlier.value.decide() : undefined;
      if (known?.kind === 'done') return known.outcome;
      const joined = await joining?.atOnce(found);
      if (joined !== undefined) return joined;
      // It has waited in vain: what was read before is out of date.
      isFresh = false;
    }
    const result = await untilCommitted<ReplayResult>(ledger, {
      read: readOrEarly,
      lost: async (lost) => (await run.lost?.(lost)) ?? joining?.after(lost),
    });
    if (result.kind === 'done') return result.outcome;
    count('RequestsGivenUp');
    const { by, met, tries } = result;
    const isCopy = met !== 'throttled' && OF_REQUEST.has(by);
    return decider.refuse(isCopy ? 'request_in_progress' : 'busy', tries);
  });
}
