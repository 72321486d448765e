import '../../harness/enable-logs.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readMerchant } from '../../../lambdas/ledger/rows/merchants.ts';
import { readSignIn } from '../../../lambdas/ledger/rows/sign-ins.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { merchantClaims, POOLS } from '../../harness/sign-ins.ts';

const PASSWORD = 'Secret-123';
const TEMPORARY = 'Temporary-1';
const FORM = { requested_credit: '100.00', bank_account: 'IR-1234' };
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => harness.close());

const pool = () => harness.context.merchantPool;
const subOf = (username: string): string => pool().users.get(username)?.sub ?? '';
const claimsOf = (username: string) => ({ ...merchantClaims(''), sub: subOf(username), username });

/** A merchant that registered through the API, with its user. */
async function registered(username = `u-${randomUUID()}`) {
  const body = { username, password: PASSWORD, ...FORM };
  const { id } = (await harness.call('POST /auth/register', { body })).body.data;
  return { id: String(id), username };
}
const connect = (id: string, username: string, password = TEMPORARY): Promise<Reply> =>
  harness.call('PUT /admin/merchants/{id}/sign-in', {
    admin: true,
    params: { id },
    body: { username, temporary_password: password },
  });
const me = (claims: Record<string, string>): Promise<Reply> => harness.call('GET /me', { claims });

