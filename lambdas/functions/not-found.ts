import { noRoute } from '../http/no-route.ts';
import { httpFunction } from '../http/router.ts';

export const handler = httpFunction(async ({ rawPath, requestContext }) =>
  noRoute(rawPath, requestContext.requestId),
);
