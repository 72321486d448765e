import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import { MERCHANT_STATUSES, type MerchantStatus } from '../../../lambdas/ledger/merchant.ts';
import { listMerchants, withBalances } from '../../../lambdas/ledger/rows/merchants.ts';
import { register } from '../../../lambdas/operations/auth/register.ts';
import { documentClient } from '../../../lambdas/platform/clients.ts';
import { type FakeUserPool, fakeUserPool } from '../../harness/fake-user-pool.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';
import { REAL } from '../../harness/pacing.ts';
import { merchantClaims, POOLS } from '../../harness/sign-ins.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(21, { ...ROUGH, throttle: 0 });
});
afterAll(() => harness.close());

let users: FakeUserPool;
beforeEach(() => {
  users = fakeUserPool(POOLS.merchant);
});

const send = (body: Record<string, unknown>): Promise<Reply> => {
  const settings = { ...harness.context.settings, timeZone: 'UTC' };
  const call = callerOf({ ...harness.context, settings, merchantPool: users }, register);
  return call('POST /auth/register', { body });
};
const form = (username: string, password = 'Secret-123') => ({
  username,
  password,
  requested_credit: '1000.00',
  bank_account: 'IRTEST0000000000001',
});
const approve = (id: string, key?: string, limit = '50.00') =>
  harness.insist('POST /admin/merchants/{id}/approve', {
    admin: true,
    params: { id },
    body: { credit_limit: limit },
    ...(key !== undefined && { key }),
  });
const change = (id: string, name: 'reject' | 'suspend' | 'reactivate') =>
  harness.insist(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id } });

