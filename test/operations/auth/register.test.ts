import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Key, nameKey } from '../../../lambdas/ledger/keys.ts';
import type { Identity } from '../../../lambdas/operations/auth/cognito.ts';
import { register } from '../../../lambdas/operations/auth/register.ts';
import { callerOf, expectProblem } from '../../harness/http-caller.ts';
import {
  aMerchant,
  type InMemoryLedger,
  inMemoryLedger,
  stored,
} from '../../harness/in-memory-ledger.ts';

const FORM = {
  username: 'Alice',
  password: 'Secret-123',
  requested_credit: '1000.5',
  bank_account: 'IR-1234',
};
type SignedUp = Awaited<ReturnType<Identity['signUp']>>;

let context: InMemoryLedger;
beforeEach(() => {
  context = inMemoryLedger();
  // No jitter: forty tries take no time.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
});
const registration = (signedUp: SignedUp | Error, subOf?: string, form = FORM) => {
  const identity: Identity = {
    signUp: async () => {
      if (signedUp instanceof Error) throw signedUp;
      return signedUp;
    },
    subOf: async () => subOf,
    signIn: async () => ({ kind: 'refused' }),
    refresh: async () => ({ kind: 'refused' }),
  };
  return callerOf({ ...context, identity }, register)('POST /auth/register', { body: form });
};
const CREATED: SignedUp = { kind: 'created', sub: 's1' };
const written = () => context.written.flat().map(({ Put }) => Put?.Item);
const refusedBy = (...codes: readonly string[]): Error =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const lost = (): Error => Object.assign(new Error('no answer'), { name: 'TimeoutError' });
const invalid = (): Error => Object.assign(new Error('no'), { name: 'ValidationException' });

/** The rows of a registration under the name that the form asks for. */
const registered = (id: string) => [
  { ...nameKey('alice'), merchantId: id },
  stored(aMerchant({ id, name: 'alice', status: 'PENDING' })),
];
/** These rows are committed after the first read: by another registration, or by a lost try of this one. */
function registeredMeanwhile(id: string): void {
  const { ledger: before } = context;
  const { ledger: after } = inMemoryLedger(...registered(id));
  let loaded = 0;
  const load = (key: Key): Promise<unknown> => {
    loaded += 1;
    // A read loads two rows: by id and by name.
    return (loaded <= 2 ? before : after).load(key);
  };
  context = { ...context, ledger: { ...before, load } };
}

describe('ID-1: a merchant registers itself', () => {
  it('it starts PENDING, with its name in lower case and the credit it asked for', async () => {
    const reply = await registration(CREATED);
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

  it('one transaction creates its row and the row that makes its name unique', async () => {
    await registration(CREATED);
    expect(context.written).toHaveLength(1);
    expect(written()).toMatchObject([
      { pk: 'NAME#alice', merchantId: 's1' },
      { pk: 'M#s1', sk: 'MERCHANT', status: 'PENDING', limits: {}, spent: {}, transferVolume: {} },
    ]);
    for (const { Put } of context.written.flat()) {
      expect(Put).toMatchObject({
        ConditionExpression: 'attribute_not_exists(#n0)',
        ExpressionAttributeNames: { '#n0': 'pk' },
      });
    }
  });

  it('WA-5: a name that looks like an id is refused, in any case, and nothing is written', async () => {
    for (const username of ['3500D7A9-e77e-4ccd-981a-b7e77fbdbd47', randomUUID()]) {
      const reply = await registration(CREATED, undefined, { ...FORM, username });
      expectProblem(reply, 422, 'invalid_request');
      expect(reply.body.errors).toMatchObject([{ field: 'username', code: 'username_like_id' }]);
    }
    expect(context.written).toEqual([]);
  });

  it('a name that belongs to another user is refused, and nothing is written', async () => {
    expectProblem(await registration({ kind: 'taken' }), 409, 'name_taken');
    expect(context.written).toEqual([]);
  });

  it('a registration under its own name completes what a crash interrupted', async () => {
    const reply = await registration({ kind: 'taken' }, 's1');
    expect([reply.status, reply.body.data.id]).toEqual([201, 's1']);
    expect(written()).toMatchObject([{ merchantId: 's1' }, { id: 's1' }]);
  });

  it('a completed registration is not repeated', async () => {
    context = inMemoryLedger(stored(aMerchant({ id: 's1', status: 'ACTIVE' })));
    expectProblem(await registration({ kind: 'taken' }, 's1'), 409, 'name_taken');
    expect(context.written).toEqual([]);
  });

  it('a name that another merchant holds is taken, even where Cognito does not know it', async () => {
    context = inMemoryLedger(...registered('s2'));
    expectProblem(await registration(CREATED), 409, 'name_taken');
    expect(context.written).toEqual([]);
  });

  it('a name that another merchant takes during the registration is taken', async () => {
    registeredMeanwhile('s2');
    context.failures.push(refusedBy('ConditionalCheckFailed', 'None'));
    expectProblem(await registration(CREATED), 409, 'name_taken');
    expect([context.failures, context.written]).toEqual([[], []]);
  });

  it('a weak password is reported in Cognito’s words and in Persian', async () => {
    const rule = 'Password did not conform with policy: Password must have symbol characters';
    const reply = await registration({ kind: 'weak_password', rule });
    expectProblem(reply, 422, 'invalid_request');
    expect(reply.body.errors).toEqual([
      {
        field: 'password',
        code: 'password_too_weak',
        message: { en: rule, fa: expect.stringMatching(/گذرواژه/) },
      },
    ]);
    expect(context.written).toEqual([]);
  });

  it('it succeeds after a conflict and a lost answer', async () => {
    context.failures.push(refusedBy('TransactionConflict', 'None'), lost());
    expect((await registration(CREATED)).status).toBe(201);
    expect(context.written).toHaveLength(1);
  });

  it('it succeeds where its own first try was committed and the answer was lost', async () => {
    registeredMeanwhile('s1');
    context.failures.push(lost());
    const reply = await registration(CREATED);
    expect([reply.status, reply.body.data.status]).toEqual([201, 'PENDING']);
    expect([context.failures, context.written]).toEqual([[], []]);
  });

  it('it is refused where another merchant takes the name after a lost answer', async () => {
    registeredMeanwhile('s2');
    context.failures.push(lost());
    expectProblem(await registration(CREATED), 409, 'name_taken');
    expect([context.failures, context.written]).toEqual([[], []]);
  });

  it('WD-8: constant conflicts return 503, and the same form can be sent again', async () => {
    context.failures.push(...Array.from({ length: 40 }, () => refusedBy('TransactionConflict')));
    expectProblem(await registration(CREATED), 503, 'busy');
  });

  it('WD-8: a throttled user pool is reported as overload', async () => {
    const throttled = { name: 'TooManyRequestsException', $fault: 'client' };
    const reply = await registration(Object.assign(new Error('slow down'), throttled));
    expectProblem(reply, 429, 'too_many_requests');
  });

  it('an invalid transaction is an internal error, not a taken name', async () => {
    context.failures.push(invalid());
    expectProblem(await registration(CREATED), 500, 'internal_error');
  });
});
