import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { DeleteCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { markBusy, readMarker } from '../../lambdas/ledger/busy/marker.ts';
import { creditKey, merchantKey } from '../../lambdas/ledger/keys.ts';
import { readCredit, readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { readWallet } from '../../lambdas/ledger/rows/wallets.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { memberOf } from '../../lambdas/queued/members.ts';
import { QUEUED } from '../../lambdas/queued/operations.ts';
import { runQueued } from '../../lambdas/queued/run-queued.ts';
import { cancelledWith } from '../harness/faults.ts';
import { type Harness, type Reply, type Request, startHarness, USD } from '../harness/harness.ts';
import { lambdaContext } from '../harness/http-event.ts';
import { notBusy } from '../harness/not-busy.ts';

/** Groups on a DynamoDB engine. Whoever is marked as busy hands over at once, so a test chooses each group. */
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('100000.00');
});
beforeEach(() => {
  harness.queue.gather = 1;
  harness.queue.isEnabled = true;
});
afterAll(() => harness.close());

/** From now on, requests on the merchant join a group, which is received when it has so many messages. */
async function busy(merchantId: string, messages: number): Promise<void> {
  const { responses } = harness.context;
  await markBusy(responses, merchantId, [], harness.clock.now);
  harness.queue.gather = messages;
}
const withdraw = (as: string, amount: string, more: object = {}, key: string = randomUUID()) =>
  harness.call('POST /withdrawals', { as, key, body: { amount, currency: 'USD', ...more } });
const isMarked = async (id: string): Promise<boolean> => {
  const marker = await readMarker(harness.context.responses, id);
  return marker !== undefined && marker.until > harness.clock.now.toISOString();
};
const transfer = (as: string, to: string, amount: string, currency = 'USD') =>
  harness.call('POST /transfers', { as, key: randomUUID(), body: { to, amount, currency } });
const depositRequest = (merchantId: string, amount: string, currency = 'USD'): Request => ({
  admin: true,
  key: randomUUID(),
  params: { merchant_id: merchantId },
  body: { amount, currency },
});
const deposit = (merchantId: string, amount: string, currency?: string) =>
  harness.call(
    'POST /admin/wallets/{merchant_id}/deposits',
    depositRequest(merchantId, amount, currency),
  );
const kinds = (replies: readonly Reply[]): readonly string[] =>
  replies.map(({ status, body }) => String(body.code ?? status)).toSorted();
const wallet = async (id: string, currency = USD) =>
  readWallet(harness.context.ledger, id, currency);
const merchantWith = async (limit: string, funds?: string): Promise<string> => {
  const id = await harness.merchant(limit);
  if (funds !== undefined) await harness.deposit(id, { amount: funds });
  return id;
};
/** A message that asks for 2.00 of the merchant's credit. Those without another key are copies of one request. */
const withdrawalOf = (id: string, requestId: string, deadlineMs = 1_000, key = 'k') => ({
  messageId: requestId,
  attributes: { MessageGroupId: id, SentTimestamp: String(harness.clock.now.getTime()) },
  body: JSON.stringify({
    work: 'request',
    merchantId: id,
    deadline: new Date(harness.clock.now.getTime() + deadlineMs).toISOString(),
    operation: 'withdrawal',
    caller: { id, name: `merchant:${id}` },
    key,
    input: { params: {}, query: {}, body: { amount: '2.00', currency: 'USD' } },
    pk: `M#${id}`,
    hash: 'h',
    requestId,
  }),
});
async function receive(records: readonly object[]): Promise<void> {
  const { context } = harness;
  const run = runQueued({ ...context, memberOf: memberOf(context, QUEUED), stopAfterMs: 4_000 });
  await run({ Records: records } as never);
}
/** Transactions that the harness has sent since. */
function countingTransactions() {
  const sent: unknown[] = [];
  const { middlewareStack } = harness.context.ledger.dynamo;
  middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'TransactWriteItemsCommand') sent.push(args.input);
        return next(args);
      },
    { step: 'initialize', name: 'countInTest', override: true },
  );
  return sent;
}

