import * as z from 'zod';
import type { PlainReason } from '../ledger/reasons.ts';
import type { SignInLookup } from '../ledger/rows/sign-ins.ts';
import type { Caller } from './endpoint.ts';
import type { Access, Pools } from './operation.ts';

/** Of an access token. The authorizer lets ID tokens through too. */
const accessClaims = z.object({
  token_use: z.literal('access'),
  iss: z.string().transform((issuer) => issuer.slice(issuer.lastIndexOf('/') + 1)),
  sub: z.string().min(1),
  username: z.string().min(1).toLowerCase(),
  'cognito:groups': z.string().default(''),
});
type Claims = z.output<typeof accessClaims>;

const NOBODY: Caller = { id: '', name: 'anyone', user: { username: '', sub: '' } };

/** The claim is one string, `[admins ops]`; a group is a whole word of it. */
const isAdmin = (claims: Claims): boolean =>
  claims['cognito:groups']
    .replace(/^\[|\]$/g, '')
    .split(' ')
    .includes('admins');

/** An admin by name alone, for an operation that another admin carries out for it. */
export const adminOf = (username: string, sub = ''): Caller => ({
  id: username,
  name: `admin:${username}`,
  user: { username, sub },
});

/**
 * Who calls, or why the token does not open this route. A name never authorises: a merchant is found by
 * the user's id at the user pool, and each pool's tokens open only its own routes.
 */
export async function callerOf(
  access: Access,
  untrusted: unknown,
  pools: Pools,
  merchantOf: SignInLookup,
): Promise<Caller | PlainReason> {
  if (access === 'anyone') return NOBODY;
  const claims = accessClaims.safeParse(untrusted).data;
  if (claims === undefined) return 'access_token_required';
  const { iss: pool, sub, username } = claims;
  if (access === 'admin') {
    if (pool !== pools.admin || !isAdmin(claims)) return 'admin_only';
    return adminOf(username, sub);
  }
  const id = pool === pools.merchant ? await merchantOf({ pool, sub }) : undefined;
  return id === undefined
    ? 'not_a_merchant'
    : { id, name: `merchant:${id}`, user: { username, sub } };
}
