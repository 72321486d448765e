import { describe, expect, it } from '@jest/globals';
import { FIELD_PROBLEMS, PROBLEMS } from '../../lambdas/http/problems.ts';
import { failure } from '../../lambdas/http/response.ts';
import type { Reason } from '../../lambdas/ledger/reasons.ts';
import { PERSIAN } from '../harness/http-caller.ts';

const problems = Object.entries(PROBLEMS) as [Reason, (typeof PROBLEMS)[Reason]][];

describe('AP-2: every refusal', () => {
  it.each(problems)('%s has a status, a title and a text in both languages', (_, problem) => {
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.status).toBeLessThanOrEqual(599);
    expect(problem.title).toMatch(/^[A-Z][A-Za-z -]+$/);
    expect(problem.en).toMatch(/^[A-Z].+\.$/);
    expect(problem.en).not.toMatch(PERSIAN);
    expect(problem.fa).toMatch(PERSIAN);
    expect(problem.fa).toMatch(/\.$/);
  });

  it.each(Object.entries(FIELD_PROBLEMS))(
    '%s of a field has a text in both languages',
    (_, text) => {
      expect(text.en).toMatch(/^[A-Z0-9].+\.$/);
      expect(text.fa).toMatch(PERSIAN);
    },
  );

  it('says something of its own in each language', () => {
    for (const language of ['en', 'fa'] as const) {
      const texts = problems.map(([, problem]) => problem[language]);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });

  it('is written in Persian letters, not in the Arabic ones that look like them', () => {
    const texts = [
      ...problems.map(([, { fa }]) => fa),
      ...Object.values(FIELD_PROBLEMS).map(({ fa }) => fa),
    ];
    expect(texts.filter((text) => /[كيىة٠-٩]/.test(text))).toEqual([]);
  });
});

describe('AP-1: what is remembered as the answer to a key', () => {
  it.each(problems)('%s', (_, { status, stored, retryable }) => {
    if (status >= 500 || status === 429 || status === 409) expect(stored).toBe(false);
    else expect([stored, retryable]).toEqual([true, false]);
  });

  it('a decision against the merchant is; a state that may pass is not', () => {
    const storedOf = (...reasons: Reason[]) => reasons.map((reason) => PROBLEMS[reason].stored);
    expect(storedOf('insufficient_credit', 'insufficient_pool', 'merchant_suspended')).toEqual([
      true,
      true,
      true,
    ]);
    expect(storedOf('busy', 'request_in_progress', 'internal_error', 'too_many_requests')).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('AP-3: each refusal has the status its clients know it by', () => {
  it.each<[Reason, number]>([
    ['malformed_json', 400],
    ['idempotency_key_required', 400],
    ['invalid_cursor', 400],
    ['access_token_required', 401],
    ['invalid_credentials', 401],
    ['insufficient_credit', 402],
    ['insufficient_pool', 402],
    ['admin_only', 403],
    ['not_a_merchant', 403],
    ['merchant_not_approved', 403],
    ['merchant_suspended', 403],
    ['merchant_archived', 403],
    ['unknown_route', 404],
    ['merchant_not_found', 404],
    ['withdrawal_not_found', 404],
    ['method_not_allowed', 405],
    ['name_taken', 409],
    ['request_in_progress', 409],
    ['merchant_already_approved', 409],
    ['merchant_rejected', 409],
    ['merchant_not_pending', 409],
    ['merchant_not_active', 409],
    ['merchant_not_suspended', 409],
    ['body_too_large', 413],
    ['invalid_request', 422],
    ['idempotency_key_reused', 422],
    ['no_credit_line', 422],
    ['too_many_requests', 429],
    ['internal_error', 500],
    ['busy', 503],
    ['unhealthy', 503],
  ])('%s: %s', (reason, status) => {
    expect(PROBLEMS[reason].status).toBe(status);
  });

  it('WD-8: whoever may try again is told when', () => {
    const told = problems
      .filter(([reason]) => failure(reason, 'r').headers?.['retry-after'] !== undefined)
      .map(([reason]) => reason);
    expect(told.toSorted()).toEqual([
      'busy',
      'internal_error',
      'request_in_progress',
      'too_many_requests',
      'unhealthy',
    ]);
  });
});
