import { httpProvider, type ProviderSettings } from './http-provider.ts';
import type { Provider } from './provider.ts';

/** Delivers sales: charges phones (SA-1). */
export const httpOperator = (settings: ProviderSettings): Provider =>
  httpProvider(
    { path: '/charges', destination: 'phone_number', unknownKey: 'charge_not_found' },
    settings,
  );