describe('registration', () => {
  it('ID-1: creates a merchant that is PENDING and has no balances', async () => {
    const name = `m-${randomUUID()}`;
    const reply = await send(form(name));
    expect([reply.status, reply.headers['location']]).toEqual([201, '/api/v1/me']);
    const claims = { ...merchantClaims(''), sub: users.users.get(name)?.sub ?? '' };
    const me = await harness.insist('GET /me', { claims });
    expect(me.body.data).toMatchObject({
      status: 'PENDING',
      requested_credit: '1000.00',
      credit: [],
      wallets: [],
      fee: '0.00',
      default_currency: 'USD',
    });
  });

  it('ID-1: refuses a taken name in upper and lower case', async () => {
    const name = `m-${randomUUID()}`;
    await send(form(name));
    const reply = await send(form(name.toUpperCase(), 'Other-1234'));
    expect([reply.status, reply.body.code]).toEqual([409, 'name_taken']);
    expect((await send(form(name))).body.code).toBe('name_taken');
  });

  it('ID-1: completes an interrupted registration for the owner of the password alone', async () => {
    const name = `m-${randomUUID()}`;
    await users.createUser(name, 'Secret-123');
    expect((await send(form(name, 'Other-1234'))).body.code).toBe('name_taken');
    const reply = await send(form(name));
    expect(reply.status).toBe(201);
    expect(reply.body.data.id).toMatch(/^[0-9A-Z]{26}$/);
  });

  it('ID-1: reports a weak password with the user pool’s own rule, in both languages', async () => {
    const reply = await send(form(`m-${randomUUID()}`, 'short'));
    expect(reply.status).toBe(422);
    expect(reply.body.errors).toEqual([
      {
        field: 'password',
        code: 'password_too_weak',
        message: { en: 'Password not long enough', fa: expect.stringMatching(/[آ-ی]/) },
      },
    ]);
  });

  it('ID-1: creates forty merchants in forty registrations, even where answers are lost', async () => {
    const names = Array.from({ length: 40 }, () => `m-${randomUUID()}`);
    const statuses = await Promise.all(
      names.map(async (name) => {
        for (let tries = 0; tries < 10; tries += 1) {
          const reply = await send(form(name));
          if (reply.status !== 503) return reply.status;
        }
        return 0;
      }),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(40);
  });
});

describe('an administrator', () => {
  it('ID-2: approves a merchant once, which opens its credit line and its wallet', async () => {
    const id = await harness.register();
    const reply = await approve(id, 'k1');
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ id, status: 'ACTIVE', credit_limit: '50.00' });
    const merchant = await harness.insist('GET /admin/merchants/{id}', {
      admin: true,
      params: { id },
    });
    expect(merchant.body.data).toMatchObject({
      status: 'ACTIVE',
      credit: [{ currency: 'USD', limit: '50.00', utilised: '0.00', available: '50.00' }],
      wallets: [{ currency: 'USD', available: '0.00', pending: '0.00' }],
    });
    const repeated = await approve(id, 'k2', '900.00');
    expect([repeated.status, repeated.body.code]).toEqual([409, 'merchant_already_approved']);
    expect((await approve(id)).status).toBe(409);
    expect((await approve(id, 'k1')).text).toBe(reply.text);
  });

  it('ID-6: finds a merchant by its id in any case', async () => {
    const id = await harness.register();
    const params = { id: id.toLowerCase() };
    const found = await harness.insist('GET /admin/merchants/{id}', { admin: true, params });
    expect(found.body.data.id).toBe(id);
  });

  it('ID-2: cannot approve a merchant that is unknown or was rejected', async () => {
    expect((await approve('unknown', randomUUID())).body.code).toBe('merchant_not_found');
    const id = await harness.register();
    expect((await change(id, 'reject')).body.data.status).toBe('REJECTED');
    expect((await approve(id)).body.code).toBe('merchant_rejected');
    expect((await change(id, 'reject')).body.code).toBe('merchant_not_pending');
  });

  it('ID-2: suspends only an active merchant and reactivates only a suspended one', async () => {
    const id = await harness.register();
    expect((await change(id, 'suspend')).body.code).toBe('merchant_not_active');
    await approve(id);
    expect((await change(id, 'reactivate')).body.code).toBe('merchant_not_suspended');
    expect((await change(id, 'suspend')).body.data.status).toBe('SUSPENDED');
    expect((await change(id, 'suspend')).body.code).toBe('merchant_not_active');
    expect((await change(id, 'reactivate')).body.data.status).toBe('ACTIVE');
    expect((await change('unknown', 'suspend')).status).toBe(404);
  });

  it('ID-6: lists merchants newest first, filtered by status and name', async () => {
    const list = (query: Record<string, string>) =>
      harness.insist('GET /admin/merchants', { admin: true, query });
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      harness.clock.now = new Date(harness.clock.now.getTime() + 1000);
      made.unshift(await harness.register(`listed-${index}-${harness.clock.now.getTime()}`));
    }
    const [last = '', second = ''] = made;
    await approve(last);
    const ids = (reply: Awaited<ReturnType<typeof list>>) =>
      reply.body.data.items.map(({ id }: { id: string }) => id);
    const first = await list({ limit: '3' });
    expect(ids(first)).toEqual(made.slice(0, 3));
    const next = await list({ limit: '2', cursor: first.body.data.next_cursor });
    expect(ids(next)).toEqual(made.slice(3));
    expect(ids(await list({ status: 'ACTIVE', limit: '1' }))).toEqual([last]);
    expect(ids(await list({ status: 'PENDING', limit: '1' }))).toEqual([second]);
    const { username } = (await list({ limit: '1' })).body.data.items[0];
    expect(ids(await list({ name: username.toUpperCase() }))).toEqual([last]);
    expect(ids(await list({ name: username, status: 'PENDING' }))).toEqual([]);
    expect(ids(await list({ name: 'unknown-name' }))).toEqual([]);
    const foreign = await list({ status: 'ACTIVE', cursor: first.body.data.next_cursor });
    expect(foreign.body.code).toBe('invalid_cursor');
  });
});

