import { type Family, httpFamily } from '../http/router.ts';
import { currencyCode } from '../ledger/money.ts';
import { openLedger } from '../ledger/table.ts';
import { cognitoIdentity } from '../operations/auth/cognito.ts';
import { register } from '../operations/auth/register.ts';
import { issueToken, refreshToken } from '../operations/auth/tokens.ts';
import { cognitoClient, dynamoClient } from '../platform/clients.ts';
import { authEnv, readEnv } from '../platform/env.ts';

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
