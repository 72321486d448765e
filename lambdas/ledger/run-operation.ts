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
import { type DecisionRun, untilCommitted } from './until-committed.ts';

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

  const readNow = () => {
    const reading = run.read(ledger.now());
    // Whoever awaits it meets its failure.
    reading.catch(() => undefined);
    return reading;
  };
  // Read while the lookup is under way: one round trip for all. A replay does not need it.
  let early = joining?.asksFirst === true ? undefined : readNow();
  const busy = joining?.busy();
  const readOrEarly: typeof run.read = (now) => {
    const reading = early ?? run.read(now);
    early = undefined;
    return reading;
  };

  return replayOr(responses, identity, context, async () => {
    const found = await busy;
    if (found !== undefined) {
      const joined =
        joining?.sentAway(found) ??
        (await knownBy(early ?? readNow())) ??
        (await joining?.atOnce(found));
      if (joined !== undefined) return joined;
      // It has waited in vain: what was read before is out of date.
      early = undefined;
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

/** A stored response may have expired: the transaction's row still tells it, and no group would store it again. */
async function knownBy(
  reading: ReturnType<DecisionRun<ReplayResult>['read']>,
): Promise<ReplayResult | undefined> {
  const known = await reading.then(({ decide }) => decide()).catch(() => undefined);
  return known?.kind === 'done' ? known.outcome : undefined;
}
