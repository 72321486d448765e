import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMerchant } from '../../../lambdas/ledger/rows/merchants.ts';
import { changeMerchant } from '../../../lambdas/operations/merchants/change.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { callerOf, expectProblem, wrongFields } from '../../harness/http-caller.ts';

const PATCH = 'PATCH /admin/merchants/{id}';
let harness: Harness;
let id: string;
beforeAll(async () => {
  harness = await startHarness();
});
beforeEach(async () => {
  id = await harness.merchant('10.00');
});
afterAll(() => harness.close());

const patch = (body: object, ifMatch?: string, who = 'alice'): Promise<Reply> =>
  harness.call(PATCH, {
    admin: true,
    as: who,
    params: { id },
    body,
    ...(ifMatch !== undefined && { headers: { 'if-match': ifMatch } }),
  });
const read = () => harness.call('GET /admin/merchants/{id}', { admin: true, params: { id } });
const tag = async (): Promise<string> => (await read()).headers['etag'] ?? '';
const feeOf = async () => (await readMerchant(harness.context.ledger, id))?.feePpm;
const versionOf = async () => (await readMerchant(harness.context.ledger, id))?.termsVersion;

describe('AP-3: the ETag of a merchant', () => {
  it('is that of its terms: a change of them returns the next one, traffic leaves it as it is', async () => {
    const first = await tag();
    expect(first).toBe('"1"');
    await harness.deposit(id, { amount: '5.00' });
    expect(await tag()).toBe(first);
    const changed = await patch({ fee: '3' });
    expect([changed.status, changed.headers['etag']]).toEqual([200, '"2"']);
    expect(await tag()).toBe('"2"');
    await patch({ time_zone: 'Europe/Berlin' });
    expect(await tag()).toBe('"3"');
  });
});

describe('AP-3: a change with If-Match', () => {
  it('is made on the terms that were read', async () => {
    expect((await patch({ fee: '3' }, await tag())).status).toBe(200);
    expect((await patch({ fee: '4' }, `"99", ${await tag()}`)).status).toBe(200);
    expect((await patch({ fee: '5' }, '*')).status).toBe(200);
    expect(await feeOf()).toBe(50_000n);
  });

  it('is refused on others, and changes nothing', async () => {
    const old = await tag();
    await patch({ fee: '3' }, old, 'bob');
    expectProblem(await patch({ fee: '4' }, old), 412, 'merchant_changed');
    expectProblem(
      await patch({ fee_tiers: [], fee: '4' }, `W/${await tag()}`),
      412,
      'merchant_changed',
    );
    expect([await feeOf(), await versionOf()]).toEqual([30_000n, 2n]);
    // Without the header as before.
    expect((await patch({ fee: '4' })).status).toBe(200);
  });

  it('is refused where it cannot be read, and a merchant that does not exist is not found', async () => {
    const reply = await patch({ fee: '3' }, '1');
    expectProblem(reply, 422, 'invalid_request');
    expect(wrongFields(reply)).toEqual({ 'If-Match': 'if_match_malformed' });
    const request = { admin: true, params: { id: 'nobody' }, body: { fee: '3' } };
    const unknown = await harness.call(PATCH, { ...request, headers: { 'if-match': '*' } });
    expectProblem(unknown, 404, 'merchant_not_found');
  });

  it('whose response was lost on its way to the client is answered again, and not made again', async () => {
    const old = await tag();
    await patch({ fee: '3' }, old);
    const again = await patch({ fee: '3' }, old);
    expect([again.status, again.headers['etag'], again.body.data.fee]).toEqual([
      200,
      '"2"',
      '3.00',
    ]);
    expect(await versionOf()).toBe(2n);
  });

  it('loses against another change between its read and its commit', async () => {
    const old = await tag();
    harness.beforeCommit(async () => {
      await patch({ fee: '3' }, undefined, 'bob');
    });
    expectProblem(await patch({ fee: '4' }, old), 412, 'merchant_changed');
    expect(await feeOf()).toBe(30_000n);
    harness.beforeCommit(async () => {
      await patch({ fee: '5' }, undefined, 'bob');
    });
    expect((await patch({ fee: '6' })).status).toBe(200);
  });

  it('of many admins at once is made by exactly one', async () => {
    const old = await tag();
    const fees = Array.from({ length: 20 }, (_, index) => `${index + 3}`);
    const replies = await Promise.all(fees.map((fee) => patch({ fee }, old, `admin${fee}`)));
    const done = replies.filter(({ status }) => status === 200);
    expect(done).toHaveLength(1);
    for (const reply of replies)
      if (reply.status !== 200) expectProblem(reply, 412, 'merchant_changed');
    expect([(await read()).body.data.fee, await versionOf()]).toEqual([done[0]?.body.data.fee, 2n]);
  });

  it.each([
    ['is answered 200', undefined, 200, 40_000n],
    ['is not repeated over a later change', '7', 503, 70_000n],
  ])('whose commit was not confirmed %s', async (_, later, status, fee) => {
    const { ledger } = harness.context;
    let sent = 0;
    const send = async (command: TransactWriteCommand): Promise<unknown> => {
      const result = await ledger.dynamo.send(command);
      if (!(command instanceof TransactWriteCommand)) return result;
      sent += 1;
      if (later !== undefined) await patch({ fee: later }, undefined, 'bob');
      throw Object.assign(new Error('no response'), { name: 'TimeoutError' });
    };
    const dynamo = { send } as unknown as DynamoDBDocumentClient;
    const call = callerOf({ ...harness.context, ledger: { ...ledger, dynamo } }, changeMerchant);
    const request = { admin: true, params: { id }, body: { fee: '4' } };
    const reply = await call(PATCH, { ...request, headers: { 'if-match': await tag() } });
    expect([reply.status, sent, await feeOf()]).toEqual([status, 1, fee]);
  });
});