describe('ID-7: an admin connects a new sign-in', () => {
  it('the new user reaches the merchant with all it has, and the old one no longer does', async () => {
    const shop = await registered();
    const old = claimsOf(shop.username);
    expect((await me(old)).body.data.id).toBe(shop.id);
    const next = `u-${randomUUID()}`;
    const reply = await connect(shop.id, next);
    expect([reply.status, reply.body.data.id]).toEqual([200, shop.id]);
    expect((await me(claimsOf(next))).body.data).toMatchObject({
      id: shop.id,
      username: shop.username,
    });
    // A process knows a sign-in for at most a minute.
    harness.clock.now = new Date(harness.clock.now.getTime() + 60_001);
    expectProblem(await me(old), 403, 'not_a_merchant');
    expect(pool().users.get(shop.username)).toMatchObject({ isEnabled: false, signedOut: 1 });
  });

  it('the new user has to change the temporary password', async () => {
    const shop = await registered();
    const next = `u-${randomUUID()}`;
    await connect(shop.id, next);
    const body = { username: next, password: TEMPORARY };
    const challenged = await harness.call('POST /auth/token', { body });
    expect(challenged.body.data.challenge).toBe('NEW_PASSWORD_REQUIRED');
    const { challenge, session } = challenged.body.data;
    const answer = { challenge, session, username: next, new_password: 'Chosen-1234' };
    const answered = await harness.call('POST /auth/challenge', { body: answer });
    expect(answered.body.data.access_token).toBe(`access ${next}`);
  });

  it('where the user was deleted past Surety, the same name can be connected again', async () => {
    const shop = await registered();
    const stolen = claimsOf(shop.username);
    await pool().deleteUser(subOf(shop.username));
    expect((await connect(shop.id, shop.username)).status).toBe(200);
    expect((await me(claimsOf(shop.username))).body.data.id).toBe(shop.id);
    expect(pool().users.get(shop.username)).toMatchObject({ isEnabled: true, isTemporary: true });
    harness.clock.now = new Date(harness.clock.now.getTime() + 60_001);
    expectProblem(await me(stolen), 403, 'not_a_merchant');
  });

  it('the attack: the user of a shop disappears, and registering the shop again gains nothing', async () => {
    const shop = await registered();
    await pool().deleteUser(subOf(shop.username));
    const body = { username: shop.username, password: 'Attacker-1', ...FORM };
    expectProblem(await harness.call('POST /auth/register', { body }), 409, 'name_taken');
    expect(pool().users.has(shop.username)).toBe(false);
    // A user of that name made in another way has a token, and no merchant.
    await pool().createUser(shop.username, 'Attacker-1');
    expectProblem(await me(claimsOf(shop.username)), 403, 'not_a_merchant');
    // Whoever created it may be registering just now: the admin is refused, and takes another name.
    expectProblem(await connect(shop.id, shop.username), 409, 'name_taken');
    expect((await connect(shop.id, `u-${randomUUID()}`)).status).toBe(200);
  });

  it('a password that somebody else knows is replaced under the same name', async () => {
    const shop = await registered();
    expect((await connect(shop.id, shop.username)).status).toBe(200);
    expect((await pool().signIn(shop.username, PASSWORD)).kind).toBe('refused');
    expect((await pool().signIn(shop.username, TEMPORARY)).kind).toBe('challenge');
    const weak = await connect(shop.id, shop.username, 'short');
    expect(weak.body.errors).toMatchObject([{ code: 'password_too_weak' }]);
  });

  it('sent again, it connects a new user of that name', async () => {
    const shop = await registered();
    const next = `u-${randomUUID()}`;
    await connect(shop.id, next);
    const first = subOf(next);
    expect((await connect(shop.id, next)).status).toBe(200);
    expect(subOf(next)).not.toBe(first);
    expect((await me(claimsOf(next))).body.data.id).toBe(shop.id);
  });

  it('after a crash before the former user is disabled, the next connection disables it', async () => {
    const shop = await registered();
    jest.spyOn(pool(), 'disableUser').mockRejectedValueOnce(new Error('crash'));
    expect((await connect(shop.id, `u-${randomUUID()}`)).status).toBe(500);
    expect(pool().users.get(shop.username)?.isEnabled).toBe(true);
    expect((await connect(shop.id, `u-${randomUUID()}`)).status).toBe(200);
    expect(pool().users.get(shop.username)?.isEnabled).toBe(false);
  });

  it('the user of another merchant that took over a name is not disabled', async () => {
    const [one, two] = [await registered(), await registered()];
    const shared = `u-${randomUUID()}`;
    await connect(two.id, shared);
    await pool().deleteUser(subOf(shared));
    expect((await connect(one.id, shared)).status).toBe(200);
    expect((await connect(two.id, `u-${randomUUID()}`)).status).toBe(200);
    expect(pool().users.get(shared)).toMatchObject({ isEnabled: true, signedOut: 0 });
  });

  it('a registration that is under way keeps its user, and sets its password on no other', async () => {
    const shop = await registered();
    const next = `u-${randomUUID()}`;
    const create = pool().createUser;
    let connected: Reply | undefined;
    jest.spyOn(pool(), 'createUser').mockImplementationOnce(async (...user) => {
      const created = await create(...user);
      connected = await connect(shop.id, next);
      return created;
    });
    const other = await registered(next);
    expect([connected?.status, connected?.body.code]).toEqual([409, 'name_taken']);
    expect((await me(claimsOf(next))).body.data.id).toBe(other.id);
    expect((await me(claimsOf(shop.username))).body.data.id).toBe(shop.id);
  });

  it.each([
    ['whose answer is lost', true],
    ['that is not finished', false],
  ])('a later connection wins over one %s, and only its user can sign in', async (_, isLost) => {
    const shop = await registered();
    const [first, second] = [`u-${randomUUID()}`, `u-${randomUUID()}`];
    const { middlewareStack } = harness.context.ledger.dynamo;
    let isFirst = true;
    middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const done = await next(args);
          if (!commandName?.startsWith('TransactWrite') || !isFirst) return done;
          isFirst = false;
          expect((await connect(shop.id, second)).status).toBe(200);
          if (isLost) throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
          return done;
        },
      { step: 'initialize', name: 'interrupt' },
    );
    const reply = await connect(shop.id, first);
    middlewareStack.remove('interrupt');
    expect(reply.status).toBe(isLost ? 503 : 200);
    const { signIn } = (await readMerchant(harness.context.ledger, shop.id)) ?? {};
    expect(signIn?.username).toBe(second);
    const enabled = [shop.username, first, second].filter(
      (name) => pool().users.get(name)?.isEnabled,
    );
    expect(enabled).toEqual([second]);
  });

  it('of two at once, one is connected, and every other user reaches nothing', async () => {
    const shop = await registered();
    const names = [1, 2, 3].map(() => `u-${randomUUID()}`);
    const replies = await Promise.all(names.map((name) => connect(shop.id, name)));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { signIn } = (await readMerchant(harness.context.ledger, shop.id)) ?? {};
    const owners = await Promise.all(
      [...names, shop.username].map((name) =>
        readSignIn(harness.context.ledger, { pool: POOLS.merchant, sub: subOf(name) }),
      ),
    );
    expect(owners.filter((owner) => owner === shop.id)).toHaveLength(1);
    expect(owners[names.indexOf(signIn?.username ?? '')]).toBe(shop.id);
  });

  it('it is logged as a security event that names admin and merchant', async () => {
    const shop = await registered();
    const lines = await linesOf(async () => {
      await connect(shop.id, `u-${randomUUID()}`);
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'SIGN_IN_CONNECTED',
        kind: 'security',
        merchant: shop.id,
        admin: 'an-admin',
      }),
    );
  });
});

describe('ID-7: a sign-in is refused', () => {
  it('for a merchant that does not exist', async () => {
    expectProblem(await connect('unknown', 'anybody'), 404, 'merchant_not_found');
  });

  it('under the name of another merchant, of another merchant’s user, or of an administrator', async () => {
    const [shop, other] = [await registered(), await registered()];
    const elsewhere = `u-${randomUUID()}`;
    await connect(other.id, elsewhere);
    const admin = `a-${randomUUID()}`;
    await harness.context.adminPool.createUser(admin, PASSWORD);
    const before = structuredClone(pool().users);
    for (const name of [other.username, elsewhere, admin])
      expectProblem(await connect(shop.id, name), 409, 'name_taken');
    expect(pool().users).toEqual(before);
    expect((await me(claimsOf(shop.username))).body.data.id).toBe(shop.id);
  });

  it('with a weak password or a malformed name', async () => {
    const shop = await registered();
    const weak = await connect(shop.id, `u-${randomUUID()}`, 'short');
    expect(weak.body.errors).toMatchObject([
      { field: 'temporary_password', code: 'password_too_weak' },
    ]);
    const malformed = await connect(shop.id, 'a b');
    expect(wrongFields(malformed)).toEqual({ username: 'username_malformed' });
  });
});
