import { noRoute } from '../http/no-route.ts';
import { httpHandler } from '../http/router.ts';
import { notFoundEnv, readEnv } from '../platform/env.ts';

const respond = noRoute(readEnv(notFoundEnv).ROUTES);

export const handler = httpHandler(async ({ rawPath, requestContext }) =>
  respond(rawPath, requestContext.requestId),
);