describe('OP-3: a group of requests on one merchant', () => {
  it('is one transaction with one write for each row, whose version rises by one', async () => {
    const id = await merchantWith('100.00');
    await withdraw(id, '1.00');
    await busy(id, 8);
    const before = await readCredit(harness.context.ledger, id, USD);
    const sent = countingTransactions();
    const replies = await Promise.all(Array.from({ length: 8 }, () => withdraw(id, '2.00')));
    expect(kinds(replies)).toEqual(Array(8).fill('202'));
    expect(replies.map(({ headers }) => headers['idempotency-replayed'])).toEqual(
      Array(8).fill(undefined),
    );
    expect(sent).toHaveLength(1);
    // Eight responses, eight transactions, the merchant, its credit, and one row of the pool.
    expect((sent[0] as { TransactItems: unknown[] }).TransactItems).toHaveLength(19);
    const after = await readCredit(harness.context.ledger, id, USD);
    expect(after).toMatchObject({ utilised: 1700n, version: (before?.version ?? 0n) + 1n });
    const ids = replies.map(({ body }) => `${body.data.id}:accept`);
    expect([...(after?.by ?? [])].toSorted()).toEqual(ids.toSorted());
  });

  it('is shown to admins as the time when the merchant was last busy', async () => {
    const id = await merchantWith('10.00');
    const seen = async () => {
      const request = { admin: true, params: { id } };
      return (await harness.call('GET /admin/merchants/{id}', request)).body.data.last_busy_at;
    };
    expect(await seen()).toBeNull();
    await busy(id, 2);
    await Promise.all([withdraw(id, '1.00'), withdraw(id, '1.00')]);
    expect(await seen()).toBe(harness.clock.now.toISOString());
  });

  it('accepts what the credit covers and refuses the rest, also where it is decided in memory', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 6);
    const replies = await Promise.all(Array.from({ length: 6 }, () => withdraw(id, '4.00')));
    expect(kinds(replies)).toEqual(['202', '202', ...Array(4).fill('insufficient_credit')]);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 800n });
  });

  it('CR-2: decides again where a deposit comes between its read and its commit: no refusal is false', async () => {
    const id = await merchantWith('1.00', '10.00');
    await busy(id, 2);
    const wallets = { source: 'wallet' };
    harness.beforeCommit(async () => {
      await commitDirectly(
        'POST /admin/wallets/{merchant_id}/deposits',
        depositRequest(id, '10.00'),
      );
    });
    const replies = await Promise.all([
      withdraw(id, '10.00', wallets),
      withdraw(id, '10.00', wallets),
    ]);
    expect(kinds(replies)).toEqual(['202', '202']);
    expect(await wallet(id)).toMatchObject({ available: 0n });
  });

  it('WA-5: opens the payee’s wallet once, and credits it for every payer', async () => {
    const payee = await merchantWith('1.00');
    const payers = await Promise.all([1, 2, 3].map(() => merchantWith('1.00')));
    for (const payer of payers) await harness.deposit(payer, { amount: '50.00', currency: 'EUR' });
    await busy(payee, 3);
    const before = await readMerchant(harness.context.ledger, payee);
    const replies = await Promise.all(payers.map((payer) => transfer(payer, payee, '7.00', 'EUR')));
    expect(kinds(replies)).toEqual(['201', '201', '201']);
    const after = await readMerchant(harness.context.ledger, payee);
    expect(after?.wallets).toBe((before?.wallets ?? 0n) + 1n);
    const [euros] = (await harness.rows()).filter(
      ({ pk, sk }) => pk === merchantKey(payee).pk && sk === 'WALLET#EUR',
    );
    expect(euros).toMatchObject({ available: 2100n, version: 1n });
  });

  it('CR-5 WA-8: starts a day’s counters once, and crosses the brackets of fees inside the group', async () => {
    const id = await merchantWith('1.00', '100.00');
    const [a, b] = [await merchantWith('1.00'), await merchantWith('1.00')];
    const tiers = { fee_tiers: [{ currency: 'USD', from_volume: '15.00', fee: '0' }] };
    const changed = await harness.insist('PATCH /admin/merchants/{id}', {
      admin: true,
      params: { id },
      body: tiers,
    });
    expect(changed.status).toBe(200);
    await busy(id, 3);
    const replies = [
      await Promise.all([
        transfer(id, a, '10.00'),
        transfer(id, b, '10.00'),
        transfer(id, a, '10.00'),
      ]),
    ].flat();
    expect(kinds(replies)).toEqual(['201', '201', '201']);
    // The third begins with a volume of 20.00.
    expect(replies.map(({ body }) => body.data.fee).toSorted()).toEqual(['0.00', '0.20', '0.20']);
    const merchant = await readMerchant(harness.context.ledger, id);
    expect(merchant?.spent).toMatchObject({ USD: { dayAmount: 3000n, monthAmount: 3000n } });
    expect(merchant?.transferVolume).toMatchObject({ USD: { amount: 3000n } });
    expect(await wallet(id)).toMatchObject({ available: 10000n - 3000n - 40n });
  });

  it('writes a row whose balance ends where it began', async () => {
    const id = await merchantWith('1.00', '10.00');
    await busy(id, 2);
    const before = await wallet(id);
    const replies = await Promise.all([
      withdraw(id, '5.00', { source: 'wallet' }),
      deposit(id, '5.00'),
    ]);
    expect(kinds(replies)).toEqual(['201', '202']);
    const after = await wallet(id);
    expect(after).toMatchObject({ available: 1000n, version: (before?.version ?? 0n) + 1n });
    expect(after?.by).toHaveLength(2);
  });

  it('M pays N and N pays M, in both groups at once', async () => {
    const overlapping = await startHarness(7, {
      conflict: 0,
      throttle: 0,
      lostBefore: 0,
      lostAfter: 0,
      overlapMs: 12,
    });
    try {
      const [m, n] = [await overlapping.merchant('1.00'), await overlapping.merchant('1.00')];
      for (const id of [m, n]) {
        await overlapping.deposit(id, { amount: '100.00' });
        await markBusy(overlapping.context.responses, id, [], overlapping.clock.now);
      }
      const pay = (as: string, to: string) =>
        overlapping.call('POST /transfers', {
          as,
          key: randomUUID(),
          body: { to, amount: '1.00' },
        });
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? pay(m, n) : pay(n, m))),
      );
      expect(kinds(replies)).toEqual(Array(20).fill('201'));
      const { ledger } = overlapping.context;
      for (const id of [m, n])
        expect(await readWallet(ledger, id, USD)).toMatchObject({ available: 9980n });
    } finally {
      overlapping.close();
    }
  });
});

