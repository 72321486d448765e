import type { ProviderName } from '../../lambdas/ledger/payout.ts';
import type { Payout, Provider, ProviderAnswer } from '../../lambdas/payouts/providers/provider.ts';

/** What happens to one call of a worker: at the bank, on the network and in the worker itself. */
export const FAULT_MODES = [
  'pays',
  'refuses',
  /** The bank decides, and its answer never arrives. */
  'pays, answer lost',
  'refuses, answer lost',
  /** The order arrives after the worker gave up, within the quiet period. */
  'pays late',
  /** Certainly nothing is executed. */
  'unreachable',
  /** The worker crashes after or before the bank has the order. */
  'pays, worker crashes',
  'worker crashes',
  /** The worker stalls. Much later it receives the bank's answer, or only then sends the order. */
  'pays, worker stalls',
  'refuses, worker stalls',
  'worker stalls, then sends',
  /** It oversleeps its lease between the bank's answer to its inquiry and what follows from it. */
  'inquires, worker stalls',
  /** The same, and it crashes while its order is still on the network. */
  'inquires, worker stalls, sends late and crashes',
] as const;
export type FaultMode = (typeof FAULT_MODES)[number];
/** The worker stalls before it sends what it found unknown to the bank. */
export const OVERSLEEPING = [
  'inquires, worker stalls',
  'inquires, worker stalls, sends late and crashes',
] as const satisfies readonly FaultMode[];

type BankDecision = {
  readonly payout: Payout;
  readonly paid: boolean;
  readonly provider: ProviderName;
};
const UNCLEAR: ProviderAnswer = { kind: 'unclear', why: 'no answer' };

export class WorkerCrashed extends Error {
  override readonly name = 'WorkerCrashed';
}

/** A bank, and an operator, that pay each key once and keep every decision. */
export class FakeBank {
  readonly #decisions = new Map<string, BankDecision>();
  readonly #delayed: Payout[] = [];
  readonly #stalled: (() => void)[] = [];
  readonly #stalledKeys = new Set<string>();
  readonly #askedFor = new Map<string, ProviderName>();
  /** Keys that were sent again after the bank had decided, although no worker had stalled with them. */
  readonly duplicates: string[] = [];

  get decisions(): readonly BankDecision[] {
    return [...this.#decisions.values()];
  }

  /** Delivers the orders that are still on the network. */
  deliverDelayed(): void {
    for (const payout of this.#delayed.splice(0)) this.#decide(payout, true);
  }

  /** Lets every stalled worker continue. */
  resumeWorkers(): void {
    for (const resume of this.#stalled.splice(0)) resume();
  }

  /** The bank as one worker reaches it. Calls `onStall` when that worker stalls. */
  provider(mode: FaultMode, onStall: () => void, name: ProviderName): Provider {
    return {
      pay: (payout) => {
        this.#askedFor.set(payout.key, name);
        return this.#pay(payout, mode, onStall);
      },
      inquire: async ({ key }) => {
        if (mode === 'unreachable') return UNCLEAR;
        const isStalling = mode.startsWith('inquires');
        if (mode.endsWith('crashes') && !isStalling) throw new WorkerCrashed(mode);
        const known = this.#decisions.get(key);
        if (isStalling) await this.#stall(onStall);
        return known === undefined ? { kind: 'not_found' } : answerOf(known);
      },
    };
  }

  async #pay(payout: Payout, mode: FaultMode, onStall: () => void): Promise<ProviderAnswer> {
    switch (mode) {
      case 'pays':
      case 'inquires, worker stalls':
      case 'refuses':
        return this.#decide(payout, mode !== 'refuses');
      case 'pays, answer lost':
      case 'refuses, answer lost':
        this.#decide(payout, mode.startsWith('pays'));
        return UNCLEAR;
      case 'pays late':
        this.#delayed.push(payout);
        return UNCLEAR;
      case 'inquires, worker stalls, sends late and crashes':
        this.#delayed.push(payout);
        throw new WorkerCrashed(mode);
      case 'unreachable':
        return { kind: 'not_executed', why: mode };
      case 'pays, worker crashes':
        this.#decide(payout, true);
        throw new WorkerCrashed(mode);
      case 'worker crashes':
        throw new WorkerCrashed(mode);
      case 'pays, worker stalls':
      case 'refuses, worker stalls': {
        const answer = this.#decide(payout, mode.startsWith('pays'));
        await this.#stall(onStall);
        return answer;
      }
      case 'worker stalls, then sends':
        this.#stalledKeys.add(payout.key);
        await this.#stall(onStall);
        return this.#decide(payout, true);
    }
  }

  #stall(onStall: () => void): Promise<void> {
    return new Promise((resume) => {
      this.#stalled.push(resume);
      onStall();
    });
  }

  #decide(payout: Payout, paid: boolean): ProviderAnswer {
    const earlier = this.#decisions.get(payout.key);
    const decision = { payout, paid, provider: this.#askedFor.get(payout.key) ?? 'bank' };
    if (earlier === undefined) this.#decisions.set(payout.key, decision);
    else if (!this.#stalledKeys.has(payout.key)) this.duplicates.push(payout.key);
    return answerOf(earlier ?? decision);
  }
}

const answerOf = ({ payout, paid }: BankDecision): ProviderAnswer =>
  paid
    ? { kind: 'succeeded', reference: `B-${payout.key}` }
    : { kind: 'refused', code: 'account_closed' };
