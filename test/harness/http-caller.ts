import { expect } from '@jest/globals';
import type { ApiContext, Operation, Route } from '../../lambdas/http/operation.ts';
import { apiHandler } from '../../lambdas/http/router.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import type { Reply, Request } from './harness.ts';
import { httpEvent, lambdaContext, replyOf } from './http-event.ts';

type Event = ReturnType<typeof httpEvent>;

/** Calls some operations as the gateway does. `tweak` changes the event first. */
export const callerOf = <Context extends ApiContext>(
  context: Context,
  ...operations: readonly Operation<Route, Context>[]
) => {
  const handler = apiHandler(operations, context);
  return async (
    route: RouteName,
    request: Request = {},
    tweak: (event: Event) => object = (event) => event,
  ): Promise<Reply> => {
    return replyOf(await handler(tweak(httpEvent(route, request)), lambdaContext));
  };
};

/** Text in Persian: two letters in a row. */
export const PERSIAN = /[آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی]{2}/;

/** The one shape of every refusal (AP-2). */
export function expectProblem(reply: Reply, status: number, code: string): void {
  expect([reply.status, reply.body.code]).toEqual([status, code]);
  expect(reply.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': reply.body.request_id,
  });
  const { errors: _errors, values: _values, ...problem } = reply.body;
  expect(problem.detail).not.toMatch(/[{}]/);
  expect(problem).toEqual({
    type: `urn:surety:problem:${code}`,
    title: expect.stringMatching(/^[A-Z]/),
    status,
    detail: problem.message.en,
    code,
    message: { en: expect.stringMatching(/^[A-Z].*\.$/), fa: expect.stringMatching(PERSIAN) },
    request_id: expect.stringMatching(/./),
    retryable: expect.any(Boolean),
  });
  expect(reply.headers['retry-after'] !== undefined).toBe(problem.retryable);
}

/** The code of each invalid field. Each has a message in both languages (AP-3). */
export function wrongFields(reply: Reply): Record<string, string> {
  const errors: { field: string; code: string; message: unknown }[] = reply.body.errors;
  for (const { message } of errors) {
    expect(message).toEqual({
      en: expect.stringMatching(/^[A-Z].*\.$/),
      fa: expect.stringMatching(PERSIAN),
    });
  }
  return Object.fromEntries(errors.map(({ field, code }) => [field, code]));
}
