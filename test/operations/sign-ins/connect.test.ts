import '../../harness/enable-logs.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
    await pool().deleteUser(shop.username);
    expect((await connect(shop.id, shop.username)).status).toBe(200);
    expect((await me(claimsOf(shop.username))).body.data.id).toBe(shop.id);
    expect(pool().users.get(shop.username)).toMatchObject({ isEnabled: true, isTemporary: true });
    harness.clock.now = new Date(harness.clock.now.getTime() + 60_001);
    expectProblem(await me(stolen), 403, 'not_a_merchant');
  });

  it('the attack: the user of a shop disappears, and registering the shop again gains nothing', async () => {
    const shop = await registered();
    await pool().deleteUser(shop.username);
    const body = { username: shop.username, password: 'Attacker-1', ...FORM };
    expectProblem(await harness.call('POST /auth/register', { body }), 409, 'name_taken');
    expect(pool().users.has(shop.username)).toBe(false);
    // A user of that name made in another way has a token, and no merchant.
    await pool().createUser(shop.username, 'Attacker-1');
    expectProblem(await me(claimsOf(shop.username)), 403, 'not_a_merchant');
    // The admin replaces it: its password is worth nothing then.
    const squatter = subOf(shop.username);
    expect((await connect(shop.id, shop.username)).status).toBe(200);
    expect(subOf(shop.username)).not.toBe(squatter);
    expect((await pool().signIn(shop.username, 'Attacker-1')).kind).toBe('refused');
  });

  it('sent again, it is done, and disables the former user that a crash left', async () => {
    const shop = await registered();
    const next = `u-${randomUUID()}`;
    await connect(shop.id, next);
    const before = structuredClone(await readMerchant(harness.context.ledger, shop.id));
    const former = pool().users.get(shop.username);
    if (former !== undefined) former.isEnabled = true;
    expect((await connect(shop.id, next)).status).toBe(200);
    expect(pool().users.get(shop.username)?.isEnabled).toBe(false);
    expect(await readMerchant(harness.context.ledger, shop.id)).toEqual(before);
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
