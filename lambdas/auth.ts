import { cognitoIdentity } from './api/identity.ts';
import { register } from './api/register.ts';
import { issueToken, refreshToken } from './api/tokens.ts';
import { currencyCode } from './domain/money.ts';
import { cognitoClient, dynamoClient } from './runtime/clients.ts';
import { authEnv, readEnv } from './runtime/env.ts';
import { type Family, httpFamily } from './runtime/http.ts';
import { openLedger } from './store/ledger.ts';

const env = readEnv(authEnv);
const ledger = openLedger(dynamoClient(), env.LEDGER_TABLE);
const identity = cognitoIdentity(cognitoClient(), env.USER_POOL_CLIENT_ID);
const defaults = {
  currency: currencyCode.parse(env.DEFAULT_CURRENCY),
  timeZone: env.DEFAULT_TIME_ZONE,
  now: () => new Date(),
};

export const handler = httpFamily({
  'POST /auth/register': register(ledger, identity, defaults),
  'POST /auth/token': issueToken(identity),
  'POST /auth/refresh': refreshToken(identity),
} satisfies Family<'auth'>);
