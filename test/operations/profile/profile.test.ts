import '../../harness/enable-logs.ts';
import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signInKey } from '../../../lambdas/ledger/keys.ts';
import { readMerchant } from '../../../lambdas/ledger/rows/merchants.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem, wrongFields } from '../../harness/http-caller.ts';
import { linesOf } from '../../harness/log-lines.ts';
import { merchantClaims, POOLS } from '../../harness/sign-ins.ts';

const PASSWORD = 'Secret-123';
const NEXT = 'Another-456';
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('1000.00');
});
afterAll(() => harness.close());

/** An approved merchant, and the claims of its token: its user is named as a token names it. */
async function merchant(limit = '100.00') {
  const id = await harness.merchant(limit);
  const username = `u-${randomUUID()}`;
  const { merchantPool } = harness.context;
  const created = await merchantPool.createUser(username, PASSWORD);
  if (created.kind !== 'created') throw new Error(created.kind);
  await merchantPool.setPassword(created.sub, PASSWORD);
  const signIn = { pool: POOLS.merchant, sub: created.sub };
  const Item = { ...signInKey(signIn), merchantId: id };
  const { table: TableName } = harness.context.ledger;
  await harness.faultless.send(new PutCommand({ TableName, Item }));
  return { id, username, claims: { ...merchantClaims(id), sub: created.sub, username } };
}
type Signed = Awaited<ReturnType<typeof merchant>>;
const changeAccount = ({ claims }: Signed, account: string, password = PASSWORD): Promise<Reply> =>
  harness.call('PATCH /me', { claims, body: { bank_account: account, password } });
const withdraw = ({ claims }: Signed, body: object): Promise<Reply> =>
  harness.call('POST /withdrawals', { claims, key: randomUUID(), body });
const admin = (id: string, action: 'suspend' | 'archive' | 'reactivate') =>
  harness.call(`POST /admin/merchants/{id}/${action}`, { admin: true, params: { id } });
const destinations = async (): Promise<unknown[]> =>
  (await harness.rows()).flatMap(({ payout }) =>
    payout === undefined ? [] : [(payout as { destination: unknown }).destination],
  );

describe('ID-7: the bank account', () => {
  it('later withdrawals are paid to it, and those that were accepted keep theirs', async () => {
    const alice = await merchant();
    await withdraw(alice, { amount: '1.00' });
    const scheduled = { amount: '2.00', execute_at: '2026-11-20T13:00:00Z' };
    expect((await withdraw(alice, scheduled)).status).toBe(202);
    const reply = await changeAccount(alice, 'NEW-ACCOUNT-1');
    expect([reply.status, reply.body.data.bank_account]).toEqual([200, 'NEW-ACCOUNT-1']);
    await withdraw(alice, { amount: '3.00' });
    const found = await destinations();
    expect(found.filter((each) => each === 'NEW-ACCOUNT-1')).toHaveLength(1);
    expect(found.filter((each) => each === 'IRTEST0000000000001')).toHaveLength(2);
  });

  it('it is a term: a withdrawal that was decided on the earlier account is decided again', async () => {
    const alice = await merchant();
    let changed: Reply | undefined;
    harness.beforeCommit(async () => {
      changed = await changeAccount(alice, 'NEW-ACCOUNT-2');
    });
    expect((await withdraw(alice, { amount: '1.00' })).status).toBe(202);
    expect(changed?.status).toBe(200);
    expect(await destinations()).toContain('NEW-ACCOUNT-2');
  });

  it('a wrong password changes nothing, and is logged as a failed sign-in', async () => {
    const alice = await merchant();
    let reply: Reply | undefined;
    const lines = await linesOf(async () => {
      reply = await changeAccount(alice, 'NEW-ACCOUNT-3', 'Wrong-1234');
    });
    if (reply !== undefined) expectProblem(reply, 403, 'wrong_password');
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'SIGN_IN_REFUSED', source_ip: '192.0.2.1' }),
    );
    const { bankAccount } = (await readMerchant(harness.context.ledger, alice.id)) ?? {};
    expect(bankAccount).toBe('IRTEST0000000000001');
  });

  it('a change is logged as a security event of the merchant, without the account', async () => {
    const alice = await merchant();
    const lines = await linesOf(async () => {
      await changeAccount(alice, 'NEW-ACCOUNT-4');
    });
    expect(lines).toContainEqual(
      expect.objectContaining({
        message: 'BANK_ACCOUNT_CHANGED',
        kind: 'security',
        merchant: alice.id,
      }),
    );
    expect(JSON.stringify(lines)).not.toMatch(/NEW-ACCOUNT-4|Secret-123/);
  });

  it('a repeat finds it changed, and does not raise the version of the terms', async () => {
    const alice = await merchant();
    await changeAccount(alice, 'NEW-ACCOUNT-5');
    const before = await readMerchant(harness.context.ledger, alice.id);
    expect((await changeAccount(alice, 'NEW-ACCOUNT-5')).status).toBe(200);
    expect(await readMerchant(harness.context.ledger, alice.id)).toEqual(before);
  });

  it('a suspension that commits first stops it', async () => {
    const alice = await merchant();
    harness.beforeCommit(async () => {
      expect((await admin(alice.id, 'suspend')).status).toBe(200);
    });
    expectProblem(await changeAccount(alice, 'NEW-ACCOUNT-7'), 403, 'merchant_suspended');
    const { bankAccount } = (await readMerchant(harness.context.ledger, alice.id)) ?? {};
    expect(bankAccount).toBe('IRTEST0000000000001');
  });

  it.each([
    ['suspend', 'merchant_suspended'],
    ['archive', 'merchant_archived'],
  ] as const)('after %s it is refused as %s', async (action, code) => {
    const alice = await merchant();
    expect((await admin(alice.id, action)).status).toBe(200);
    expectProblem(await changeAccount(alice, 'NEW-ACCOUNT-6'), 403, code);
  });

  it.each([
    [{}, { bank_account: 'required', password: 'required' }],
    [{ bank_account: 'x', password: 'p' }, { bank_account: 'bank_account_malformed' }],
    [{ bank_account: 'IR-1234', password: 'p', fee: '1' }, { fee: 'unknown_field' }],
  ])('AP-3: %j names each wrong field', async (body, fields) => {
    const { claims } = await merchant();
    const reply = await harness.call('PATCH /me', { claims, body });
    expect(wrongFields(reply)).toEqual(fields);
  });
});

