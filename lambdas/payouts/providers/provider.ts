import type { Currency, MinorUnits } from '../../ledger/money.ts';
import type { BankAnswer } from '../settle-rule.ts';

/** One payout as the bank is told of it. The key is the transaction's id, for ever (WD-5). */
export type Payout = {
  readonly key: string;
  readonly account: string;
  readonly amount: MinorUnits;
  readonly currency: Currency;
};

/** A bank, as settlement needs one. Neither call throws; silence is an answer of its own. */
export type Bank = {
  readonly pay: (payout: Payout, until: AbortSignal) => Promise<BankAnswer>;
  /** What became of a key. Never answers `not_executed`: asking executes nothing. */
  readonly inquire: (payout: Payout, until: AbortSignal) => Promise<BankAnswer>;
};
