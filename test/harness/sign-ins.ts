import type { Pools } from '../../lambdas/http/operation.ts';
import type { SignIn } from '../../lambdas/ledger/sign-in.ts';

export const POOLS: Pools = { merchant: 'eu-central-1_merchants', admin: 'eu-central-1_admins' };

const SUB = 'sub-of-';
/** How a merchant of the harness signs in. */
export const signInOf = (merchantId: string, username = 'alice'): SignIn => ({
  pool: POOLS.merchant,
  sub: `${SUB}${merchantId}`,
  username,
});

/** The merchant of a sign-in row of the harness, by its partition key. */
export function signedInAs(pk: string): string | undefined {
  const prefix = `LOGIN#${POOLS.merchant}#${SUB}`;
  return pk.startsWith(prefix) ? pk.slice(prefix.length) : undefined;
}

const issuer = (pool: string): string => `https://cognito-idp.eu-central-1.amazonaws.com/${pool}`;

/** The claims of a merchant's access token, as the gateway passes them on: all are strings. */
export const merchantClaims = (merchantId: string): Record<string, string> => ({
  iss: issuer(POOLS.merchant),
  sub: signInOf(merchantId).sub,
  username: 'alice',
  token_use: 'access',
});

export const adminClaims = (username = 'an-admin'): Record<string, string> => ({
  iss: issuer(POOLS.admin),
  sub: `sub-of-admin-${username}`,
  username,
  token_use: 'access',
  'cognito:groups': '[admins]',
});
