import type { Operation } from '../http/operation.ts';
import { adminAuth } from './admin-auth/index.ts';
import { auth } from './auth/index.ts';
import { confirmations } from './confirmations/index.ts';
import { conversions } from './conversions/index.ts';
import { credit } from './credit/index.ts';
import { creditDecisions } from './credit-decisions/index.ts';
import { deposits } from './deposits/index.ts';
import { health } from './health/index.ts';
import { history } from './history/index.ts';
import { me } from './me/index.ts';
import { merchants } from './merchants/index.ts';
import { pools } from './pools/index.ts';
import { profile } from './profile/index.ts';
import { reversals } from './reversals/index.ts';
import { sales } from './sales/index.ts';
import { signIns } from './sign-ins/index.ts';
import { transfers } from './transfers/index.ts';
import { wallets } from './wallets/index.ts';
import { withdrawals } from './withdrawals/index.ts';

/** The whole API. Each group is one function; the gateway, IAM and the tests derive from this list. */
export const GROUPS = [
  auth,
  adminAuth,
  profile,
  signIns,
  me,
  withdrawals,
  sales,
  transfers,
  wallets,
  deposits,
  credit,
  creditDecisions,
  conversions,
  merchants,
  pools,
  reversals,
  history,
  confirmations,
  health,
] as const;

export type RouteName = (typeof GROUPS)[number]['operations'][number]['route'];

export const OPERATIONS: readonly Operation<RouteName, never>[] = GROUPS.flatMap(
  ({ operations }): readonly Operation<RouteName, never>[] => operations,
);
