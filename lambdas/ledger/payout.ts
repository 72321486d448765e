import * as z from 'zod';

/** Who carries a payout out. */
export const PROVIDERS = ['bank', 'operator'] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** The part of a transaction that a provider carries out. */
export const payout = z.object({
  provider: z.enum(PROVIDERS),
  /** A bank account as it was at the moment of acceptance, or a phone number. A later change does not redirect the money. */
  destination: z.string(),
  attempt: z.bigint(),
  leaseUntil: z.string().optional(),
  /** The last moment a request may have left; absent when certainly none has. */
  sentAt: z.string().optional(),
  /** The provider's own. */
  reference: z.string().optional(),
  failure: z.string().optional(),
});
