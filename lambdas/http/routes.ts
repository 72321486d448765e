/** `anyone` has no authorizer; `merchant` and `admin` need a Cognito access token. */
type Access = 'anyone' | 'merchant' | 'admin';
export type Route = { readonly family: string; readonly access: Access };

export const API_PREFIX = '/api/v1';

/**
 * The whole API in one table: the gateway's routes are made from it, each family's handler is
 * checked against it, and 404 and 405 are answered from it.
 */
export const ROUTES = {
  'POST /auth/register': { family: 'auth', access: 'anyone' },
  'POST /auth/token': { family: 'auth', access: 'anyone' },
  'POST /auth/refresh': { family: 'auth', access: 'anyone' },
  'GET /me': { family: 'me', access: 'merchant' },
  'POST /withdrawals': { family: 'withdrawals', access: 'merchant' },
  'GET /withdrawals': { family: 'withdrawals', access: 'merchant' },
  'GET /withdrawals/{id}': { family: 'withdrawals', access: 'merchant' },
  'DELETE /withdrawals/{id}': { family: 'withdrawals', access: 'merchant' },
  'GET /transactions': { family: 'history', access: 'merchant' },
  'GET /transactions/{id}': { family: 'history', access: 'merchant' },
  'GET /transactions/by-key/{key}': { family: 'history', access: 'merchant' },
  'GET /admin/transactions': { family: 'history', access: 'admin' },
  'POST /transfers': { family: 'transfers', access: 'merchant' },
  'GET /transfers': { family: 'transfers', access: 'merchant' },
  'GET /wallets': { family: 'wallets', access: 'merchant' },
  'GET /wallets/{currency}': { family: 'wallets', access: 'merchant' },
  'GET /wallets/{currency}/releases': { family: 'wallets', access: 'merchant' },
  'GET /admin/merchants': { family: 'merchants', access: 'admin' },
  'GET /admin/merchants/{id}': { family: 'merchants', access: 'admin' },
  'PATCH /admin/merchants/{id}': { family: 'merchants', access: 'admin' },
  'POST /admin/merchants/{id}/approve': { family: 'merchants', access: 'admin' },
  'POST /admin/merchants/{id}/reject': { family: 'merchants', access: 'admin' },
  'POST /admin/merchants/{id}/suspend': { family: 'merchants', access: 'admin' },
  'POST /admin/merchants/{id}/archive': { family: 'merchants', access: 'admin' },
  'POST /admin/merchants/{id}/reactivate': { family: 'merchants', access: 'admin' },
  'POST /admin/pools/{currency}/topups': { family: 'pools', access: 'admin' },
  'GET /admin/pools/{currency}': { family: 'pools', access: 'admin' },
  'POST /admin/wallets/{merchant_id}/deposits': { family: 'wallets', access: 'admin' },
  'GET /health': { family: 'health', access: 'anyone' },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
