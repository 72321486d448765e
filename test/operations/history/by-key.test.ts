import { randomUUID } from 'node:crypto';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newMerchantId } from '../../../lambdas/ledger/merchant-id.ts';
import { readTransactionByKey } from '../../../lambdas/operations/history/read-transactions.ts';
import { type Harness, type Reply, type Request, startHarness } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';

const DEPOSIT = 'POST /admin/wallets/{merchant_id}/deposits';
const TOP_UP = 'POST /admin/pools/{currency}/topups';
const BY_KEY = 'GET /transactions/by-key/{key}';
let harness: Harness;
let as: string;
beforeAll(async () => {
  harness = await startHarness(1, undefined, { secondAdminAbove: { '*': '1000' } });
  await harness.fillPool('1000.00');
  as = await harness.merchant('100.00');
});
afterAll(() => harness.close());

const withdraw = (key: string, amount = '1.00') =>
  harness.call('POST /withdrawals', { as, key, body: { amount } });
const byKey = (key: string, operation = 'withdrawal', who = as): Promise<Reply> =>
  harness.call(BY_KEY, { as: who, params: { key }, query: { operation } });
const expectUnknown = (reply: Reply): void =>
  expect([reply.status, reply.body.code]).toEqual([404, 'transaction_not_found']);

/** As DynamoDB does 90 days later. */
async function forgetResponses(): Promise<void> {
  const TableName = harness.context.responses.table;
  for (const { id } of await harness.responses())
    await harness.faultless.send(new DeleteCommand({ TableName, Key: { id } }));
}

describe('a merchant', () => {
  it('LE-2: whose response was lost learns that its request was refused, and why', async () => {
    const refused = await withdraw('too-much', '101.00');
    expect([refused.status, refused.body.code]).toEqual([402, 'insufficient_credit']);
    const { status, body } = await byKey('too-much');
    expect([status, body.data]).toEqual([
      200,
      { status: 'REFUSED', operation: 'withdrawal', problem: refused.body },
    ]);
  });

  it('LE-2: does not find the request of another merchant, or of another operation', async () => {
    const other = await harness.merchant('1.00');
    await withdraw('mine', '101.00');
    expectUnknown(await byKey('mine', 'withdrawal', other));
    expectUnknown(await byKey('mine', 'transfer'));
    expectUnknown(await byKey('min'));
  });

  it('LE-2: finds nothing of a request that was not decided, because its form is wrong', async () => {
    expect((await withdraw('malformed', '1.001')).status).toBe(422);
    expectUnknown(await byKey('malformed'));
    expect((await withdraw('malformed')).status).toBe(202);
    expect((await byKey('malformed')).body.data).toMatchObject({ status: 'PENDING' });
  });

  it('LE-2: finds an acceptance for ever, and a refusal as long as its response is stored', async () => {
    const { id } = (await withdraw('accepted')).body.data;
    await withdraw('refused', '101.00');
    await forgetResponses();
    expect((await byKey('accepted')).body.data).toMatchObject({ id, type: 'withdrawal' });
    expectUnknown(await byKey('refused'));
  });

  it('LE-2: finds what is committed while its two rows are read', async () => {
    const { ledger, responses } = harness.context;
    let reads = 0;
    const send = async (command: GetCommand): Promise<unknown> => {
      const result = await ledger.dynamo.send(command);
      // After the sign-in, the first row that is read is the response.
      if (command instanceof GetCommand && command.input.TableName === responses.table) {
        reads += 1;
        await withdraw('meanwhile');
      }
      return result;
    };
    const dynamo = { send } as unknown as DynamoDBDocumentClient;
    const context = {
      ...harness.context,
      ledger: { ...ledger, dynamo },
      responses: { ...responses, dynamo },
    };
    const request = { as, params: { key: 'meanwhile' }, query: { operation: 'withdrawal' } };
    const found = await callerOf(context, readTransactionByKey)(BY_KEY, request);
    expect([reads, found.body.data.status]).toEqual([1, 'PENDING']);
  });
});

