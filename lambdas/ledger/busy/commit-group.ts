import { log } from '../../platform/logger.ts';
import { isRetryable, type Undecided, undecided, untilDecided } from '../../platform/retry.ts';
import { nameOf } from '../apply.ts';
import { commit, type Lost, undecidedBy } from '../commit.ts';
import type { LedgerContext } from '../context.ts';
import { merchantKey, walletKey } from '../keys.ts';
import type { Currency } from '../money.ts';
import { OF_REQUEST } from '../request-run.ts';
import { type Attempt, untilCommitted } from '../until-committed.ts';
import { GroupOffers } from './group-offers.ts';
import { GroupRows, isKnown } from './group-rows.ts';
import type { Member } from './member.ts';

/** A member with what one commit makes true for it. */
type Planned = {
  readonly member: Member;
  readonly attempt: Attempt<unknown>;
  readonly draws: readonly Currency[];
};

/** DynamoDB allows 100. A refused request adds the rows that it has read: two for each of two merchants. */
const MOST_ROWS = 100 - 4;
/** An error that repeats is of one of the requests, and the others do not share its fate. */
const MOST_DEFECTS = 2;

/**
 * Decides requests on the same merchant in their order and commits them together, each exactly once (design,
 * section 5, "Busy merchants"). What is left at `until`, by the clock of the ledger's pacing, stays unanswered.
 * @param delayed called whenever they have to be decided again.
 * @returns how many were decided.
 */
export async function commitGroup(
  ledger: LedgerContext,
  merchantId: string,
  members: readonly Member[],
  { until, delayed }: { readonly until: number; readonly delayed: () => void },
): Promise<number> {
  const group = new Group(ledger, merchantId, members);
  for (;;) {
    const step = async () => {
      const result = await group.commitSome();
      if (result.kind === 'undecided') delayed();
      return result;
    };
    const { kind } = await untilDecided(ledger.pacing, step, until);
    if (kind !== 'committed') break;
  }
  await group.decideAlone(until);
  return group.decided;
}

type Step = { readonly kind: 'committed' | 'empty' };

class Group {
  readonly #ledger: LedgerContext;
  readonly #merchantId: string;
  #left: readonly Member[];
  #alone: readonly Member[] = [];
  #defects = 0;
  #decided = 0;

  constructor(ledger: LedgerContext, merchantId: string, members: readonly Member[]) {
    this.#ledger = ledger;
    this.#merchantId = merchantId;
    this.#left = members;
  }

