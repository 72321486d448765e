import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { commitGroup } from '../ledger/busy/commit-group.ts';
import { markBusy, markIdle, readMarker } from '../ledger/busy/marker.ts';
import type { Member } from '../ledger/busy/member.ts';
import { type QueuedMessage, queuedMessage } from '../ledger/busy/messages.ts';
import { type Batch, isShedding, nextBatches } from '../ledger/busy/shedding.ts';
import type { LedgerContext } from '../ledger/context.ts';
import type { ResponseStore } from '../ledger/responses.ts';
import { log } from '../platform/logger.ts';
import { countGroup, measure } from '../platform/metrics.ts';
import { untilRead } from '../platform/retry.ts';

/** In a flood, reads of the marker are throttled. The next batch waits for this one. */
const READ_MS = 150;

export type RunQueuedDeps = {
  readonly ledger: LedgerContext;
  readonly responses: ResponseStore;
  readonly memberOf: (message: QueuedMessage) => Member | undefined;
  /** From the receipt of a batch until nothing new is begun, in milliseconds. */
  readonly stopAfterMs: number;
};

/**
 * A batch of the FIFO queue: each merchant's messages are decided in their order and committed together. Every message
 * is received once: a request that is not decided is answered 503, and its client repeats it.
 */
export const runQueued =
  (deps: RunQueuedDeps) =>
  async ({ Records }: SQSEvent): Promise<void> => {
    const { clock } = deps.ledger.pacing;
    const until = clock() + deps.stopAfterMs;
    const groups = Map.groupBy(Records, groupOf);
    const runs = [...groups].map(async ([merchantId, records]) => {
      try {
        await runGroup(deps, merchantId, records, until);
      } catch (error) {
        // One merchant's group may not take the others' messages along.
        log('error', 'GROUP_FAILED', { merchant: merchantId }, error);
      }
    });
    await Promise.all(runs);
  };

/** Every message of a FIFO queue has one. @throws where the event source is another one. */
const groupOf = ({ attributes }: SQSRecord): string => z.string().parse(attributes.MessageGroupId);

async function runGroup(
  deps: RunQueuedDeps,
  merchantId: string,
  records: readonly SQSRecord[],
  until: number,
): Promise<void> {
  const { ledger, responses } = deps;
  const sent = records.map(({ attributes }) => Number(attributes.SentTimestamp));
  const receivedAt = ledger.now();
  countGroup(records.length);
  measure('GroupAge', Math.max(0, receivedAt.getTime() - Math.min(...sent)));
  const batches = batchesOf(deps, merchantId, { sent, receivedAt, until });
  let marking: Promise<void> | undefined;
  const mark = () => {
    marking ??= marked(merchantId, async () =>
      markBusy(responses, merchantId, await batches, ledger.now()),
    );
  };
  // A group of one needs nobody to join, unless others keep it from committing.
  if (sent.length > 1) mark();
  const members = membersOf(deps, records);
  const decided = await commitGroup(ledger, merchantId, members, { until, delayed: mark });
  if (isShedding(await batches)) mark();
  await marking;
  // Others would only wait in vain: they try by themselves again.
  if (members.length > 0 && decided === 0)
    await marked(merchantId, () => markIdle(responses, merchantId, ledger.now()));
}

/** The merchant's batches with this one; by itself where the earlier ones cannot be read in time. */
async function batchesOf(
  { ledger, responses }: RunQueuedDeps,
  merchantId: string,
  {
    sent,
    receivedAt,
    until,
  }: { readonly sent: readonly number[]; readonly receivedAt: Date; readonly until: number },
): Promise<readonly Batch[]> {
  const atMost = Math.min(until, ledger.pacing.clock() + READ_MS);
  const marker = await untilRead(
    ledger.pacing,
    () => readMarker(responses, merchantId),
    atMost,
  ).catch((error: unknown) => log('error', 'BUSY_MARK_FAILED', { merchant: merchantId }, error));
  const isSet = marker !== undefined && marker.until > receivedAt.toISOString();
  return nextBatches(isSet ? marker.batches : [], sent, receivedAt.getTime());
}

/** Only a reason for others to join: nothing depends on it. */
const marked = (merchantId: string, write: () => Promise<void>): Promise<void> =>
  write().catch((error: unknown) =>
    log('error', 'BUSY_MARK_FAILED', { merchant: merchantId }, error),
  );

/** One for each id that somebody still waits for, in the order of the queue. */
function membersOf(
  { ledger, memberOf }: RunQueuedDeps,
  records: readonly SQSRecord[],
): readonly Member[] {
  const now = ledger.now().toISOString();
  const members = new Map<string, Member>();
  for (const { body, messageId } of records) {
    const member = parsed(body, memberOf);
    if (member === undefined) log('error', 'MESSAGE_UNREADABLE', { message: messageId });
    else if (member.deadline > now && !members.has(member.id)) members.set(member.id, member);
  }
  return [...members.values()];
}

function parsed(body: string, memberOf: RunQueuedDeps['memberOf']): Member | undefined {
  try {
    return memberOf(queuedMessage.parse(JSON.parse(body)));
  } catch {
    return undefined;
  }
}