describe('an administrator', () => {
  const ask = (key: string, operation: string, subject: string, more: Request = {}) =>
    harness.call('GET /admin/transactions/by-key/{key}', {
      admin: true,
      params: { key },
      query: { operation, subject },
      ...more,
    });
  const deposit = (key: string, merchant_id: string, amount = '1.00') =>
    harness.call(DEPOSIT, { admin: true, key, params: { merchant_id }, body: { amount } });

  it('LE-2: finds its own accepted request, with the subject in any case', async () => {
    const { id } = (await deposit('a1', as)).body.data;
    for (const subject of [as, as.toLowerCase()]) {
      const { status, body } = await ask('a1', 'deposit', subject);
      expect([status, body.data]).toEqual([
        200,
        expect.objectContaining({ id, type: 'deposit', merchant_id: as, status: 'SUCCEEDED' }),
      ]);
    }
  });

  it('LE-2: finds a top-up by the currency of its pool', async () => {
    const request = { admin: true, key: 'p1', params: { currency: 'USD' } };
    const { id } = (await harness.call(TOP_UP, { ...request, body: { amount: '1.00' } })).body.data;
    expect((await ask('p1', 'top-up', 'usd')).body.data).toMatchObject({ id, type: 'top_up' });
    expect((await ask('p1', 'top-up', 'EUR')).body.errors).toMatchObject([
      { field: 'subject', code: 'subject_differs' },
    ]);
  });

  it('LE-2: finds what it has proposed, also after another one confirmed it', async () => {
    const { id } = (await deposit('proposed', as, '2000.00')).body.data;
    expect((await ask('proposed', 'deposit', as)).body.data).toMatchObject({
      id,
      status: 'PROPOSED',
      proposal: { confirmed_by: null },
    });
    const confirm = { admin: true, as: 'second', key: randomUUID(), params: { id } };
    await harness.call('POST /admin/transactions/{id}/confirm', confirm);
    expect((await ask('proposed', 'deposit', as)).body.data).toMatchObject({
      id,
      status: 'SUCCEEDED',
      proposal: { confirmed_by: 'second' },
    });
  });

  it('LE-2: finds its own refused request', async () => {
    const nobody = newMerchantId(new Date());
    const refused = await deposit('nobody', nobody);
    expect(refused.status).toBe(404);
    expect((await ask('nobody', 'deposit', nobody)).body.data).toEqual({
      status: 'REFUSED',
      operation: 'deposit',
      problem: refused.body,
    });
  });

  it('LE-2: is not told that a request never arrived where it names another subject', async () => {
    await deposit('whose', as);
    const other = await harness.merchant('1.00');
    const reply = await ask('whose', 'deposit', other);
    expect([reply.status, reply.body.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'subject', code: 'subject_differs' })],
    ]);
  });

  it('LE-2: does not find the request of another administrator, of another operation, or none', async () => {
    await deposit('own', as);
    expectUnknown(await ask('own', 'deposit', as, { as: 'another' }));
    expectUnknown(await ask('own', 'archive', as));
    expectUnknown(await ask('owned', 'deposit', as));
  });

  it.each([
    ['deposit', '', 'subject_malformed'],
    ['deposit', 'alice', 'subject_malformed'],
    ['deposit', 'XXX', 'subject_malformed'],
    ['top-up', 'POOL#USD#ROOT', 'subject_malformed'],
  ])('AP-3: is refused for %s of %j', async (operation, subject, code) => {
    const reply = await ask('k', operation, subject);
    expect([reply.status, reply.body.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'subject', code })],
    ]);
  });

  it.each(['withdrawal', 'confirmation', 'list-merchants', ''])(
    'AP-3: cannot look up %j, which is no operation of an administrator that moves money',
    async (operation) => {
      const reply = await ask('k', operation, as);
      expect([reply.status, reply.body.errors[0]]).toMatchObject([422, { field: 'operation' }]);
    },
  );
});
