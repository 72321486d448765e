import { noRoute } from './api/no-route.ts';
import { httpFunction } from './runtime/http.ts';

export const handler = httpFunction(async ({ rawPath, requestContext }) =>
  noRoute(rawPath, requestContext.requestId),
);
