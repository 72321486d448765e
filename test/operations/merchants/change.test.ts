import { randomUUID } from 'node:crypto';
import {
  type DynamoDBDocumentClient,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMerchant } from '../../../lambdas/ledger/rows/merchants.ts';
import { changeMerchant } from '../../../lambdas/operations/merchants/change.ts';
import { suspendMerchant } from '../../../lambdas/operations/merchants/change-status.ts';
import { type Harness, startHarness } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

type Hooks = {
  readonly beforeQuery?: () => Promise<unknown>;
  /** After the commit, before its response is lost. */
  readonly afterFirstCommit?: () => Promise<unknown>;
};

/** Calls an admin's changes while something else happens, and counts the transactions that they send. */
function callerWith({ beforeQuery, afterFirstCommit }: Hooks) {
  const { ledger } = harness.context;
  let sent = 0;
  const send = async (command: TransactWriteCommand): Promise<unknown> => {
    if (command instanceof QueryCommand) await beforeQuery?.();
    const result = await ledger.dynamo.send(command);
    if (!(command instanceof TransactWriteCommand)) return result;
    sent += 1;
    if (sent > 1 || afterFirstCommit === undefined) return result;
    await afterFirstCommit();
    throw Object.assign(new Error('no response'), { name: 'TimeoutError' });
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  const context = { ...harness.context, ledger: { ...ledger, dynamo } };
  return { call: callerOf(context, changeMerchant, suspendMerchant), sent: () => sent };
}

const inAnHour = () => new Date(harness.clock.now.getTime() + 3_600_000).toISOString();
const read = async (id: string) => readMerchant(harness.context.ledger, id);

describe('an admin’s change of a busy merchant', () => {
  it('ID-5: of its fee is committed at the first try, whatever happens to its wallets', async () => {
    const id = await harness.merchant('10.00');
    const deposit = () => harness.deposit(id, { amount: '1.00', release_at: inAnHour() });
    await deposit();
    const { call, sent } = callerWith({ beforeQuery: deposit });
    await call('PATCH /admin/merchants/{id}', {
      admin: true,
      params: { id },
      body: { fee: '5' },
    });
    expect([sent(), (await read(id))?.feePpm]).toEqual([1, 50_000n]);
  });

  it('ID-5: whose response is lost does not overwrite a later change of its terms', async () => {
    const id = await harness.merchant('10.00');
    const body = { fee: '7' };
    const later = () =>
      harness.call('PATCH /admin/merchants/{id}', { admin: true, params: { id }, body });
    const { call, sent } = callerWith({ afterFirstCommit: later });
    const request = { admin: true, params: { id }, body: { fee: '5' } };
    const reply = await call('PATCH /admin/merchants/{id}', request);
    expect([reply.status, reply.body.code, sent()]).toEqual([503, 'busy', 1]);
    expect((await read(id))?.feePpm).toBe(70_000n);
  });

  it('ID-2: whose response is lost does not suspend it again after it was reactivated', async () => {
    const id = await harness.merchant('10.00');
    const reactivate = () =>
      harness.call('POST /admin/merchants/{id}/reactivate', { admin: true, params: { id } });
    const { call, sent } = callerWith({ afterFirstCommit: reactivate });
    const reply = await call('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
    expect([reply.status, reply.body.code, sent()]).toEqual([503, 'busy', 1]);
    expect((await read(id))?.status).toBe('ACTIVE');
  });
});

describe('a suspension with a reason, whose response is lost', () => {
  const suspendFor = async (id: string, hooks: Hooks) => {
    const { call, sent } = callerWith(hooks);
    const body = { reason: 'First.' };
    const request = { admin: true, params: { id }, body };
    return { reply: await call('POST /admin/merchants/{id}/suspend', request), sent: sent() };
  };

  it('ID-2: is found done, and sent once', async () => {
    const id = await harness.merchant('10.00');
    const { reply, sent } = await suspendFor(id, { afterFirstCommit: async () => undefined });
    expect([reply.status, sent]).toEqual([200, 1]);
    expect(reply.body.data).toMatchObject({ status: 'SUSPENDED', status_reason: 'First.' });
  });

  it('ID-2: is not taken for one of another administrator, for another reason', async () => {
    const id = await harness.merchant('10.00');
    const params = { id };
    const afterFirstCommit = async () => {
      await harness.call('POST /admin/merchants/{id}/reactivate', { admin: true, params });
      const body = { reason: 'Second.' };
      await harness.call('POST /admin/merchants/{id}/suspend', { admin: true, params, body });
    };
    const { reply, sent } = await suspendFor(id, { afterFirstCommit });
    expect([reply.status, reply.body.code, sent]).toEqual([503, 'busy', 1]);
    expect((await read(id))?.statusReason).toBe('Second.');
  });
});

describe('WA-3: a debit that is refused', () => {
  it('releases no funds ahead, however many it would need', async () => {
    const id = await harness.merchant('10.00');
    for (let count = 0; count < 41; count += 1) {
      await harness.deposit(id, { amount: '1.00', release_at: inAnHour() });
    }
    harness.clock.now = new Date(harness.clock.now.getTime() + 2 * 3_600_000);
    const suspend = { admin: true, params: { id } };
    await harness.call('POST /admin/merchants/{id}/suspend', suspend);
    const debit = () => {
      const body = { amount: '41.00', source: 'wallet' };
      return harness.call('POST /withdrawals', { as: id, key: randomUUID(), body });
    };
    expect((await debit()).body.code).toBe('merchant_suspended');
    const releases = async () =>
      (await harness.rows()).filter((row) => row['pk'] === `M#${id}` && row['type'] === 'release');
    expect(await releases()).toEqual([]);
    await harness.call('POST /admin/merchants/{id}/reactivate', suspend);
    expect((await debit()).status).toBe(202);
    expect(await releases()).toHaveLength(1);
  });
});
