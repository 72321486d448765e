import '../../harness/enable-logs.ts';
import { randomUUID } from 'node:crypto';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Key, nameKey, signInKey } from '../../../lambdas/ledger/keys.ts';
import { newMerchantId } from '../../../lambdas/ledger/merchant-id.ts';
import { register } from '../../../lambdas/operations/auth/register.ts';
import { type FakeUserPool, fakeUserPool } from '../../harness/fake-user-pool.ts';
import { callerOf, expectProblem } from '../../harness/http-caller.ts';
import {
  aMerchant,
  type InMemoryLedger,
  inMemoryLedger,
  stored,
} from '../../harness/in-memory-ledger.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { POOLS } from '../../harness/sign-ins.ts';

const FORM = {
  username: 'Alice',
  password: 'Secret-123',
  requested_credit: '1000.5',
  bank_account: 'IR-1234',
};
const NAME = 'alice';

let context: InMemoryLedger;
let users: FakeUserPool;
let admins: FakeUserPool;
beforeEach(() => {
  context = inMemoryLedger();
  users = fakeUserPool(POOLS.merchant);
  admins = fakeUserPool(POOLS.admin);
  // No jitter: forty tries take no time.
});
afterEach(() => {
  jest.restoreAllMocks();
});
const registration = (form = FORM) =>
  callerOf({ ...context, merchantPool: users, adminPool: admins }, register)(
    'POST /auth/register',
    {
      body: form,
    },
  );
const written = () => context.written.flat().map(({ Put }) => Put?.Item);
const refusedBy = (...codes: readonly string[]): Error =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const lost = (): Error => Object.assign(new Error('no answer'), { name: 'TimeoutError' });
const invalid = (): Error => Object.assign(new Error('no'), { name: 'ValidationException' });

const subOf = (name: string): string => users.users.get(name)?.sub ?? '';
const signInRow = (sub: string, merchantId: string) => ({
  ...signInKey({ pool: POOLS.merchant, sub }),
  merchantId,
});

/** The rows of another registration under the name that the form asks for. */
const registered = (id: string) => [
  { ...nameKey(NAME), merchantId: id },
  stored(aMerchant({ id, name: NAME, status: 'PENDING' })),
];
/** These rows are there from the second look at the name on: the first one is before anything is created. */
function registeredMeanwhile(...rows: readonly (Key & object)[]): void {
  const { ledger: before } = context;
  const { ledger: after } = inMemoryLedger(...rows);
  let looks = 0;
  const load = (key: Key): Promise<unknown> => {
    if (key.pk.startsWith('NAME#')) looks += 1;
    return (looks <= 1 ? before : after).load(key);
  };
  context = { ...context, ledger: { ...before, load } };
}
/** A user that an interrupted registration left behind. */
async function leftBehind(isPermanent: boolean): Promise<string> {
  await users.createUser(NAME, FORM.password);
  if (isPermanent) await users.setPassword(subOf(NAME), FORM.password);
  return subOf(NAME);
}

