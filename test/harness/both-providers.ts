import type { Provider, Providers } from '../../lambdas/payouts/providers/provider.ts';

/** One provider in the place of bank and operator, where a test does not look at which of them is called. */
export const bothProviders = (provider: Provider): Providers => ({
  bank: provider,
  operator: provider,
});