describe('ID-2: an administrator changes the status of a merchant only as listed here', () => {
  /** From each status: the status after the change, or why it is refused. */
  const CHANGES = {
    reject: {
      PENDING: 'REJECTED',
      ACTIVE: 'merchant_not_pending',
      SUSPENDED: 'merchant_not_pending',
      REJECTED: 'merchant_not_pending',
      ARCHIVED: 'merchant_not_pending',
    },
    suspend: {
      PENDING: 'merchant_not_active',
      ACTIVE: 'SUSPENDED',
      SUSPENDED: 'merchant_not_active',
      REJECTED: 'merchant_not_active',
      ARCHIVED: 'merchant_not_active',
    },
    reactivate: {
      PENDING: 'merchant_not_suspended',
      ACTIVE: 'merchant_not_suspended',
      SUSPENDED: 'ACTIVE',
      REJECTED: 'merchant_not_suspended',
      ARCHIVED: 'merchant_not_suspended',
    },
  } as const satisfies Record<string, Record<MerchantStatus, string>>;
  const NAMES = ['reject', 'suspend', 'reactivate'] as const;

  /** A merchant that reached this status through the API. */
  async function merchantIn(status: MerchantStatus): Promise<string> {
    const id = await harness.register();
    if (status === 'REJECTED') await change(id, 'reject');
    if (status === 'PENDING' || status === 'REJECTED') return id;
    await approve(id, randomUUID());
    if (status === 'SUSPENDED') await change(id, 'suspend');
    const archive = { admin: true, key: randomUUID(), params: { id } };
    if (status === 'ARCHIVED') await harness.insist('POST /admin/merchants/{id}/archive', archive);
    return id;
  }
  const read = async (id: string): Promise<Reply> =>
    harness.insist('GET /admin/merchants/{id}', { admin: true, params: { id } });

  it.each(
    NAMES.flatMap((name) =>
      MERCHANT_STATUSES.map((status) => [name, status, CHANGES[name][status]] as const),
    ),
  )('%s of a merchant that is %s: %s', async (name, status, outcome) => {
    const id = await merchantIn(status);
    expect((await read(id)).body.data.status).toBe(status);
    const reply = await change(id, name);
    const isChanged = outcome === outcome.toUpperCase();
    expect([reply.status, reply.body.data?.status ?? reply.body.code]).toEqual([
      isChanged ? 200 : 409,
      outcome,
    ]);
    expect((await read(id)).body.data.status).toBe(isChanged ? outcome : status);
  });

  const tell = (id: string, name: 'reject' | 'suspend' | 'reactivate', body: unknown) =>
    harness.insist(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id }, body });
  const reasonOf = async (id: string): Promise<unknown> => {
    const [own, admins] = await Promise.all([harness.insist('GET /me', { as: id }), read(id)]);
    expect(own.body.data.status_reason).toBe(admins.body.data.status_reason);
    return own.body.data.status_reason;
  };

  it('ID-2: the merchant reads why it is suspended, until it is active again', async () => {
    const id = await merchantIn('ACTIVE');
    expect(await reasonOf(id)).toBeNull();
    const suspended = await tell(id, 'suspend', { reason: 'مدارک ناقص‌اند' });
    expect(suspended.body.data).toMatchObject({
      status: 'SUSPENDED',
      status_reason: 'مدارک ناقص‌اند',
    });
    expect(await reasonOf(id)).toBe('مدارک ناقص‌اند');
    expect((await tell(id, 'reactivate', {})).body.data.status_reason).toBeNull();
    expect(await reasonOf(id)).toBeNull();
    await tell(id, 'suspend', undefined);
    expect(await reasonOf(id)).toBeNull();
  });

  it('ID-2: the merchant reads why it is rejected', async () => {
    const id = await merchantIn('PENDING');
    await tell(id, 'reject', { reason: 'Not now.' });
    expect(await reasonOf(id)).toBe('Not now.');
    // The first decision stays.
    expect((await tell(id, 'reject', { reason: 'Other.' })).body.code).toBe('merchant_not_pending');
    expect(await reasonOf(id)).toBe('Not now.');
  });

  it('ID-2: the reason of a suspension is not shown for an archive', async () => {
    const id = await merchantIn('ACTIVE');
    await tell(id, 'suspend', { reason: 'Why.' });
    const archive = { admin: true, key: randomUUID(), params: { id } };
    await harness.insist('POST /admin/merchants/{id}/archive', archive);
    expect(await reasonOf(id)).toBeNull();
  });

  it.each([
    ['', 'too_short'],
    ['x'.repeat(201), 'too_long'],
    [' \u200c ', 'invalid'],
    ['two\nlines', 'invalid'],
    ['\u001b[31mred', 'invalid'],
    ['half \ud800', 'invalid'],
    [7, 'wrong_type'],
    [null, 'wrong_type'],
  ])('AP-3: %j is no reason', async (reason, code) => {
    const id = await merchantIn('ACTIVE');
    const reply = await tell(id, 'suspend', { reason });
    expect([reply.status, reply.body.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'reason', code })],
    ]);
    expect((await read(id)).body.data.status).toBe('ACTIVE');
  });

  it('AP-3: a reactivation takes no reason', async () => {
    const reply = await tell(await merchantIn('SUSPENDED'), 'reactivate', { reason: 'Why.' });
    expect(reply.body.errors).toMatchObject([{ field: 'reason', code: 'unknown_field' }]);
  });
});

