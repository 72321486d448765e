/** What one partition key gets, and for how long it may use what it left unused (DynamoDB: up to 300 s, at best effort). */
export const PARTITION = { writeUnits: 1_000, readUnits: 3_000, burstMs: 1_000 };

/** Capacity units of a write: one for each started kilobyte. */
export const writeUnitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1_024));

/** Capacity units by partition key: a bucket each, refilled as time passes. */
export class Throughput {
  readonly #now: () => number;
  readonly #perSecond: number;
  readonly #most: number;
  readonly #buckets = new Map<string, { units: number; at: number }>();

  /** @param now in milliseconds. */
  constructor(now: () => number, perSecond: number, burstMs: number) {
    this.#now = now;
    this.#perSecond = perSecond;
    this.#most = (perSecond * burstMs) / 1_000;
  }

  /** @returns whether there were as many; else none is taken. */
  take(partition: string, units: number): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(partition) ?? { units: this.#most, at: now };
    this.#buckets.set(partition, bucket);
    const refill = ((now - bucket.at) * this.#perSecond) / 1_000;
    bucket.units = Math.min(this.#most, bucket.units + refill);
    bucket.at = now;
    if (bucket.units < units) return false;
    bucket.units -= units;
    return true;
  }
}
