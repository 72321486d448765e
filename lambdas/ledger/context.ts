import { dynamoClient } from '../platform/clients.ts';
import type { Answers } from './responses.ts';
import { type Ledger, openLedger } from './table.ts';

/** What an operation that moves money works on. */
export type Books = {
  readonly ledger: Ledger;
  readonly answers: Answers;
  readonly now: () => Date;
};

/** What a read works on: the Ledger, and the instant at which balances are shown. */
export type Reading = Pick<Books, 'ledger' | 'now'>;

/** Both tables over one client. */
export function books(env: { LEDGER_TABLE: string; IDEMPOTENCY_TABLE: string }): Books {
  const dynamo = dynamoClient();
  return {
    ledger: openLedger(dynamo, env.LEDGER_TABLE),
    answers: { dynamo, table: env.IDEMPOTENCY_TABLE },
    now: () => new Date(),
  };
}
