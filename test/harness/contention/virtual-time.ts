import type { Pacing } from '../../../lambdas/platform/retry.ts';
import { seeded } from '../random.ts';
import { EventQueue } from './event-queue.ts';

/** Promises and `process.nextTick` (DataLoader) have run until nothing is left of them. */
const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Time, in milliseconds from 0, that passes only while nothing can run: one event at a time, and the next
 * one when all code that it woke up is waiting again. The same seed gives the same run.
 */
export class VirtualTime {
  /** From 0 up to 1, without 1. */
  readonly random: () => number;
  readonly #start: number;
  readonly #events = new EventQueue();
  #now = 0;

  constructor(seed: number, start = '2026-11-20T12:00:00.000Z') {
    this.random = seeded(seed);
    this.#start = Date.parse(start);
  }

  readonly now = (): number => this.#now;
  readonly date = (): Date => new Date(this.#start + this.#now);
  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => this.#events.add(this.#now + ms, resolve));

  /** What real code repeats with. */
  readonly pacing = (deadlineMs: number): Pacing => ({
    clock: this.now,
    pause: this.sleep,
    random: this.random,
    deadlineMs,
  });

  /** Standard normal, after Box and Muller. */
  readonly gauss = (): number =>
    Math.sqrt(-2 * Math.log(this.random() + 1e-12)) * Math.cos(2 * Math.PI * this.random());

  /** A log-normal latency in milliseconds. `sigma` is of its logarithm. */
  readonly latency = (median: number, sigma = 0.45): number =>
    median * Math.exp(sigma * this.gauss());

  /** Lets everything happen that is due at `until` or before; all that will ever happen, without it. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    do await drained();
    while (this.#next(until));
    if (Number.isFinite(until)) this.#now = Math.max(this.#now, until);
  }

  /**
   * Lets time pass until `work` is done.
   * @throws where it never will be: it waits, and no event is left.
   */
  async finish<Value>(work: Promise<Value>): Promise<Value> {
    let isDone = false;
    const settled = work.finally(() => {
      isDone = true;
    });
    // It is awaited below, but may be rejected before that.
    settled.catch(() => undefined);
    for (;;) {
      await drained();
      if (isDone) return settled;
      if (!this.#next(Number.POSITIVE_INFINITY)) throw new Error('nothing is left to wait for');
    }
  }

  #next(until: number): boolean {
    const event = this.#events.takeUntil(until);
    if (event === undefined) return false;
    this.#now = event.at;
    event.happen();
    return true;
  }
}
