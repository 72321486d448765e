import { API_PREFIX } from './operation.ts';
import { failure, type HttpResponse } from './response.ts';

const ROUTE = /^(\S+) (\S+)$/;
const PARAMETER = /\{\w+\}/g;

/**
 * Answers what matched no route: a known path with another method is 405, any other path 404 (AP-3). Where a path
 * fits two, as `/admin/wallets/{merchant_id}/deposits` fits that of a currency, it is the one with fewer parameters.
 */
export function noRoute(routes: readonly string[]) {
  const patterns = routes.map((name) => {
    const [, method = '', path = ''] = ROUTE.exec(name) ?? [];
    return {
      method,
      path: new RegExp(`^${API_PREFIX}${path.replaceAll(PARAMETER, '[^/]+')}$`),
      parameters: path.match(PARAMETER)?.length ?? 0,
    };
  });
  return (path: string, requestId: string): HttpResponse => {
    const fitting = patterns.filter((route) => route.path.test(path));
    if (fitting.length === 0) return failure('unknown_route', requestId);
    const fewest = Math.min(...fitting.map(({ parameters }) => parameters));
    const methods = fitting
      .filter(({ parameters }) => parameters === fewest)
      .map(({ method }) => method);
    return {
      ...failure('method_not_allowed', requestId),
      headers: { allow: methods.join(', ') },
    };
  };
}