describe('ID-7: the password', () => {
  const change = ({ claims }: Signed, password: string, next = NEXT): Promise<Reply> =>
    harness.call('POST /auth/password', { claims, body: { password, new_password: next } });

  it('is changed by who knows the current one, which ends every session', async () => {
    const alice = await merchant();
    expect((await change(alice, PASSWORD)).status).toBe(200);
    const { merchantPool } = harness.context;
    expect((await merchantPool.signIn(alice.username, NEXT)).kind).toBe('tokens');
    expect((await merchantPool.signIn(alice.username, PASSWORD)).kind).toBe('refused');
    expect(merchantPool.users.get(alice.username)?.signedOut).toBe(1);
  });

  it('stays as it is where the current one is wrong, or the new one weak', async () => {
    const alice = await merchant();
    expectProblem(await change(alice, 'Wrong-1234'), 403, 'wrong_password');
    const weak = await change(alice, PASSWORD, 'short');
    expect(weak.body.errors).toMatchObject([{ field: 'new_password', code: 'password_too_weak' }]);
    const { merchantPool } = harness.context;
    expect((await merchantPool.signIn(alice.username, PASSWORD)).kind).toBe('tokens');
  });

  it('can be changed by a suspended merchant', async () => {
    const alice = await merchant();
    await admin(alice.id, 'suspend');
    expect((await change(alice, PASSWORD)).status).toBe(200);
  });
});

it('ID-7: signing out ends every session of the caller and of nobody else', async () => {
  const [alice, bob] = [await merchant(), await merchant()];
  const reply = await harness.call('POST /auth/sign-out', { claims: alice.claims });
  expect(reply.status).toBe(200);
  const { users } = harness.context.merchantPool;
  expect(users.get(alice.username)?.signedOut).toBe(1);
  expect(users.get(bob.username)?.signedOut).toBe(0);
});

it('ID-2: a suspended merchant cannot cancel a scheduled withdrawal', async () => {
  const alice = await merchant();
  const scheduled = { amount: '2.00', execute_at: '2026-11-20T13:00:00Z' };
  const { id } = (await withdraw(alice, scheduled)).body.data;
  const cancel = () =>
    harness.call('DELETE /withdrawals/{id}', { claims: alice.claims, params: { id } });
  await admin(alice.id, 'suspend');
  expectProblem(await cancel(), 403, 'merchant_suspended');
  await admin(alice.id, 'reactivate');
  expect((await cancel()).status).toBe(200);
});
