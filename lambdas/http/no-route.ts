import { API_PREFIX } from './operation.ts';
import { failure, type HttpResponse } from './response.ts';

const ROUTE = /^(\S+) (\S+)$/;

/** Answers what matched no route: a known path with another method is 405, any other path 404 (AP-3). */
export function noRoute(routes: readonly string[]) {
  const patterns = routes.map((name) => {
    const [, method = '', path = ''] = ROUTE.exec(name) ?? [];
    return { method, path: new RegExp(`^${API_PREFIX}${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) };
  });
  return (path: string, requestId: string): HttpResponse => {
    const methods = patterns.filter((route) => route.path.test(path)).map(({ method }) => method);
    if (methods.length === 0) return failure('unknown_route', requestId);
    return {
      ...failure('method_not_allowed', requestId),
      headers: { allow: methods.join(', ') },
    };
  };
}