describe('ID-6: a page of many merchants', () => {
  it('reads few rows at a time, and one slow read does not fail it', async () => {
    await Promise.all(Array.from({ length: 40 }, () => harness.register()));
    const client = harness.engine.client();
    const sent: string[] = [];
    let [inFlight, most, timedOut] = [0, 0, 0];
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          sent.push(commandName);
          inFlight += 1;
          most = Math.max(most, inFlight);
          try {
            if (commandName === 'QueryCommand' && sent.length > 20 && timedOut === 0) {
              timedOut += 1;
              throw Object.assign(new Error('no response'), { name: 'TimeoutError' });
            }
            return await next(args);
          } finally {
            inFlight -= 1;
          }
        },
      { step: 'initialize', name: 'count' },
    );
    const ledger = openLedger(documentClient(client), harness.engine.ledgerTable, REAL);
    const { merchants } = await listMerchants(ledger, 'PENDING', undefined, 40);
    const queries = sent.filter((name) => name === 'QueryCommand').length;
    const found = await withBalances(ledger, merchants);
    expect(found.map(({ merchant }) => merchant)).toEqual(merchants);
    expect(found).toHaveLength(40);
    expect(timedOut).toBe(1);
    // Two each for eight merchants, and what a repeated read left behind.
    expect(most).toBeLessThanOrEqual(18);
    // All rows of the merchants in one request, and two queries for the balances of each.
    expect(sent.filter((name) => name === 'BatchGetItemCommand')).toHaveLength(1);
    expect(sent.filter((name) => name === 'QueryCommand').length - queries).toBeLessThan(85);
    client.destroy();
  });
});

it('ID-6 WD-8: a page whose reads keep failing is given up after one deadline, not one for each merchant', async () => {
  await Promise.all(Array.from({ length: 24 }, () => harness.register()));
  const { ledger } = harness.context;
  const { merchants } = await listMerchants(ledger, 'PENDING', undefined, 24);
  const client = harness.engine.client();
  client.middlewareStack.add(
    () => async () => {
      throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
    },
    { step: 'initialize', name: 'throttle' },
  );
  const throttled = openLedger(documentClient(client), harness.engine.ledgerTable, REAL);
  const begin = performance.now();
  await expect(withBalances(throttled, merchants)).rejects.toThrow('a read kept failing');
  expect(performance.now() - begin).toBeLessThan(5_000);
  client.destroy();
});
