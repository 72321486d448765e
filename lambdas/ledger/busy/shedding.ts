/** One batch of a busy merchant's messages. Times are in milliseconds since 1970. */
export type Batch = {
  readonly receivedAt: number;
  /** When its last message was sent. */
  readonly sentAt: number;
  readonly size: number;
  /** Of a thousand requests that come after its receipt, so many are let in. */
  readonly letIn: number;
};

const ALL = 1_000;
/** Of a thousand: some are always let in, so that it is known how many come. */
const LEAST = 20;
/** How many messages one batch takes (SQS, FIFO). */
const BATCH = 10;
/** So many more may wait for the batches after the next one. */
const MOST_WAITING = 8;
/** How many requests come is told from so many batches. */
const REMEMBERED = 10;
/** Nothing is known of the time before: a few messages at the same millisecond are no flood. */
const BEFORE_MS = 20;

/** A queue that is served is received from again within so many milliseconds. Older batches are forgotten. */
const SERVED_MS = 1_000;
/** So many milliseconds later nobody is sent away any more: the queue is empty. */
const FADING_MS = 2_000;

/**
 * How many requests are let in until the next batch is received: as many as it takes, and `MOST_WAITING` in the queue.
 * The age of a message says how many were sent before it. Those sent since are counted in advance: the messages of
 * the last batches and the shares that were let in say how many requests come.
 * @param remembered what `nextBatches` returned for the batch before; empty for the first.
 * @param sent when each message of this batch was sent, in their order.
 */
export function nextBatches(
  remembered: readonly Batch[],
  sent: readonly number[],
  receivedAt: number,
): readonly Batch[] {
  // What was before the last second says nothing of now.
  const earlier = remembered.filter(
    (each, index) => index === remembered.length - 1 || receivedAt - each.receivedAt <= SERVED_MS,
  );
  const [first = receivedAt] = sent;
  const sentAt = sent.at(-1) ?? first;
  // The first message of all only begins the count.
  const [before, size] =
    earlier.length > 0
      ? [earlier, sent.length]
      : [[{ receivedAt: first, sentAt: first, size: 0, letIn: ALL }], sent.length - 1];
  const batch = { receivedAt, sentAt, size };
  const { perMs, seenMs } = coming(before, batch);
  const isFull = sent.length >= BATCH;
  // Two full ones may be a flood that the longer time does not show yet.
  const isFlood = isFull && (before.at(-1)?.size ?? 0) >= BATCH;
  const most = isFlood ? Math.max(perMs, coming(before.slice(-2), batch).perMs) : perMs;
  // One that is not full leaves nothing in the queue: then nothing is foretold beyond the time that was seen.
  const inNext = (ms: number) => most * (isFull ? ms : Math.min(ms, seenMs));
  const waiting = inNext(openMs(before, sentAt, receivedAt));
  const cycleMs = (receivedAt - (before[0]?.receivedAt ?? receivedAt)) / before.length;
  const share = (BATCH + MOST_WAITING - waiting) / Math.max(1, inNext(cycleMs));
  const letIn = Math.round(ALL * Math.max(LEAST / ALL, Math.min(1, share)));
  return [...before, { ...batch, letIn }].slice(-REMEMBERED);
}

/** How many requests come in a millisecond, told from all messages since the first of these batches. */
function coming(
  before: readonly Batch[],
  { sentAt, size }: Omit<Batch, 'letIn'>,
): { readonly perMs: number; readonly seenMs: number } {
  const [begin = { sentAt }, ...others] = before;
  const messages = others.reduce((sum, each) => sum + each.size, size);
  const seenMs = BEFORE_MS + openMs(before, begin.sentAt, sentAt);
  return { perMs: messages / seenMs, seenMs };
}

/** The milliseconds between two times, each weighted with the share that was let in. */
const openMs = (batches: readonly Batch[], from: number, to: number): number =>
  batches.reduce((sum, { receivedAt, letIn }, index) => {
    const start = index === 0 ? from : Math.max(from, receivedAt);
    const end = Math.min(to, batches[index + 1]?.receivedAt ?? to);
    return sum + (Math.max(0, end - start) * letIn) / ALL;
  }, 0);

/** Whether requests are sent away, or were until the last batch: then also a group of one says how many are let in. */
export const isShedding = (batches: readonly Batch[]): boolean =>
  batches.slice(-2).some(({ letIn }) => letIn < ALL);

/**
 * What share of the requests on a busy merchant is sent away at once. Whoever waits occupies a process, and one
 * merchant may not take them all (design, section 5).
 */
export function shedNow(batches: readonly Batch[], now: Date): number {
  const last = batches.at(-1);
  if (last === undefined) return 0;
  const idleMs = Math.max(0, now.getTime() - last.receivedAt - SERVED_MS);
  return (1 - last.letIn / ALL) * Math.max(0, 1 - idleMs / FADING_MS);
}
