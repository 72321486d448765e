import { cognitoClient } from '../../platform/clients.ts';
import type { ApiEnv } from '../../platform/env.ts';
import { cognitoUserPool } from './cognito.ts';
import type { WithUserPools } from './user-pool.ts';

/** Both pools, by name. What a function may do with them is in its role. */
export function userPools(env: ApiEnv): WithUserPools {
  const cognito = cognitoClient();
  return {
    merchantPool: cognitoUserPool(cognito, env.MERCHANT_POOL_ID, env.MERCHANT_CLIENT_ID),
    adminPool: cognitoUserPool(cognito, env.ADMIN_POOL_ID, env.ADMIN_CLIENT_ID),
  };
}
