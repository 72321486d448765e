import type { Bank, Payout } from '../../lambdas/payouts/providers/provider.ts';
import type { BankAnswer } from '../../lambdas/payouts/settle-rule.ts';

/** What happens to one call of a worker, at the bank and on the way there and back. */
export const MOODS = [
  'pays',
  'refuses',
  /** Decided, but the answer never arrives. */
  'pays, answer lost',
  'refuses, answer lost',
  /** The order arrives after the worker gave up, within the quiet period. */
  'pays late',
  /** Certainly nothing was executed. */
  'away',
  /** The worker is gone, before or after the bank has the order. */
  'pays, worker dies',
  'worker dies',
  /** The worker wakes much later and only then hears what the bank said, or only then sends. */
  'pays, worker sleeps',
  'refuses, worker sleeps',
  'worker sleeps, then sends',
] as const;
export type Mood = (typeof MOODS)[number];

type Decision = { readonly payout: Payout; readonly paid: boolean };
const UNCLEAR: BankAnswer = { kind: 'unclear', why: 'no answer' };

export class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
}

/** A bank that pays each key once and never forgets what it decided. */
export class RememberingBank {
  readonly #decided = new Map<string, Decision>();
  readonly #late: Payout[] = [];
  readonly #sleepers: (() => void)[] = [];
  readonly #stalled = new Set<string>();
  /** Orders that came although they had been decided, and though no worker overslept. */
  readonly needless: string[] = [];

  get decisions(): readonly Decision[] {
    return [...this.#decided.values()];
  }

  /** What was on its way arrives. */
  arrive(): void {
    for (const payout of this.#late.splice(0)) this.#decide(payout, true);
  }

  /** Every worker that slept goes on. */
  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  /** The bank as one worker meets it. */
  in(mood: Mood, fallAsleep: () => void): Bank {
    return {
      pay: (payout) => this.#pay(payout, mood, fallAsleep),
      inquire: async ({ key }) => {
        if (mood === 'away') return UNCLEAR;
        if (mood.endsWith('dies')) throw new WorkerDied(mood);
        const known = this.#decided.get(key);
        return known === undefined ? { kind: 'not_found' } : answerOf(known);
      },
    };
  }

  async #pay(payout: Payout, mood: Mood, fallAsleep: () => void): Promise<BankAnswer> {
    switch (mood) {
      case 'pays':
      case 'refuses':
        return this.#decide(payout, mood === 'pays');
      case 'pays, answer lost':
      case 'refuses, answer lost':
        this.#decide(payout, mood.startsWith('pays'));
        return UNCLEAR;
      case 'pays late':
        this.#late.push(payout);
        return UNCLEAR;
      case 'away':
        return { kind: 'not_executed', why: 'away' };
      case 'pays, worker dies':
        this.#decide(payout, true);
        throw new WorkerDied(mood);
      case 'worker dies':
        throw new WorkerDied(mood);
      case 'pays, worker sleeps':
      case 'refuses, worker sleeps': {
        const answer = this.#decide(payout, mood.startsWith('pays'));
        await this.#sleep(fallAsleep);
        return answer;
      }
      case 'worker sleeps, then sends':
        this.#stalled.add(payout.key);
        await this.#sleep(fallAsleep);
        return this.#decide(payout, true);
    }
  }

  #sleep(fallAsleep: () => void): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push(wake);
      fallAsleep();
    });
  }

  #decide(payout: Payout, paid: boolean): BankAnswer {
    const earlier = this.#decided.get(payout.key);
    if (earlier === undefined) this.#decided.set(payout.key, { payout, paid });
    else if (!this.#stalled.has(payout.key)) this.needless.push(payout.key);
    return answerOf(earlier ?? { payout, paid });
  }
}

const answerOf = ({ payout, paid }: Decision): BankAnswer =>
  paid
    ? { kind: 'succeeded', reference: `B-${payout.key}` }
    : { kind: 'refused', code: 'account_closed' };
