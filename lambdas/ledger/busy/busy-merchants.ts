import { count, measure } from '../../platform/metrics.ts';
import { later } from '../calendar.ts';
import type { Lost } from '../commit.ts';
import type { LedgerContext } from '../context.ts';
import { type ResponseRow, type ResponseStore, readResponse } from '../responses.ts';
import { readMarker } from './marker.ts';
import type { QueuedMessage } from './messages.ts';
import { shedNow } from './shedding.ts';

/** Puts a message into the FIFO queue. @returns false where it was certainly not sent. */
export type SendToGroup = (message: QueuedMessage, deduplicationId: string) => Promise<boolean>;

/** After so many conflicts on one merchant's rows, a request hands over. */
const ENOUGH = 2;
/** How long a request waits for its response, in milliseconds. */
const WAIT_MS = 3_000;
/** How long a process that waited in vain does not hand over to that merchant's group, in milliseconds. */
const DIRECT_MS = 10_000;
/** So long after a process found a busy merchant, it asks before it reads anything, in milliseconds. */
const ALERT_MS = 3_000;
/** Between two looks for the response, in milliseconds. Each pause is longer than the one before. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 60;
const GROWTH = 1.25;

/** One request, as a message. */
export type Handover = {
  readonly messageFor: (merchantId: string, deadline: string) => QueuedMessage;
  readonly deduplicationId: string;
};

export type HandedOver =
  | { readonly kind: 'answered'; readonly response: ResponseRow }
  /** The client has to repeat it: too many wait already, or it was not answered in time. */
  | { readonly kind: 'later'; readonly shed: number }
  /** No group takes it over: it goes on by itself. */
  | { readonly kind: 'direct' };
const DIRECT: HandedOver = { kind: 'direct' };

export type Busy = {
  readonly merchantId: string;
  /** The share of the requests that is sent away, from 0 up to 1. */
  readonly shed: number;
};

/** What one process knows of busy merchants, and the way into their groups (design, section 5). */
export class BusyMerchants {
  readonly #ledger: LedgerContext;
  readonly #responses: ResponseStore;
  readonly #send: SendToGroup;
  /** Until when a group is not trusted to answer, by the clock of the ledger's pacing. */
  readonly #directUntil = new Map<string, number>();
  /** Busy merchants as this process found them, and until when it counts on that, by the same clock. */
  readonly #found = new Map<string, { readonly busy: Busy; readonly until: number }>();

  constructor(ledger: LedgerContext, responses: ResponseStore, send: SendToGroup) {
    this.#ledger = ledger;
    this.#responses = responses;
    this.#send = send;
  }

  /** The first of these merchants whose requests are committed in groups. One that cannot be read is as last found. */
  async busyAmong(merchantIds: readonly string[]): Promise<Busy | undefined> {
    const found = await Promise.all(merchantIds.map((each) => this.#markerOf(each)));
    return found.find((each) => each !== undefined);
  }

  /**
   * Whether this process has lately found a busy merchant. Then a request asks first, and reads no rows of a merchant
   * that sends it away: thousands would throttle the group's own reads.
   */
  get hasFoundSome(): boolean {
    const now = this.#ledger.pacing.clock();
    return [...this.#found.values()].some(({ until }) => now < until);
  }

  /** Whether a request on a busy merchant is sent away at once. */
  sendsAway({ shed }: Busy): boolean {
    const isShed = this.#ledger.pacing.random() < shed;
    if (isShed) count('RequestsShed');
    return isShed;
  }

  /** Sends it to its merchant's group. @returns false where it has to go on by itself. */
  async send(merchantId: string, { messageFor, deduplicationId }: Handover): Promise<boolean> {
    const { now } = this.#ledger;
    if (this.#isDirect(merchantId)) return false;
    const deadline = later(now(), this.#waitMs);
    const isSent = await this.#send(messageFor(merchantId, deadline), deduplicationId);
    if (isSent) count('RequestsHandedOver');
    return isSent;
  }

  /** Hands a request over, and waits for its response. */
  async handOver(merchantId: string, responseId: string, handover: Handover): Promise<HandedOver> {
    const { clock } = this.#ledger.pacing;
    const start = clock();
    if (!(await this.send(merchantId, handover))) return DIRECT;
    const response = await this.#responseTo(responseId);
    if (response !== undefined) {
      measure('TimeToAnswer', clock() - start);
      return { kind: 'answered', response };
    }
    count('WaitsGivenUp');
    const busy = await this.#markerOf(merchantId);
    // A group that is served, only late: one more transaction on the same rows would delay it further.
    if (busy !== undefined) return { kind: 'later', shed: busy.shed };
    this.#directUntil.set(merchantId, clock() + DIRECT_MS);
    return DIRECT;
  }

  get #waitMs(): number {
    return Math.min(WAIT_MS, this.#ledger.pacing.deadlineMs);
  }

  #isDirect(merchantId: string): boolean {
    const until = this.#directUntil.get(merchantId);
    if (until !== undefined && this.#ledger.pacing.clock() >= until)
      this.#directUntil.delete(merchantId);
    return this.#directUntil.has(merchantId);
  }

  async #markerOf(merchantId: string): Promise<Busy | undefined> {
    if (this.#isDirect(merchantId)) return undefined;
    const { pacing, now } = this.#ledger;
    try {
      const marker = await readMarker(this.#responses, merchantId);
      this.#found.delete(merchantId);
      if (marker === undefined || marker.until <= now().toISOString()) return undefined;
      const busy = { merchantId, shed: shedNow(marker.batches, now()) };
      this.#found.set(merchantId, { busy, until: pacing.clock() + ALERT_MS });
      return busy;
    } catch {
      const found = this.#found.get(merchantId);
      return found !== undefined && pacing.clock() < found.until ? found.busy : undefined;
    }
  }

  async #responseTo(responseId: string): Promise<ResponseRow | undefined> {
    const { pacing } = this.#ledger;
    const until = pacing.clock() + this.#waitMs;
    for (let wait = FIRST_PAUSE_MS; pacing.clock() + wait < until; wait = longerThan(wait)) {
      await pacing.pause(wait);
      const found = await readResponse(this.#responses, responseId).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const longerThan = (wait: number): number => Math.min(LONGEST_PAUSE_MS, wait * GROWTH);

/** Conflicts of one request, by the merchant whose row was met. */
export class Conflicts {
  readonly #met = new Map<string, number>();

  /** @returns the merchant whose rows were met often enough, the payer's or the payee's. Never a pool's. */
  busyAfter(result: Lost): string | undefined {
    const failures = 'failures' in result ? result.failures : [];
    const met = failures.flatMap(({ row, met }) =>
      met === 'conflict' && 'merchantId' in row ? [row.merchantId] : [],
    );
    for (const id of new Set(met)) this.#met.set(id, (this.#met.get(id) ?? 0) + 1);
    return met.find((id) => (this.#met.get(id) ?? 0) >= ENOUGH);
  }
}
