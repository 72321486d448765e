import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import type { z } from 'zod';
import { busyMerchantsFrom } from '../ledger/busy/open-busy.ts';
import { ledgerFrom } from '../ledger/context.ts';
import { secretsClient, sqsClient } from '../platform/clients.ts';
import type { settleEnv } from '../platform/env.ts';
import { postpone } from '../platform/queue.ts';
import { httpBank } from './providers/bank.ts';
import { httpOperator } from './providers/operator.ts';
import type { Providers } from './providers/provider.ts';
import { settle } from './settle.ts';
import { settleMessage } from './settle-message.ts';

/** A rotated secret is used within five minutes, without a deploy. */
const SECRET_SECONDS = 300;

/** Settlement with the providers and timers of its environment. */
export function settleFrom(env: z.output<typeof settleEnv>) {
  const secrets = new SecretsProvider({ awsSdkV3Client: secretsClient() });
  const ledger = ledgerFrom(env);
  const sqs = sqsClient();
  const settingsOf = (url: string, secretName: string) => ({
    url,
    callMs: env.PROVIDER_CALL_MS,
    now: ledger.now,
    secret: () => secrets.get(secretName, { maxAge: SECRET_SECONDS }),
  });
  const providers: Providers = {
    bank: httpBank(settingsOf(env.BANK_URL, env.BANK_SECRET_NAME)),
    operator: httpOperator(settingsOf(env.OPERATOR_URL, env.OPERATOR_SECRET_NAME)),
  };
  const timers = {
    claimMs: env.CLAIM_MS,
    leaseMs: env.LEASE_MS,
    visibilityMs: env.VISIBILITY_MS,
    quietMs: env.QUIET_MS,
    checkMarginMs: env.CHECK_MARGIN_MS,
  };
  return settleMessage(
    settle({ ledger, busy: busyMerchantsFrom(ledger, sqs, env), providers, timers }),
    postpone(sqs, env.PAYOUT_QUEUE_URL),
  );
}
