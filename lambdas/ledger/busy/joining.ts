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

/** One of so many requests is let in: its `Retry-After` is spread as after so many tries, up to this. */
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
        return refuse('busy', Math.min(MOST_TRIES, Math.round(1 / (1 - handed.shed))));
      case 'direct':
        return undefined;
    }
  };
  return {
    /** Whether it asks before it reads anything. */
    asksFirst: busy.hasFoundSome,
    busy: async () => busy.busyAmong(await merchants()),
    sentAway: (found: Busy) =>
      busy.sendsAway(found) ? answer({ kind: 'later', shed: found.shed }) : undefined,
    atOnce: async ({ merchantId }: Busy) =>
      answer(await busy.handOver(merchantId, responseId, handover)),
    after: async (lost: Lost) => {
      const merchantId = conflicts.busyAfter(lost);
      return merchantId === undefined
        ? undefined
        : answer(await busy.handOver(merchantId, responseId, handover));
    },
  };
}

/** Work that waits for nothing, on its way into the group of its merchant. */
export function leavingOf(busy: BusyMerchants, merchantId: string, handover: Handover) {
  const conflicts = new Conflicts();
  const isBusy = async () => (await busy.busyAmong([merchantId])) !== undefined;
  const send = () => busy.send(merchantId, handover);
  return {
    /** @returns whether the group does it. */
    atOnce: async () => (await isBusy()) && (await send()),
    /**
     * Without a marker nobody may be there to do it: then it goes on by itself as well, and one of the two wins.
     * @returns whether the group does it.
     */
    after: async (lost: Lost) =>
      conflicts.busyAfter(lost) === merchantId && (await send()) && (await isBusy()),
  };
}
