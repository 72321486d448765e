import { randomUUID } from 'node:crypto';
import type {
  DynamoDBDocumentClient,
  QueryCommand,
  QueryCommandOutput,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Key } from '../../../lambdas/ledger/keys.ts';
import { listTransactions } from '../../../lambdas/operations/history/read-transactions.ts';
import type { Harness } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';
import { ABOVE, type Admins, startAdmins } from './setup.ts';

const at = (text: string): Date => new Date(text);

let harness: Harness;
let admins: Admins;
beforeAll(async () => {
  admins = await startAdmins();
  harness = admins.harness;
});
beforeEach(() => {
  harness.clock.now = at('2026-11-20T12:00:00.000Z');
});
afterAll(() => harness.close());

const allTransactions = async (query: Record<string, string>) =>
  (await harness.call('GET /admin/transactions', { admin: true, query })).body.data.items;
const ids = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

describe('LE-2: who sees a proposal', () => {
  const mine = async (as: string, query: Record<string, string> = {}) =>
    (await harness.call('GET /transactions', { as, query })).body.data.items;

  it('admins list what is proposed, by merchant too, until it is confirmed', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const found = (await allTransactions({ status: 'PROPOSED' })).find(
      (each: { id: string }) => each.id === txnId,
    );
    expect(found).toMatchObject({
      type: 'deposit',
      status: 'PROPOSED',
      merchant_id: id,
      amount: ABOVE,
      admin: 'alice',
      proposal: {
        proposed_at: '2026-11-20T12:00:00.000Z',
        expires_at: '2026-11-21T12:00:00.000Z',
        confirmed_by: null,
      },
    });
    expect(ids(await allTransactions({ merchant: id, status: 'PROPOSED' }))).toEqual([txnId]);
    await admins.confirm(txnId);
    expect(ids(await allTransactions({ status: 'PROPOSED' }))).not.toContain(txnId);
    expect(await allTransactions({ merchant: id, type: 'deposit' })).toMatchObject([
      { id: txnId, admin: 'alice', proposal: { confirmed_by: 'bob' } },
    ]);
  });

  it('a merchant sees nothing of it before the confirmation, and then a deposit of that moment', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const read = () => harness.call('GET /transactions/{id}', { as: id, params: { id: txnId } });
    expect(ids(await mine(id))).not.toContain(txnId);
    expect((await read()).body.code).toBe('transaction_not_found');
    const byStatus = { as: id, query: { status: 'PROPOSED' } };
    expect((await harness.call('GET /transactions', byStatus)).status).toBe(422);

    harness.clock.now = at('2026-11-20T18:00:00.000Z');
    await admins.deposit(id, { amount: '1.00' });
    harness.clock.now = at('2026-11-20T19:00:00.000Z');
    await admins.confirm(txnId);
    const expected = {
      id: txnId,
      type: 'deposit',
      status: 'SUCCEEDED',
      amount: ABOVE,
      currency: 'USD',
      created_at: '2026-11-20T19:00:00.000Z',
      history: [{ status: 'SUCCEEDED', at: '2026-11-20T19:00:00.000Z' }],
    };
    expect((await read()).body.data).toEqual(expected);
    // Newest first, by when it was carried out.
    expect((await mine(id))[0]).toEqual(expected);
    expect(
      await mine(id, { created_before: '2026-11-20T18:30:00.001Z', type: 'deposit' }),
    ).toHaveLength(1);
  });

  it('AP-6: one that is confirmed while a list is read is in the next list, at its new place', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const { ledger } = harness.context;
    const load = async (key: Key): Promise<unknown> => {
      if (key.sk === `TXN#${txnId}`) {
        harness.clock.now = at('2026-11-20T19:00:00.000Z');
        await admins.confirm(txnId);
      }
      return ledger.load(key);
    };
    const call = callerOf({ ...harness.context, ledger: { ...ledger, load } }, listTransactions);
    const { items } = (await call('GET /transactions', { as: id })).body.data;
    expect(items.map(({ type }: { type: string }) => type)).toEqual(['approval']);
    expect(ids(await mine(id))[0]).toBe(txnId);
  });

  it('AP-6: one whose first place is still in the index is listed once', async () => {
    const id = await harness.merchant('10.00');
    const txnId = await admins.proposed(id);
    const { byTime } = (await harness.rows()).find(({ sk }) => sk === `TXN#${txnId}`) ?? {};
    harness.clock.now = at('2026-11-20T19:00:00.000Z');
    await admins.confirm(txnId);
    const { ledger } = harness.context;
    const send = async (command: QueryCommand): Promise<QueryCommandOutput> => {
      const answer = await ledger.dynamo.send(command);
      if (command.input.IndexName !== 'byTime') return answer;
      const { Items = [] } = answer;
      const moved = Items.filter(({ sk }) => sk === `TXN#${txnId}`);
      return { ...answer, Items: [...Items, ...moved.map((entry) => ({ ...entry, byTime }))] };
    };
    const dynamo = { send } as unknown as DynamoDBDocumentClient;
    const call = callerOf({ ...harness.context, ledger: { ...ledger, dynamo } }, listTransactions);
    const { items } = (await call('GET /transactions', { as: id })).body.data;
    expect(items.map(({ type }: { type: string }) => type)).toEqual(['deposit', 'approval']);
  });

  it('every transaction of an admin names the admin, to admins alone', async () => {
    const id = await harness.merchant('10.00');
    await admins.deposit(id, { amount: '5.00' });
    await harness.call('POST /transfers', {
      as: id,
      key: randomUUID(),
      body: { to: await harness.merchant('10.00'), amount: '1.00' },
    });
    const named = (await allTransactions({ merchant: id })).map(
      ({ type, admin }: { type: string; admin?: string }) => [type, admin],
    );
    expect(named.toSorted()).toEqual([
      ['approval', 'an-admin'],
      ['deposit', 'alice'],
      ['transfer', undefined],
    ]);
    for (const each of await mine(id)) expect(each).not.toHaveProperty('admin');
  });
});
