import { type Answer, failure } from './response.ts';
import { API_PREFIX, ROUTES } from './routes.ts';

const ROUTE = /^(\S+) (\S+)$/;
const patterns = Object.keys(ROUTES).map((name) => {
  const [, method = '', path = ''] = ROUTE.exec(name) ?? [];
  return { method, path: new RegExp(`^${API_PREFIX}${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) };
});

/** What no route took: a known path by another method is 405, everything else 404 (AP-3). */
export function noRoute(path: string, requestId: string): Answer {
  const methods = patterns.filter((route) => route.path.test(path)).map(({ method }) => method);
  if (methods.length === 0) return failure('unknown_route', requestId);
  return {
    ...failure('method_not_allowed', requestId),
    headers: { allow: methods.join(', ') },
  };
}
