import { httpProvider, type ProviderSettings } from './http-provider.ts';
import type { Provider } from './provider.ts';

/** Pays withdrawals out to bank accounts. */
export const httpBank = (settings: ProviderSettings): Provider =>
  httpProvider(
    { path: '/payouts', destination: 'account', unknownKey: 'payout_not_found' },
    settings,
  );