/** Past the marker, as a process does that has not seen it. */
async function commitDirectly(
  route: 'POST /withdrawals' | 'POST /admin/wallets/{merchant_id}/deposits',
  request: Request,
): Promise<void> {
  const { context } = harness;
  const busyBefore = context.busy;
  Object.assign(context, { busy: notBusy(context.ledger) });
  try {
    const reply = await harness.call(route, request);
    expect(reply.status).toBeLessThan(300);
  } finally {
    Object.assign(context, { busy: busyBefore });
  }
}

describe('AP-1: one key', () => {
  it('twice in one group is decided once, and only the other request is told that it is a replay', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 3);
    const key = randomUUID();
    const replies = await Promise.all([
      withdraw(id, '2.00', {}, key),
      withdraw(id, '2.00', {}, key),
      withdraw(id, '3.00'),
    ]);
    expect(kinds(replies)).toEqual(['202', '202', '202']);
    expect(replies[0].text).toBe(replies[1].text);
    const replayed = replies.map(({ headers }) => headers['idempotency-replayed'] === 'true');
    expect(replayed.filter(Boolean)).toHaveLength(1);
    expect(replayed[2]).toBe(false);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 500n });
  });

  it('with another body in the same group is refused', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 2);
    const key = randomUUID();
    const replies = await Promise.all([
      withdraw(id, '2.00', {}, key),
      withdraw(id, '3.00', {}, key),
    ]);
    expect(kinds(replies)).toEqual(['202', 'idempotency_key_reused']);
  });

  it('on both paths has the outcome of the first, and leaves the others of the group their own', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 2);
    const key = randomUUID();
    harness.beforeCommit(() =>
      commitDirectly('POST /withdrawals', {
        as: id,
        key,
        body: { amount: '2.00', currency: 'USD' },
      }),
    );
    const [copied, other] = await Promise.all([
      withdraw(id, '2.00', {}, key),
      withdraw(id, '3.00'),
    ]);
    expect([copied?.status, copied?.headers['idempotency-replayed']]).toEqual([202, 'true']);
    expect([other?.status, other?.headers['idempotency-replayed']]).toEqual([202, undefined]);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 500n });
  });

  it('is not committed again by a transaction of its own that arrives after the group', async () => {
    const id = await merchantWith('10.00');
    const late: TransactWriteCommand[] = [];
    const { ledger, responses, settings } = harness.context;
    // The first transaction is under way for long; its process takes it for lost, and hands over after two conflicts.
    const send = async (command: unknown) => {
      if (!(command instanceof TransactWriteCommand))
        return harness.faultless.send(command as never);
      late.push(command);
      throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
    };
    const slow = { ...ledger, dynamo: { send } as unknown as typeof ledger.dynamo };
    const endpoint = createWithdrawal.endpoint({
      ledger: slow,
      responses,
      busy: notBusy(slow),
      settings,
    });
    const body = { amount: '2.00', currency: 'USD' };
    const key = randomUUID();
    const user = { username: id, sub: id };
    const call = {
      id: 'r-late',
      sourceIp: '',
      caller: { id, name: `merchant:${id}`, user },
      request: { method: 'POST', path: '/api/v1/withdrawals', query: '', body },
      context: lambdaContext,
    };
    const first = await endpoint(call, { params: {}, query: {}, body, key });
    expect(first.status).toBe(503);
    await busy(id, 1);
    expect((await withdraw(id, '2.00', {}, key)).status).toBe(202);
    for (const command of late)
      await expect(harness.faultless.send(command)).rejects.toThrow('ConditionalCheckFailed');
    expect(await readCredit(ledger, id, USD)).toMatchObject({ utilised: 200n });
  });
});