describe('ID-1: a merchant registers itself', () => {
  it('it starts PENDING, with an id of its own, its name in lower case and the credit it asked for', async () => {
    const reply = await registration();
    expect(reply.status).toBe(201);
    expect(reply.body.data).toEqual({
      id: expect.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
      username: 'alice',
      status: 'PENDING',
      status_reason: null,
      requested_credit: '1000.50',
      currency: 'USD',
      bank_account: 'IR-1234',
      fee: '0.00',
      fee_tiers: [],
      time_zone: 'Asia/Tehran',
      next_time_zone: null,
      created_at: '2026-11-20T12:00:00.000Z',
    });
    expect(reply.text).not.toContain('Secret-123');
    expect(reply.text).not.toContain(subOf(NAME));
  });

  it('one transaction creates its row and the rows of its name and its sign-in', async () => {
    const { id } = (await registration()).body.data;
    const signIn = { pool: POOLS.merchant, sub: subOf(NAME), username: NAME };
    expect(context.written).toHaveLength(1);
    expect(written()).toMatchObject([
      { pk: 'NAME#alice', merchantId: id },
      signInRow(subOf(NAME), id),
      { pk: `M#${id}`, sk: 'MERCHANT', status: 'PENDING', signIn, limits: {}, spent: {} },
    ]);
    for (const { Put } of context.written.flat()) {
      expect(Put).toMatchObject({
        ConditionExpression: 'attribute_not_exists(#n0)',
        ExpressionAttributeNames: { '#n0': 'pk' },
      });
    }
  });

  it.each(['a', '7', 'a1', 'a'.repeat(64)])(
    'a name of 1 to 64 characters: %s',
    async (username) => {
      const reply = await registration({ ...FORM, username });
      expect([reply.status, reply.body.data.username]).toEqual([201, username]);
      expect(written()).toMatchObject([{ pk: `NAME#${username}` }, {}, {}]);
    },
  );

  it('ID-3: its password is permanent, so that it can sign in', async () => {
    await registration();
    expect(await users.signIn(NAME, FORM.password)).toMatchObject({ kind: 'tokens' });
  });

  it('WA-5: a name that looks like an id is refused, in any case, and nothing is created', async () => {
    const ids = [newMerchantId(new Date()), newMerchantId(new Date()).toLowerCase()];
    // A user pool takes the id of a user in the place of its name.
    for (const username of [...ids, randomUUID()]) {
      const reply = await registration({ ...FORM, username });
      expectProblem(reply, 422, 'invalid_request');
      expect(reply.body.errors).toMatchObject([{ field: 'username', code: 'username_like_id' }]);
    }
    expect([context.written, users.users.size]).toEqual([[], 0]);
  });

  it('a name that belongs to another user is refused, and its password is not changed', async () => {
    await users.createUser(NAME, 'Another-1');
    const before = structuredClone(users.users);
    expectProblem(await registration(), 409, 'name_taken');
    expect([context.written, users.users]).toEqual([[], before]);
  });

  it('ID-8: the name of an administrator is refused, and no user is created', async () => {
    await admins.createUser(NAME, 'Another-1');
    expectProblem(await registration(), 409, 'name_taken');
    expect([context.written, users.users.size]).toEqual([[], 0]);
  });

  it.each([
    ['before its password was permanent', false],
    ['before its rows were written', true],
  ])('the same registration completes what was interrupted %s', async (_, isPermanent) => {
    const sub = await leftBehind(isPermanent);
    const reply = await registration();
    expect(reply.status).toBe(201);
    expect(written()).toMatchObject([{}, signInRow(sub, reply.body.data.id), {}]);
    expect(await users.signIn(NAME, FORM.password)).toMatchObject({ kind: 'tokens' });
  });

  it('the password of a merchant’s user cannot be tried, and a wrong one of another is logged', async () => {
    const sub = await leftBehind(true);
    const tried: string[] = [];
    const { signIn } = users;
    users = {
      ...users,
      signIn: (name, password) => {
        tried.push(name);
        return signIn(name, password);
      },
    };
    context = inMemoryLedger(signInRow(sub, 'M1'));
    expectProblem(await registration(), 409, 'name_taken');
    expect(tried).toEqual([]);
    context = inMemoryLedger();
    const lines = await linesOf(async () => {
      await registration({ ...FORM, password: 'Wrong-1234' });
    });
    expect(lines).toContainEqual(expect.objectContaining({ message: 'SIGN_IN_REFUSED' }));
  });

  it('a user that signs in to a merchant already does not get a second one', async () => {
    const sub = await leftBehind(true);
    context = inMemoryLedger(signInRow(sub, 'M1'));
    expectProblem(await registration(), 409, 'name_taken');
    expect([context.written, subOf(NAME)]).toEqual([[], sub]);
  });

  it('ID-7: where the user of a merchant disappeared, nobody else can register its name, and no user is left', async () => {
    context = inMemoryLedger(...registered('M2'));
    expectProblem(await registration(), 409, 'name_taken');
    expect([context.written, users.users.size]).toEqual([[], 0]);
  });

  it('a name that another merchant takes meanwhile is taken, and the user created for nothing is deleted', async () => {
    registeredMeanwhile(...registered('M2'));
    expectProblem(await registration(), 409, 'name_taken');
    expect([context.written, users.users.size]).toEqual([[], 0]);
  });

  it('a user that was not created by this call is not deleted', async () => {
    const sub = await leftBehind(true);
    registeredMeanwhile(...registered('M2'));
    expectProblem(await registration(), 409, 'name_taken');
    expect(subOf(NAME)).toBe(sub);
  });

  it('where a copy of the same request won, the user stays', async () => {
    registeredMeanwhile(...registered('M2'));
    const { load } = context.ledger;
    context = {
      ...context,
      ledger: {
        ...context.ledger,
        load: async (key) => (key.sk === 'LOGIN' ? signInRow(subOf(NAME), 'M2') : load(key)),
      },
    };
    expectProblem(await registration(), 409, 'name_taken');
    expect(subOf(NAME)).not.toBe('');
  });

  it('a weak password is reported in Cognito’s words and in Persian', async () => {
    const reply = await registration({ ...FORM, password: 'short' });
    expectProblem(reply, 422, 'invalid_request');
    expect(reply.body.errors).toEqual([
      {
        field: 'password',
        code: 'password_too_weak',
        message: { en: 'Password not long enough', fa: expect.stringMatching(/گذرواژه/) },
      },
    ]);
    expect(context.written).toEqual([]);
  });

  it('it succeeds after a conflict and a lost answer', async () => {
    context.failures.push(refusedBy('TransactionConflict', 'None'), lost());
    expect((await registration()).status).toBe(201);
    expect(context.written).toHaveLength(1);
  });

  it('it is refused where another merchant takes the name after a lost answer', async () => {
    registeredMeanwhile(...registered('M2'));
    context.failures.push(lost());
    expectProblem(await registration(), 409, 'name_taken');
    expect(context.written).toEqual([]);
  });

  it('WD-8: constant conflicts return 503, and the same form can be sent again', async () => {
    context.failures.push(...Array.from({ length: 40 }, () => refusedBy('TransactionConflict')));
    expectProblem(await registration(), 503, 'busy');
    context.failures.length = 0;
    expect((await registration()).status).toBe(201);
  });

  it('WD-8: a throttled user pool is reported as overload', async () => {
    const throttled = { name: 'TooManyRequestsException', $fault: 'client' };
    const failing = () => Promise.reject(Object.assign(new Error('slow down'), throttled));
    users = { ...users, createUser: failing };
    expectProblem(await registration(), 429, 'too_many_requests');
  });

  it('an invalid transaction is an internal error, not a taken name', async () => {
    context.failures.push(invalid());
    expectProblem(await registration(), 500, 'internal_error');
  });
});
