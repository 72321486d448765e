import type { LedgerContext } from '../context.ts';
import type { Currency } from '../money.ts';
import type { DecisionRun } from '../until-committed.ts';

/** One request of a group. */
export type Member = {
  /** Of several requests with one id, the first is decided. */
  readonly id: string;
  /** ISO 8601 in UTC. Afterwards nobody waits for it. */
  readonly deadline: string;
  /** Of its wallets, where it names one: they are read before it asks for them. */
  readonly currency?: Currency | undefined;
  /** Its decision on the rows that this ledger reads. */
  readonly open: (ledger: LedgerContext) => DecisionRun<unknown>;
};