describe('WD-8: what cannot be decided does not take the others along', () => {
  it('an operation that throws stays unanswered, and the rest of its group is committed', async () => {
    const payee = await merchantWith('1.00');
    const [whole, broken] = [
      await merchantWith('1.00', '10.00'),
      await merchantWith('1.00', '10.00'),
    ];
    await harness.faultless.send(
      new UpdateCommand({
        TableName: harness.engine.ledgerTable,
        Key: merchantKey(broken),
        UpdateExpression: 'SET #s = :x',
        ExpressionAttributeNames: { '#s': 'feePpm' },
        ExpressionAttributeValues: { ':x': 'no number' },
      }),
    );
    await busy(payee, 2);
    const [paid, failed] = await Promise.all([
      transfer(whole, payee, '2.00'),
      transfer(broken, payee, '2.00'),
    ]);
    expect([paid?.status, failed?.status]).toEqual([201, 503]);
    expect(await wallet(payee)).toMatchObject({ available: 200n });
  }, 20_000);

  it('a message that cannot be parsed is dropped', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 6);
    const common = { work: 'request', merchantId: id, deadline: '2099-01-01T00:00:00.000Z' };
    const request = {
      ...common,
      operation: 'withdrawal',
      caller: { id, name: `merchant:${id}` },
      key: 'k',
      pk: `M#${id}`,
      hash: 'h',
      requestId: 'r',
    };
    const messages = [
      'no JSON',
      '{}',
      JSON.stringify({ ...request, operation: 'nothing', input: {} }),
      JSON.stringify({ ...request, input: { params: {}, query: {}, body: { amount: '-1' } } }),
      JSON.stringify({ ...request, caller: undefined, input: { params: {}, query: {} } }),
    ];
    for (const body of messages) harness.queue.put(id, body, randomUUID());
    expect((await withdraw(id, '2.00')).status).toBe(202);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 200n });
    expect(await harness.responses()).not.toContainEqual(
      expect.objectContaining({ requestId: 'r' }),
    );
  });

  it('a message after its deadline is dropped: its client was told to repeat the request', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 2);
    const old = JSON.stringify({
      work: 'request',
      merchantId: id,
      deadline: new Date(harness.clock.now.getTime() - 1).toISOString(),
      operation: 'withdrawal',
      caller: { id, name: `merchant:${id}` },
      key: 'k',
      input: { params: {}, query: {}, body: { amount: '3.00' } },
      pk: `M#${id}`,
      hash: 'h',
      requestId: 'r',
    });
    harness.queue.put(id, old, randomUUID());
    expect((await withdraw(id, '2.00')).status).toBe(202);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 200n });
  });

  it('CR-2: a debit for which no row of the pool pays is decided by itself, and nobody takes its place for free', async () => {
    const id = await harness.register();
    const approval = {
      admin: true,
      params: { id },
      body: { credit_limit: '50.00', currency: 'GBP' },
    };
    await harness.insist('POST /admin/merchants/{id}/approve', approval);
    await harness.insist('POST /admin/pools/{currency}/topups', {
      admin: true,
      key: randomUUID(),
      params: { currency: 'GBP' },
      body: { amount: '10.00' },
    });
    await busy(id, 2);
    const pounds = { currency: 'GBP' };
    // Only the second one is accepted where the first, which uses up the credit, is set aside.
    const replies = await Promise.all([
      withdraw(id, '50.00', pounds),
      withdraw(id, '45.00', pounds),
    ]);
    expect(kinds(replies)).toEqual(['insufficient_pool', 'insufficient_pool']);
    const rows = await harness.rows();
    const root = rows.find(({ pk }) => pk === 'POOL#GBP#ROOT');
    const line = rows.find(({ pk, sk }) => pk === merchantKey(id).pk && sk === 'CREDIT#GBP');
    expect([root?.['available'], root?.['lent'], line?.['utilised']]).toEqual([1000n, 0n, 0n]);
  });

  it('CR-2: a wallet that is opened between the read and the commit is not refused as missing', async () => {
    const id = await merchantWith('10.00');
    await busy(id, 2);
    harness.beforeCommit(() =>
      commitDirectly(
        'POST /admin/wallets/{merchant_id}/deposits',
        depositRequest(id, '20.00', 'CHF'),
      ),
    );
    const replies = await Promise.all([
      withdraw(id, '20.00', { currency: 'CHF', source: 'wallet' }),
      withdraw(id, '2.00'),
    ]);
    expect(kinds(replies)).toEqual(['202', '202']);
  });

  it('a row that cannot be read keeps its own request waiting, and no other', async () => {
    const [id, payee] = [await merchantWith('10.00', '10.00'), await merchantWith('1.00')];
    const throttled = merchantKey(payee).pk;
    harness.context.ledger.dynamo.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (
            commandName === 'BatchGetItemCommand' &&
            JSON.stringify(args.input).includes(throttled)
          )
            throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
          return next(args);
        },
      { step: 'build', name: 'throttleInTest' },
    );
    await busy(id, 4);
    const sent = countingTransactions();
    const replies = await Promise.all([
      withdraw(id, '1.00'),
      transfer(id, payee, '1.00'),
      withdraw(id, '2.00'),
      withdraw(id, '3.00'),
    ]);
    harness.context.ledger.dynamo.middlewareStack.remove('throttleInTest');
    expect(replies.map(({ status }) => status)).toEqual([202, 503, 202, 202]);
    // Three responses, three transactions, the merchant, its credit, and a row of the pool: still one group.
    expect((sent[0] as { TransactItems: unknown[] }).TransactItems).toHaveLength(9);
  }, 20_000);

  it('AP-1: a request whose response has expired is replayed from its transaction, without joining', async () => {
    const id = await merchantWith('10.00');
    const key = randomUUID();
    const first = await withdraw(id, '2.00', {}, key);
    const [stored] = (await harness.responses()).filter(({ body }) => body === first.text);
    await harness.faultless.send(
      new DeleteCommand({ TableName: harness.engine.responsesTable, Key: { id: stored?.['id'] } }),
    );
    await busy(id, 1);
    harness.queue.isEnabled = false;
    const again = await withdraw(id, '2.00', {}, key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  it('a request that is repeated is decided, although its earlier message has expired in the same batch', async () => {
    const id = await merchantWith('10.00');
    await receive([withdrawalOf(id, 'expired', -1), withdrawalOf(id, 'live')]);
    const stored = (await harness.responses()).map(({ requestId }) => requestId);
    expect([stored.includes('expired'), stored.includes('live')]).toEqual([false, true]);
  });

  it('a group of one marks the merchant as busy where others keep it from committing: else these go on to', async () => {
    const id = await merchantWith('10.00');
    await receive([withdrawalOf(id, 'alone', 1_000, 'k1')]);
    expect(await isMarked(id)).toBe(false);
    let isConflicting = true;
    const { middlewareStack } = harness.context.ledger.dynamo;
    middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          if (commandName !== 'TransactWriteItemsCommand' || !isConflicting) return next(args);
          isConflicting = false;
          throw cancelledWith(['None', 'None', 'TransactionConflict', 'None', 'None']);
        },
      { step: 'build', name: 'conflictInTest' },
    );
    await receive([withdrawalOf(id, 'delayed', 1_000, 'k2')]);
    middlewareStack.remove('conflictInTest');
    expect(await isMarked(id)).toBe(true);
    expect(await readCredit(harness.context.ledger, id, USD)).toMatchObject({ utilised: 400n });
  });

  it('a merchant whose groups decide nothing is no longer marked as busy: requests try by themselves', async () => {
    const id = await merchantWith('10.00');
    harness.context.ledger.dynamo.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          const { TransactItems = [] } = args.input as { TransactItems?: unknown[] };
          const isGroup = harness.queue.received > before;
          if (commandName !== 'TransactWriteItemsCommand' || !isGroup || TransactItems.length === 0)
            return next(args);
          throw Object.assign(new Error('no'), { name: 'AccessDeniedException', $fault: 'client' });
        },
      { step: 'build', name: 'denyInTest' },
    );
    const before = harness.queue.received;
    await busy(id, 2);
    expect(await isMarked(id)).toBe(true);
    const waiting = Promise.all([withdraw(id, '2.00'), withdraw(id, '3.00')]);
    while (await isMarked(id)) await pause(5);
    harness.context.ledger.dynamo.middlewareStack.remove('denyInTest');
    // They waited for the group in vain, and go on directly.
    expect(kinds(await waiting)).toEqual(['202', '202']);
  }, 20_000);

  it('CR-2: what several shards have to pay is decided one by one, and so is what no pool covers', async () => {
    const id = await merchantWith('100.00');
    const [line] = (await harness.rows()).filter(
      ({ sk, pk }) => sk === creditKey(id, USD).sk && pk === merchantKey(id).pk,
    );
    expect(line).toMatchObject({ limit: 10000n });
    await busy(id, 3);
    const replies = await Promise.all([
      withdraw(id, '5.00'),
      harness.call('POST /withdrawals', {
        as: id,
        key: randomUUID(),
        // No pool in this currency, and no line.
        body: { amount: '5.00', currency: 'EUR' },
      }),
      withdraw(id, '6.00'),
    ]);
    expect(kinds(replies)).toEqual(['202', '202', 'no_credit_line']);
  });
});
