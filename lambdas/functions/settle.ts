import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { openLedger } from '../ledger/table.ts';
import { postpone } from '../payouts/payout-queue.ts';
import { httpBank } from '../payouts/providers/bank.ts';
import { settle } from '../payouts/settle.ts';
import { settleMessage } from '../payouts/settle-message.ts';
import { queueFunction } from '../platform/batch.ts';
import { dynamoClient, secretsClient, sqsClient } from '../platform/clients.ts';
import { readEnv, settleEnv } from '../platform/env.ts';

const env = readEnv(settleEnv);
const secrets = new SecretsProvider({ awsSdkV3Client: secretsClient() });
const bank = httpBank({
  url: env.BANK_URL,
  callMs: env.BANK_CALL_MS,
  // Read again now and then, so that a rotated secret is taken up without a deploy.
  secret: async () => String(await secrets.get(env.BANK_SECRET_NAME, { maxAge: 300 })),
});
const timers = {
  claimMs: env.BANK_CLAIM_MS,
  leaseMs: env.LEASE_MS,
  visibilityMs: env.VISIBILITY_MS,
  quietMs: env.QUIET_MS,
};
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);

export const handler = queueFunction(
  settleMessage(
    settle({ ledger, bank, timers, now: () => new Date() }),
    postpone(sqsClient(), env.SETTLEMENT_QUEUE_URL),
  ),
);
