import { describe, expect, it } from '@jest/globals';
import { FIELD_PROBLEMS } from '../../lambdas/http/problems.ts';
import { failure } from '../../lambdas/http/response.ts';
import { refused } from '../../lambdas/ledger/decision.ts';
import { REASONS, type Reason } from '../../lambdas/ledger/reasons.ts';
import { PERSIAN } from '../harness/http-caller.ts';

const problems = Object.entries(REASONS) as [Reason, (typeof REASONS)[Reason]][];

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
    'the field problem %s has a text in both languages',
    (_, text) => {
      expect(text.en).toMatch(/^[A-Z0-9].+\.$/);
      expect(text.fa).toMatch(PERSIAN);
    },
  );

  it.each(problems)('%s states the same values in both languages', (_, { en, fa }) => {
    const named = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([name]) => name);
    expect(named(fa).toSorted()).toEqual(named(en).toSorted());
  });

  it('CR-4: states its values in both texts, and by name', () => {
    const values = { outstanding: '12.00', currency: 'USD' };
    const { status, body } = failure(refused('repayment_exceeds_utilised', values), 'r');
    expect([status, JSON.parse(body)]).toMatchObject([
      422,
      {
        detail: expect.stringContaining('utilised, 12.00 USD. Repay'),
        message: {
          en: expect.stringContaining('utilised, 12.00 USD. Repay'),
          fa: expect.stringContaining('12.00 USD'),
        },
        values,
      },
    ]);
  });

  it('has its own text in each language', () => {
    for (const language of ['en', 'fa'] as const) {
      const texts = problems.map(([, problem]) => problem[language]);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });

  it('uses Persian letters, not the Arabic letters that look alike', () => {
    const texts = [
      ...problems.map(([, { fa }]) => fa),
      ...Object.values(FIELD_PROBLEMS).map(({ fa }) => fa),
    ];
    expect(texts.filter((text) => /[كيىة٠-٩]/.test(text))).toEqual([]);
  });
});

describe('AP-1: whether the same request may be sent again with the same key', () => {
  it.each(problems)('%s', (reason, { status, retryable }) => {
    // Every other refusal is stored under its key: a repeat returns it again.
    const expected = status >= 500 || status === 429 || reason === 'request_in_progress';
    expect(retryable).toBe(expected);
  });

  it('a decision against the merchant is final, a transient state is not', () => {
    const retryableOf = (...reasons: Reason[]) => reasons.map((each) => REASONS[each].retryable);
    expect(retryableOf('insufficient_credit', 'insufficient_pool', 'merchant_suspended')).toEqual([
      false,
      false,
      false,
    ]);
    expect(
      retryableOf('busy', 'request_in_progress', 'internal_error', 'too_many_requests'),
    ).toEqual([true, true, true, true]);
  });

  it('a conflict that a rule decides is final', () => {
    const conflicts = problems.filter(([, { status }]) => status === 409);
    expect(conflicts.length).toBeGreaterThan(5);
    const retryable = conflicts.filter(([, problem]) => problem.retryable);
    expect(retryable.map(([reason]) => reason)).toEqual(['request_in_progress']);
  });
});

describe('AP-3: the status of each refusal is part of the API', () => {
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
    ['sale_not_found', 404],
    ['method_not_allowed', 405],
    ['name_taken', 409],
    ['request_in_progress', 409],
    ['merchant_already_approved', 409],
    ['merchant_rejected', 409],
    ['merchant_not_pending', 409],
    ['merchant_not_active', 409],
    ['merchant_not_suspended', 409],
    ['merchant_changed', 412],
    ['body_too_large', 413],
    ['invalid_request', 422],
    ['idempotency_key_reused', 422],
    ['no_credit_line', 422],
    ['too_many_requests', 429],
    ['internal_error', 500],
    ['busy', 503],
    ['unhealthy', 503],
  ])('%s: %s', (reason, status) => {
    expect(REASONS[reason].status).toBe(status);
  });

  it('WD-8: a retryable refusal has Retry-After', () => {
    const retryAfter = problems
      .filter(
        ([reason]) =>
          failure({ kind: 'refused', reason }, 'r').headers?.['retry-after'] !== undefined,
      )
      .map(([reason]) => reason);
    expect(retryAfter.toSorted()).toEqual([
      'busy',
      'internal_error',
      'rates_unavailable',
      'request_in_progress',
      'too_many_requests',
      'unhealthy',
    ]);
  });

  it('WD-8: Retry-After spreads the callers over as many seconds as there were tries, and two more', () => {
    const seconds = (tries: number): readonly number[] =>
      Array.from({ length: 400 }, (_, index) =>
        Number(failure('busy', `request-${index}`, { tries }).headers?.['retry-after']),
      );
    const range = (to: number) => Array.from({ length: to }, (_, index) => index + 1);
    expect(new Set(seconds(0))).toEqual(new Set(range(2)));
    expect(new Set(seconds(30))).toEqual(new Set(range(32)));
  });
});