  /** As many as one transaction takes. */
  async commitSome(): Promise<Step | Undecided> {
    const now = this.#ledger.now();
    this.#left = this.#left.filter(({ deadline }) => deadline > now.toISOString());
    if (this.#left.length === 0) return { kind: 'empty' };
    const offers = new GroupOffers();
    const rows = new GroupRows(this.#ledger, offers.offer);
    const poolLedger = { ...this.#ledger, load: rows.ledger.load };
    await this.#readAhead(rows, now, () => offers.askAhead(poolLedger));
    const planned = await this.#planPaid(rows, offers, poolLedger, now);
    if (planned === undefined) return undecided('release', 'changed');
    if (planned.length === 0) return { kind: 'empty' };
    return this.#commit(rows, planned);
  }

  /** Those that cannot be decided together with others, while somebody waits for them. */
  async decideAlone(until: number): Promise<void> {
    const { now, pacing } = this.#ledger;
    for (const member of this.#alone) {
      const leftMs = Date.parse(member.deadline) - now().getTime();
      const end = Math.min(until, pacing.clock() + leftMs);
      if (end <= pacing.clock()) continue;
      try {
        const { kind } = await untilCommitted(this.#ledger, member.open(this.#ledger), end);
        if (kind === 'done') this.#decided += 1;
      } catch (error) {
        unanswered(member, error);
      }
    }
  }

  /** How many are answered. */
  get decided(): number {
    return this.#decided;
  }

  /**
   * Plans until one row of each pool pays all that the plan draws on it. Debits for which no single row pays are set
   * aside; without them, others may be accepted that draw on the pool too.
   */
  async #planPaid(
    rows: GroupRows,
    offers: GroupOffers,
    poolLedger: LedgerContext,
    now: Date,
  ): Promise<Planned[] | undefined> {
    for (;;) {
      const planned = await this.#plan(rows, offers, now);
      if (planned === undefined || !offers.areOpen) return planned;
      const unpaid = await offers.ask(poolLedger);
      const drawing = planned.filter(({ draws }) => draws.some((each) => unpaid.has(each)));
      this.#setAside(drawing.map(({ member }) => member));
      rows.startOver();
    }
  }

  /** All rows in as few round trips as one request needs. What fails here fails again below. */
  async #readAhead({ ledger, warm }: GroupRows, now: Date, askPools: () => void): Promise<void> {
    const reads = this.#left.map(async ({ open }) => {
      const { decide } = await open(ledger).read(now);
      const decision = decide();
      if (decision.kind === 'attempt') await warm(decision.writes);
    });
    // Each has asked for its rows by now, and its pool. One that first has to find its payee asks for these later.
    askPools();
    const currencies = new Set(this.#left.flatMap(({ currency }) => currency ?? []));
    const wallets = [...currencies].map((each) => walletKey(this.#merchantId, each));
    for (const key of [merchantKey(this.#merchantId), ...wallets])
      reads.push(ledger.load(key).then(() => undefined));
    await Promise.allSettled(reads);
  }

  /**
   * Decides in order, each on the rows as those before have left them.
   * @returns undefined where a preparation has changed what was read.
   */
  async #plan(rows: GroupRows, offers: GroupOffers, now: Date): Promise<Planned[] | undefined> {
    const planned: Planned[] = [];
    for (const member of this.#left) {
      rows.beginRequest();
      offers.beginRequest();
      const decided = await this.#decide(member, rows, now);
      if (decided === undefined) continue;
      const { decision, prepare } = decided;
      if (decision.kind === 'undecided') {
        unanswered(member, new Error(`undecided: ${decision.by}`));
        this.#drop([member]);
      } else if (decision.kind === 'done') {
        decision.committed?.();
        this.#decided += 1;
        this.#drop([member]);
      } else {
        if (planned.length > 0 && rows.sizeWith(decision.writes) > MOST_ROWS) break;
        if (decision.isAccepted) {
          const hasChanged = await this.#attempted(member, prepare);
          if (hasChanged === true) return undefined;
          if (hasChanged === undefined) continue;
        }
        const isApplied = await this.#attempted(member, () => rows.apply(decision.writes));
        if (isApplied === false) this.#setAside([member]);
        if (isApplied !== true) continue;
        if (!decision.isAccepted) await rows.relyOnReads();
        const draws = decision.isAccepted ? offers.draw() : [];
        planned.push({ member, attempt: decision, draws });
      }
    }
    return planned;
  }

  #decide(member: Member, { ledger }: GroupRows, now: Date) {
    return this.#attempted(member, async () => {
      const { decide, prepare } = await member.open(ledger).read(now);
      return { decision: decide(), prepare };
    });
  }

  /** What fails for one member does not take the others along. */
  async #attempted<Result>(
    member: Member,
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await attempt();
    } catch (error) {
      if (isRetryable(error)) this.#setAside([member]);
      else {
        unanswered(member, error);
        this.#drop([member]);
      }
      return undefined;
    }
  }

  async #commit(rows: GroupRows, planned: readonly Planned[]): Promise<Step | Undecided> {
    const members = planned.map(({ member }) => member);
    // A debit that no row of a pool pays: never committed.
    if (planned.some(({ attempt }) => !attempt.writes.every(isKnown)))
      throw new Error('a group draws on no row of a pool');
    try {
      const result = await commit(this.#ledger, rows.writes());
      if (result.kind !== 'committed') return this.#lost(result, planned);
    } catch (error) {
      this.#defects += 1;
      log('error', 'GROUP_FAILED', { size: planned.length }, error);
      if (this.#defects < MOST_DEFECTS) return undecided('unknown', 'unknown');
      this.#setAside(members);
      return { kind: 'committed' };
    }
    for (const { attempt } of planned) attempt.committed?.();
    this.#decided += members.length;
    this.#drop(members);
    return { kind: 'committed' };
  }

  /** What is answered elsewhere leaves the group. Everything else is tried again together: to split multiplies it. */
  #lost(result: Lost, planned: readonly Planned[]): Undecided {
    const failed = 'failures' in result ? result.failures : [];
    const answered = new Set(
      failed
        .filter(({ met, row: { kind } }) => met === 'condition' && OF_REQUEST.has(kind))
        .map(({ row }) => nameOf(row)),
    );
    const isAnswered = ({ attempt }: Planned): boolean =>
      attempt.writes.some(({ row }) => answered.has(nameOf(row)));
    const gone = planned.filter(isAnswered).map(({ member }) => member);
    this.#decided += gone.length;
    this.#drop(gone);
    return answered.size > 0 ? undecided('response', 'changed') : undecidedBy(result);
  }

  #drop(members: readonly Member[]): void {
    this.#left = this.#left.filter((each) => !members.includes(each));
  }

  #setAside(members: readonly Member[]): void {
    this.#drop(members);
    this.#alone = [...this.#alone, ...members];
  }
}

/** Its client repeats it: no response is stored. */
const unanswered = ({ id }: Member, error: unknown): void =>
  log('error', 'REQUEST_UNANSWERED', { id }, error);
