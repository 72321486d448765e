import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROUGH } from '../support/faults.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(61, ROUGH);
});
afterAll(() => world.close());

type Party = { readonly id: string; readonly name: string };
async function party(fee = '2', funds?: string): Promise<Party> {
  const name = `t-${randomUUID()}`;
  const id = await world.register(name);
  const approve = {
    admin: true,
    key: randomUUID(),
    params: { id },
    body: { credit_limit: '1.00' },
  };
  await world.insist('POST /admin/merchants/{id}/approve', approve);
  await world.insist('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body: { fee } });
  if (funds !== undefined) await deposit(id, funds);
  return { id, name };
}
const deposit = (id: string, amount: string, currency = 'USD') =>
  world.insist('POST /admin/wallets/{merchant_id}/deposits', {
    admin: true,
    key: randomUUID(),
    params: { merchant_id: id },
    body: { amount, currency },
  });
const transfer = (
  as: Party,
  to: string,
  amount: string,
  currency = 'USD',
  key: string = randomUUID(),
) => world.insist('POST /transfers', { as: as.id, key, body: { to, amount, currency } });
const held = async ({ id }: Party, currency = 'USD'): Promise<string | undefined> =>
  (await world.insist('GET /wallets/{currency}', { as: id, params: { currency } })).body.data
    ?.available;
const cents = (amount: string | undefined) => BigInt((amount ?? '0').replace('.', ''));

describe('a transfer', () => {
  it('WA-5 ID-5: takes amount and fee from the payer, gives the amount to the payee, whose wallet it opens', async () => {
    const [alice, bob] = [await party(), await party()];
    await deposit(alice.id, '0.20000000', 'BTC');
    const reply = await transfer(alice, bob.name.toUpperCase(), '0.1', 'BTC');
    expect(reply.status).toBe(201);
    expect(reply.body.data).toMatchObject({
      direction: 'out',
      from: alice.name,
      to: bob.name,
      amount: '0.10000000',
      fee: '0.00200000',
    });
    expect([await held(alice, 'BTC'), await held(bob, 'BTC')]).toEqual([
      '0.09800000',
      '0.10000000',
    ]);
  });

  it('WA-5: finds the payee by id as well, and never by an id somebody registered as a name', async () => {
    const [alice, bob] = [await party('0', '10.00'), await party()];
    await world.register(bob.id);
    expect((await transfer(alice, bob.id, '1.00')).body.data.to).toBe(bob.name);
    expect(await held(bob)).toBe('1.00');
  });

  it('WA-5: refuses itself, the unknown, and what the wallet does not hold with the fee', async () => {
    const [alice, bob] = [await party('2', '10.00'), await party()];
    const answers = [
      await transfer(alice, alice.name, '1.00'),
      await transfer(alice, 'nobody-at-all', '1.00'),
      await transfer(alice, bob.name, '10.00'),
      await transfer(alice, bob.name, '1.00', 'EUR'),
    ].map(({ status, body }) => [status, body.code]);
    expect(answers).toEqual([
      [422, 'self_transfer'],
      [404, 'payee_not_found'],
      [402, 'insufficient_funds'],
      [404, 'wallet_not_found'],
    ]);
    expect([await held(alice), await held(bob)]).toEqual(['10.00', '0.00']);
  });

  it('OP-3 WA-5: five times 250 at once against 1000 without a fee: four succeed', async () => {
    const [alice, bob] = [await party('0', '1000.00'), await party()];
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => transfer(alice, bob.name, '250.00')),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 402]);
    expect([await held(alice), await held(bob)]).toEqual(['0.00', '1000.00']);
  });

  it('AP-1 WA-5: thirty copies of one move the money once', async () => {
    const [alice, bob] = [await party('2', '100.00'), await party()];
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => transfer(alice, bob.name, '50.00', 'USD', 'once')),
    );
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect([await held(alice), await held(bob)]).toEqual(['49.00', '50.00']);
  });

  it('OP-3 WA-5: both directions at once neither lose a cent nor block each other', async () => {
    const [alice, bob] = [await party('0', '1000.00'), await party('0', '1000.00')];
    const worker = async (from: Party, to: Party) => {
      for (let count = 0; count < 30; count += 1) {
        expect((await transfer(from, to.name, '1.00')).status).toBe(201);
      }
    };
    await Promise.all([0, 1, 2, 3, 4].flatMap(() => [worker(alice, bob), worker(bob, alice)]));
    expect(cents(await held(alice)) + cents(await held(bob))).toBe(200_000n);
    expect(await held(alice)).toBe('1000.00');
  }, 120_000);
});

describe('transfers are listed', () => {
  it('WA-6 LE-2: by payer, payee and currency in any combination, newest first, for both sides', async () => {
    const [alice, bob, carol] = [
      await party('2', '100.00'),
      await party('2', '100.00'),
      await party(),
    ];
    const tick = () => {
      world.clock.now = new Date(world.clock.now.getTime() + 1_000);
    };
    const make = async (from: Party, to: Party, currency = 'USD') => {
      tick();
      return String((await transfer(from, to.name, '1.00', currency)).body.data.id);
    };
    await deposit(alice.id, '10.00', 'EUR');
    const toBob = await make(alice, bob);
    const toCarol = await make(alice, carol);
    const back = await make(bob, alice);
    const euros = await make(alice, bob, 'EUR');
    const list = async (as: Party, query: Record<string, string> = {}) =>
      (await world.insist('GET /transfers', { as: as.id, query })).body.data;
    const ids = async (as: Party, query?: Record<string, string>) =>
      (await list(as, query)).items.map(({ id }: { id: string }) => id);

    expect(await ids(alice)).toEqual([euros, back, toCarol, toBob]);
    expect(await ids(alice, { from: alice.name })).toEqual([euros, toCarol, toBob]);
    expect(await ids(alice, { to: alice.id })).toEqual([back]);
    expect(await ids(alice, { from: alice.name, to: bob.name, currency: 'usd' })).toEqual([toBob]);
    expect(await ids(bob)).toEqual([euros, back, toBob]);
    expect(await ids(carol)).toEqual([toCarol]);

    const first = await list(alice, { limit: '3' });
    const rest = await list(alice, { limit: '3', cursor: first.next_cursor });
    expect(rest.items.map(({ id }: { id: string }) => id)).toEqual([toBob]);

    // The payee reads it, without the payer's fee; a third merchant does not.
    const read = (as: Party) =>
      world.insist('GET /transactions/{id}', { as: as.id, params: { id: toBob } });
    const received = (await read(bob)).body.data;
    expect(received).toMatchObject({ direction: 'in', from: alice.name, amount: '1.00' });
    expect(received).not.toHaveProperty('fee');
    expect((await read(carol)).status).toBe(404);
  });
});

it('ID-5: a fee that is 100 per cent, negative or too fine is refused by name', async () => {
  const { id } = await party();
  const set = (fee: unknown) =>
    world.insist('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body: { fee } });
  for (const fee of ['100', '-1', '1.1234567', 2]) {
    const reply = await set(fee);
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'fee']);
  }
  expect((await set('2.5')).body.data.fee).toBe('2.50');
  const nobody = { admin: true, params: { id: 'nobody' }, body: { fee: '1' } };
  expect((await world.insist('PATCH /admin/merchants/{id}', nobody)).status).toBe(404);
});
