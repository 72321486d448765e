import { apiFunctionWith } from '../http/api-function.ts';
import { cognitoIdentity } from '../operations/auth/cognito.ts';
import { auth } from '../operations/auth/index.ts';
import { cognitoClient } from '../platform/clients.ts';

export const handler = apiFunctionWith(auth, (env) => ({
  identity: cognitoIdentity(cognitoClient(), env.USER_POOL_CLIENT_ID),
}));
