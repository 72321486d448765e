import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { httpFamily } from '../../../lambdas/http/router.ts';
import type { Identity } from '../../../lambdas/operations/auth/cognito.ts';
import { register } from '../../../lambdas/operations/auth/register.ts';
import { ROUGH } from '../../harness/faults.ts';
import { startWorld, USD, type World } from '../../harness/harness.ts';
import { httpEvent, lambdaContext } from '../../harness/http-event.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(21, { ...ROUGH, throttle: 0 });
});
afterAll(() => world.close());

/** A user pool in memory: it knows names and passwords, and nothing of merchants. */
let users: Map<string, { sub: string; password: string }>;
let fake: Identity;
beforeEach(() => {
  users = new Map();
  fake = {
    signUp: async (name, password) => {
      if (users.has(name)) return { kind: 'taken' };
      if (password.length < 8) return { kind: 'weak_password', rule: 'Password not long enough' };
      const user = { sub: randomUUID(), password };
      users.set(name, user);
      return { kind: 'created', sub: user.sub };
    },
    subOf: async (name, password) => {
      const user = users.get(name);
      return user?.password === password ? user.sub : undefined;
    },
    signIn: async () => ({ kind: 'refused' }),
    refresh: async () => ({ kind: 'refused' }),
  };
});

const send = async (body: Record<string, unknown>) => {
  const defaults = { currency: USD, timeZone: 'UTC', now: () => world.clock.now };
  const handler = httpFamily({
    'POST /auth/register': register(world.books.ledger, fake, defaults),
  });
  const answer = await handler(httpEvent('POST /auth/register', { body }), lambdaContext);
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '') };
};
const form = (username: string, password = 'Secret-123') => ({
  username,
  password,
  requested_credit: '1000.00',
  bank_account: 'IRTEST0000000000001',
});
const approve = (id: string, key?: string, limit = '50.00') =>
  world.insist('POST /admin/merchants/{id}/approve', {
    admin: true,
    params: { id },
    body: { credit_limit: limit },
    ...(key !== undefined && { key }),
  });
const move = (id: string, name: 'reject' | 'suspend' | 'reactivate') =>
  world.insist(`POST /admin/merchants/{id}/${name}`, { admin: true, params: { id } });

describe('registration', () => {
  it('ID-1: makes a merchant that is PENDING and has no balances', async () => {
    const reply = await send(form(`m-${randomUUID()}`));
    expect(reply.status).toBe(201);
    const me = await world.insist('GET /me', { as: reply.body.data.id });
    expect(me.body.data).toMatchObject({
      status: 'PENDING',
      requested_credit: '1000.00',
      credit: [],
      wallets: [],
      fee: '0.00',
      default_currency: 'USD',
    });
  });

  it('ID-1: refuses a name that is taken, in any case of letters', async () => {
    const name = `m-${randomUUID()}`;
    await send(form(name));
    const reply = await send(form(name.toUpperCase(), 'Other-1234'));
    expect([reply.status, reply.body.code]).toEqual([409, 'name_taken']);
    expect((await send(form(name))).body.code).toBe('name_taken');
  });

  it('ID-1: completes its own half-made registration, and nobody else’s', async () => {
    const name = `m-${randomUUID()}`;
    await fake.signUp(name, 'Secret-123');
    expect((await send(form(name, 'Other-1234'))).body.code).toBe('name_taken');
    const reply = await send(form(name));
    expect(reply.status).toBe(201);
    expect(reply.body.data.id).toBe(users.get(name)?.sub);
  });

  it('ID-1: tells a weak password by the user pool’s own rule, in both languages', async () => {
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

  it('ID-1: survives lost answers: forty registrations make forty merchants', async () => {
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
  it('ID-2: approves a merchant once: its credit line and wallet exist from then on', async () => {
    const id = await world.register();
    const reply = await approve(id, 'k1');
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({ id, status: 'ACTIVE', credit_limit: '50.00' });
    const merchant = await world.insist('GET /admin/merchants/{id}', {
      admin: true,
      params: { id },
    });
    expect(merchant.body.data).toMatchObject({
      status: 'ACTIVE',
      credit: [{ currency: 'USD', limit: '50.00', utilised: '0.00', available: '50.00' }],
      wallets: [{ currency: 'USD', available: '0.00', pending: '0.00' }],
    });
    const again = await approve(id, 'k2', '900.00');
    expect([again.status, again.body.code]).toEqual([409, 'merchant_already_approved']);
    expect((await approve(id)).status).toBe(409);
    expect((await approve(id, 'k1')).text).toBe(reply.text);
  });

  it('ID-2: cannot approve whom there is not, nor whom was rejected', async () => {
    expect((await approve('nobody', randomUUID())).body.code).toBe('merchant_not_found');
    const id = await world.register();
    expect((await move(id, 'reject')).body.data.status).toBe('REJECTED');
    expect((await approve(id)).body.code).toBe('merchant_rejected');
    expect((await move(id, 'reject')).body.code).toBe('merchant_not_pending');
  });

  it('ID-2: suspends an active merchant and reactivates a suspended one, nothing else', async () => {
    const id = await world.register();
    expect((await move(id, 'suspend')).body.code).toBe('merchant_not_active');
    await approve(id);
    expect((await move(id, 'reactivate')).body.code).toBe('merchant_not_suspended');
    expect((await move(id, 'suspend')).body.data.status).toBe('SUSPENDED');
    expect((await move(id, 'suspend')).body.code).toBe('merchant_not_active');
    expect((await move(id, 'reactivate')).body.data.status).toBe('ACTIVE');
    expect((await move('nobody', 'suspend')).status).toBe(404);
  });

  it('ID-6: lists merchants newest first, by status and by name', async () => {
    const list = (query: Record<string, string>) =>
      world.insist('GET /admin/merchants', { admin: true, query });
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      world.clock.now = new Date(world.clock.now.getTime() + 1000);
      made.unshift(await world.register(`listed-${index}-${world.clock.now.getTime()}`));
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
    expect(ids(await list({ name: 'nobody-at-all' }))).toEqual([]);
    const foreign = await list({ status: 'ACTIVE', cursor: first.body.data.next_cursor });
    expect(foreign.body.code).toBe('invalid_cursor');
  });
});
