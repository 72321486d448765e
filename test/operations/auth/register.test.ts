import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Identity } from '../../../lambdas/operations/auth/cognito.ts';
import { register } from '../../../lambdas/operations/auth/register.ts';
import { callerOf, expectProblem } from '../../harness/http-caller.ts';
import {
  aMerchant,
  type PaperBooks,
  paperBooks,
  stored,
  USD,
} from '../../harness/in-memory-ledger.ts';

const FORM = {
  username: 'Alice',
  password: 'Secret-123',
  requested_credit: '1000.5',
  bank_account: 'IR-1234',
};
type SignedUp = Awaited<ReturnType<Identity['signUp']>>;

let books: PaperBooks;
beforeEach(() => {
  books = paperBooks();
  // No jitter: forty tries take no time.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
});
const signingUp = (signedUp: SignedUp | Error, subOf?: string) => {
  const identity: Identity = {
    signUp: async () => {
      if (signedUp instanceof Error) throw signedUp;
      return signedUp;
    },
    subOf: async () => subOf,
    signIn: async () => ({ kind: 'refused' }),
    refresh: async () => ({ kind: 'refused' }),
  };
  const defaults = { currency: USD, timeZone: 'Asia/Tehran', now: books.now };
  const call = callerOf({ 'POST /auth/register': register(books.ledger, identity, defaults) });
  return call('POST /auth/register', { body: FORM });
};
const CREATED: SignedUp = { kind: 'created', sub: 's1' };
const written = () => books.written.flat().map(({ Put }) => Put?.Item);
const refusedBy = (...codes: readonly string[]): Error =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const lost = (): Error => Object.assign(new Error('no answer'), { name: 'TimeoutError' });
const wrong = (): Error => Object.assign(new Error('no'), { name: 'ValidationException' });

describe('ID-1: a merchant registers itself', () => {
  it('and starts PENDING, its name in lower case, with what it asked for', async () => {
    const reply = await signingUp(CREATED);
    expect(reply.status).toBe(201);
    expect(reply.body.data).toEqual({
      id: 's1',
      username: 'alice',
      status: 'PENDING',
      requested_credit: '1000.50',
      currency: 'USD',
      bank_account: 'IR-1234',
      fee: '0.00',
      fee_tiers: [],
      time_zone: 'Asia/Tehran',
      created_at: '2026-11-20T12:00:00.000Z',
    });
    expect(reply.text).not.toContain('Secret-123');
  });

  it('its row and the guard of its name are one transaction', async () => {
    await signingUp(CREATED);
    expect(books.written).toHaveLength(1);
    expect(written()).toMatchObject([
      { pk: 'NAME#alice', merchantId: 's1' },
      { pk: 'M#s1', sk: 'MERCHANT', status: 'PENDING', limits: {}, spent: {}, transferVolume: {} },
    ]);
    for (const { Put } of books.written.flat()) {
      expect(Put?.ConditionExpression).toBe('attribute_not_exists(pk)');
    }
  });

  it('under a name that is somebody’s, it is refused and nothing is written', async () => {
    expectProblem(await signingUp({ kind: 'taken' }), 409, 'name_taken');
    expect(books.written).toEqual([]);
  });

  it('under its own name it completes what a crash left half made', async () => {
    const reply = await signingUp({ kind: 'taken' }, 's1');
    expect([reply.status, reply.body.data.id]).toEqual([201, 's1']);
    expect(written()).toMatchObject([{ merchantId: 's1' }, { id: 's1' }]);
  });

  it('a registration that was complete is not made again', async () => {
    books = paperBooks(stored(aMerchant({ id: 's1', status: 'ACTIVE' })));
    expectProblem(await signingUp({ kind: 'taken' }, 's1'), 409, 'name_taken');
    expect(books.written).toEqual([]);
  });

  it('a name whose guard another merchant holds is taken, though Cognito knew nothing of it', async () => {
    books.failures.push(refusedBy('ConditionalCheckFailed', 'None'));
    expectProblem(await signingUp(CREATED), 409, 'name_taken');
  });

  it('a password against the rules is told in Cognito’s words, and in Persian', async () => {
    const rule = 'Password did not conform with policy: Password must have symbol characters';
    const reply = await signingUp({ kind: 'weak_password', rule });
    expectProblem(reply, 422, 'invalid_request');
    expect(reply.body.errors).toEqual([
      {
        field: 'password',
        code: 'password_too_weak',
        message: { en: rule, fa: expect.stringMatching(/گذرواژه/) },
      },
    ]);
    expect(books.written).toEqual([]);
  });

  it('through conflicts and lost answers it is registered all the same', async () => {
    books.failures.push(refusedBy('TransactionConflict', 'None'), lost());
    expect((await signingUp(CREATED)).status).toBe(201);
  });

  it('its own first try, whose answer was lost, does not stand in its way', async () => {
    books = paperBooks(stored(aMerchant({ id: 's1', name: 'alice', status: 'PENDING' })));
    books.failures.push(lost(), refusedBy('ConditionalCheckFailed', 'ConditionalCheckFailed'));
    const reply = await signingUp(CREATED);
    expect([reply.status, reply.body.data.status]).toEqual([201, 'PENDING']);
  });

  it('somebody else’s row after a lost answer does', async () => {
    books.failures.push(lost(), refusedBy('ConditionalCheckFailed', 'None'));
    expectProblem(await signingUp(CREATED), 409, 'name_taken');
  });

  it('WD-8: a store that stays busy says so, and the same form may be sent again', async () => {
    books.failures.push(...Array.from({ length: 40 }, () => refusedBy('TransactionConflict')));
    expectProblem(await signingUp(CREATED), 503, 'busy');
  });

  it('WD-8: a user pool that is too busy is told as overload, not as a fault', async () => {
    const throttled = { name: 'TooManyRequestsException', $fault: 'client' };
    const reply = await signingUp(Object.assign(new Error('slow down'), throttled));
    expectProblem(reply, 429, 'too_many_requests');
  });

  it('a fault of ours is not told as a name that is taken', async () => {
    books.failures.push(wrong());
    expectProblem(await signingUp(CREATED), 500, 'internal_error');
  });
});
