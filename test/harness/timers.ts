import type { SettleDeps } from '../../lambdas/payouts/advance.ts';

/** As in production, in milliseconds. */
export const TIMERS = {
  claimMs: 20_000,
  leaseMs: 90_000,
  visibilityMs: 180_000,
  quietMs: 600_000,
  checkMarginMs: 900_000,
} as const satisfies SettleDeps['timers'];
