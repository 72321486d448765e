import type { Lost } from '../commit.ts';
import type { ReplayResult } from '../idempotency.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { type Decider, outcomeOf } from '../request-run.ts';
import type { NewTransaction } from '../transactions.ts';
import {
  type Busy,
  type BusyMerchants,
  Conflicts,
  type HandedOver,
  type Handover,
} from './busy-merchants.ts';

/** How a request joins others on the same merchant. */
export type Handing = {
  readonly busy: BusyMerchants;
  /** Whose rows it writes. */
  readonly merchants: () => Promise<readonly string[]>;
  readonly messageFor: Handover['messageFor'];
};

/** How old a queue is, as tries in vain: so many milliseconds stand for one, and more than so many for no more. */
const TRY_MS = 40;
const MOST_TRIES = 30;

/** One request on its way into the group of a busy merchant. Undefined where it goes on by itself. */
export function joiningOf(
  { busy, merchants, messageFor }: Handing,
  { refuse }: Pick<Decider<unknown, NewTransaction>, 'refuse'>,
  identity: RequestIdentity,
  requestId: string,
) {
  const { responseId } = identity;
  const handover = { messageFor, deduplicationId: `${responseId}|${requestId}` };
  const conflicts = new Conflicts();
  const answer = (handed: HandedOver): ReplayResult | undefined => {
    switch (handed.kind) {
      case 'answered':
        return outcomeOf(handed.response, identity, requestId);
      case 'later':
        return refuse('busy', Math.min(MOST_TRIES, Math.round(handed.ageMs / TRY_MS)));
      case 'direct':
        return undefined;
    }
  };
  return {
    busy: async () => busy.busyAmong(await merchants()),
    atOnce: async (found: Busy) => answer(await busy.join(found, responseId, handover)),
    after: async (lost: Lost) => {
      const merchantId = conflicts.busyAfter(lost);
      return merchantId === undefined
        ? undefined
        : answer(await busy.handOver(merchantId, responseId, handover));
    },
  };
}
