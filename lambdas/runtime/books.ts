import { openLedger } from '../store/ledger.ts';
import { dynamoClient } from './clients.ts';
import type { Books } from './exactly-once.ts';

/** What a read works on: the Ledger, and the instant at which balances are shown. */
export type Reading = Pick<Books, 'ledger' | 'now'>;

/** What an operation that moves money works on, over one client. */
export function books(env: { LEDGER_TABLE: string; IDEMPOTENCY_TABLE: string }): Books {
  const dynamo = dynamoClient();
  return {
    ledger: openLedger(dynamo, env.LEDGER_TABLE),
    answers: { dynamo, table: env.IDEMPOTENCY_TABLE },
    now: () => new Date(),
  };
}
