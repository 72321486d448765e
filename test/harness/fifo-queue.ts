import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { QueuedMessage } from '../../lambdas/ledger/busy/messages.ts';

type FifoSettings = {
  /** Between two batches of one group, and before the first. */
  readonly cycle: () => Promise<void>;
  /** Milliseconds. */
  readonly now: () => number;
  readonly run: (event: SQSEvent) => Promise<void>;
  /** Until the messages of a batch whose function was killed are received again. */
  readonly hidden: () => Promise<void>;
};
type Queued = { readonly record: SQSRecord; receives: number };

const MOST_IN_BATCH = 10;
const MOST_RECEIVES = 3;

/** A FIFO queue with its event source, in memory: one batch of each group at a time, in order. */
export class FifoQueue {
  readonly #settings: FifoSettings;
  readonly #groups = new Map<string, Queued[]>();
  readonly #ids = new Set<string>();
  readonly deadLetters: SQSRecord[] = [];
  /** Whether messages are received. */
  isEnabled = true;
  /** A group is received when it has so many messages. */
  gather = 1;
  received = 0;

  constructor(settings: FifoSettings) {
    this.#settings = settings;
  }

  readonly send = async (message: QueuedMessage, id: string): Promise<boolean> => {
    this.put(message.merchantId, JSON.stringify(message), id);
    return true;
  };

  put(group: string, body: string, id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    const record = {
      messageId: id,
      body,
      attributes: { MessageGroupId: group, SentTimestamp: String(this.#settings.now()) },
    } as unknown as SQSRecord;
    const waiting = this.#groups.get(group);
    if (waiting === undefined) {
      this.#groups.set(group, [{ record, receives: 0 }]);
      void this.#poll(group);
    } else waiting.push({ record, receives: 0 });
  }

  async #poll(group: string): Promise<void> {
    const { cycle, run, hidden } = this.#settings;
    for (;;) {
      await cycle();
      const waiting = this.#groups.get(group) ?? [];
      if (waiting.length > 0 && waiting.length < this.gather) continue;
      if (!this.isEnabled) return;
      if (waiting.length === 0) {
        this.#groups.delete(group);
        return;
      }
      const batch = waiting.slice(0, MOST_IN_BATCH);
      for (const each of batch) each.receives += 1;
      this.received += 1;
      try {
        await run({ Records: batch.map(({ record }) => record) });
        waiting.splice(0, batch.length);
      } catch {
        await hidden();
        const lost = batch.filter(({ receives }) => receives >= MOST_RECEIVES);
        this.deadLetters.push(...lost.map(({ record }) => record));
        this.#groups.set(
          group,
          waiting.filter((each) => !lost.includes(each)),
        );
      }
    }
  }
}
