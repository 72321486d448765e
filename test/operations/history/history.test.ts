import { randomUUID } from 'node:crypto';
import { DeleteCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transactItem } from '../../../lambdas/ledger/expressions.ts';
import { type Key, merchantPk } from '../../../lambdas/ledger/keys.ts';
import { currencyCode, minor } from '../../../lambdas/ledger/money.ts';
import { postChanges } from '../../../lambdas/ledger/post.ts';
import type { Change } from '../../../lambdas/ledger/row-writes.ts';
import { createTransaction } from '../../../lambdas/ledger/rows/transactions.ts';
import { listAllTransactions } from '../../../lambdas/operations/history/list-all-transactions.ts';
import { listTransactions } from '../../../lambdas/operations/history/read-transactions.ts';
import type { RouteName } from '../../../lambdas/operations/index.ts';
import { settle } from '../../../lambdas/payouts/settle.ts';
import { aWithdrawal } from '../../harness/a-withdrawal.ts';
import { bothProviders } from '../../harness/both-providers.ts';
import { type Harness, startHarness, USD } from '../../harness/harness.ts';
import { callerOf, wrongFields } from '../../harness/http-caller.ts';
import { TIMERS } from '../../harness/timers.ts';

const MINUTE = 60_000;
const EUR = currencyCode.parse('EUR');
const GBP = currencyCode.parse('GBP');
let harness: Harness;
/** A merchant with an approval, deposits, and withdrawals that succeeded, failed and are in flight. */
let as: string;
let other: string;

const advance = (ms: number) => {
  harness.clock.now = new Date(harness.clock.now.getTime() + ms);
};
const at = () => harness.clock.now.toISOString();
type Query = Record<string, string>;
const list = async (query: Query = {}, who = as) =>
  (await harness.call('GET /transactions', { as: who, query })).body;
const all = async (query: Query) =>
  (await harness.call('GET /admin/transactions', { admin: true, query })).body;
const ids = ({ data }: { data: { items: { id: string }[] } }) => data.items.map(({ id }) => id);

const deposit = async (merchant_id: string, amount: string, currency = 'USD') => {
  advance(MINUTE);
  const request = {
    admin: true,
    key: randomUUID(),
    params: { merchant_id },
    body: { amount, currency },
  };
  return String(
    (await harness.call('POST /admin/wallets/{merchant_id}/deposits', request)).body.data.id,
  );
};
const withdraw = async (key: string, outcome?: 'succeeded' | 'refused' | 'unclear', who = as) => {
  advance(MINUTE);
  const reply = await harness.call('POST /withdrawals', { as: who, key, body: { amount: '1.00' } });
  const { id } = reply.body.data;
  if (outcome === undefined) return String(id);
  const answers = {
    succeeded: { kind: 'succeeded', reference: 'B-1' },
    refused: { kind: 'refused', code: 'account_closed' },
    unclear: { kind: 'unclear', why: 'test' },
  } as const;
  const answer = async () => answers[outcome];
  await settle({
    ledger: harness.context.ledger,
    busy: harness.context.busy,
    providers: bothProviders({ pay: answer, inquire: answer }),
    timers: TIMERS,
  })({ merchantId: who, txnId: id });
  return String(id);
};

type Made = 'dollars' | 'coins' | 'paid' | 'failed' | 'unclear' | 'pending' | 'otherFailed';
let made: Record<Made, string>;
let noon: string;
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('1000.00');
  as = await harness.merchant('100.00');
  other = await harness.merchant('100.00');
  made = {
    dollars: await deposit(as, '5.00'),
    coins: await deposit(as, '0.5', 'BTC'),
    paid: await withdraw('paid', 'succeeded'),
    failed: '',
    unclear: '',
    pending: '',
    otherFailed: '',
  };
  noon = at();
  made.failed = await withdraw('failed', 'refused');
  made.unclear = await withdraw('unclear', 'unclear');
  made.pending = await withdraw('pending');
  made.otherFailed = await withdraw('failed', 'refused', other);
});
afterAll(() => harness.close());

/** Every list of transactions, and who reads it. */
const LISTS = [
  ['GET /transactions', () => ({ as })],
  ['GET /withdrawals', () => ({ as })],
  ['GET /transfers', () => ({ as })],
  ['GET /admin/transactions', () => ({ admin: true })],
] as const;
const QUERY: Partial<Record<RouteName, Query>> = {
  'GET /admin/transactions': { status: 'FAILED' },
};

describe('a merchant’s history', () => {
  it('LE-2: holds everything that happened to its money and credit, newest first', async () => {
    const { items } = (await list()).data;
    expect(items.map(({ id }: { id: string }) => id).slice(0, 6)).toEqual([
      made.pending,
      made.unclear,
      made.failed,
      made.paid,
      made.coins,
      made.dollars,
    ]);
    expect(items[6]).toMatchObject({ type: 'approval', amount: '100.00' });
    expect(items).toHaveLength(7);
  });

  it.each([
    ['type', { type: 'deposit' }, ['coins', 'dollars']],
    ['currency, in any case', { currency: 'btc' }, ['coins']],
    ['status', { status: 'SUCCEEDED', type: 'withdrawal' }, ['paid']],
    ['status PROCESSING, which includes an unclear payout', { status: 'PROCESSING' }, ['unclear']],
    ['a status that no transaction has', { status: 'CANCELLED' }, []],
  ] as const)('LE-2: is filtered by %s', async (_what, query, names) => {
    expect(ids(await list(query))).toEqual(names.map((name) => made[name]));
  });

  it('LE-2: is filtered by time, the first instant included and the last one not, in any zone', async () => {
    const since = (created_after: string, created_before?: string) =>
      list({ created_after, ...(created_before && { created_before }), type: 'withdrawal' });
    const plus = (ms: number) => new Date(Date.parse(noon) + ms).toISOString();
    expect(ids(await since(noon))).toEqual([made.pending, made.unclear, made.failed, made.paid]);
    expect(ids(await since(plus(1)))).toEqual([made.pending, made.unclear, made.failed]);
    expect(ids(await since(noon, plus(1)))).toEqual([made.paid]);
    expect(ids(await since(noon, noon))).toEqual([]);
    expect(ids(await list({ created_before: noon, type: 'withdrawal' }))).toEqual([]);
    expect(ids(await list({ created_before: plus(1), type: 'withdrawal' }))).toEqual([made.paid]);
    const inTehran = (ms: number) => plus(3.5 * 60 * MINUTE + ms).replace('Z', '+03:30');
    expect(ids(await since(inTehran(0), inTehran(1)))).toEqual([made.paid]);
    // Below a millisecond: the transaction of this very millisecond is before it.
    const fraction = noon.replace('Z', '5Z');
    expect(ids(await since(fraction))).toEqual([made.pending, made.unclear, made.failed]);
    expect(ids(await list({ created_before: fraction, type: 'withdrawal' }))).toEqual([made.paid]);
  });

  it.each([
    ['created_after', '2026-11-20T12:00:00'],
    ['created_before', 'yesterday'],
    ['from', '2026-11-20T12:00:00Z'],
    ['to', '2026-11-20T12:00:00Z'],
    ['payer', ''],
    ['payee', 'x'.repeat(65)],
    ['reference', ''],
    ['reference', 'a\nb'],
    ['reference', 'پ'.repeat(257)],
    ['status', 'UNKNOWN'],
    ['type', 'gift'],
    ['currency', 'XYZ'],
    ['limit', '0'],
  ])('LE-2: refuses %s=%s and names the field', async (field, value) => {
    const reply = await list({ [field]: value });
    expect([reply.status, reply.errors[0].field]).toEqual([422, field]);
  });

  it.each(LISTS)('AP-3: %s refuses a range that ends before it begins', async (route, caller) => {
    const of = (created_after: string, created_before: string) =>
      harness.call(route, {
        ...caller(),
        query: { ...QUERY[route], created_after, created_before },
      });
    const reply = await of('2026-11-20T12:00:00.001Z', '2026-11-20T15:30:00+03:30');
    expect([reply.status, wrongFields(reply)]).toEqual([422, { created_before: 'range_reversed' }]);
    expect((await of('2026-11-20T12:00:00Z', '2026-11-20T15:30:00+03:30')).status).toBe(200);
  });

  it.each(LISTS)('AP-6: %s takes the filters of every list', async (route, caller) => {
    const filters = {
      status: 'FAILED',
      currency: 'usd',
      reference: 'INV-1',
      payer: 'alice',
      payee: 'bob',
      created_after: '2026-11-20T12:00:00Z',
      created_before: '2026-11-21T12:00:00Z',
    };
    const reply = await harness.call(route, {
      ...caller(),
      query: { ...QUERY[route], ...filters },
    });
    expect([reply.status, reply.body.data]).toEqual([200, { items: [], next_cursor: null }]);
  });

  it('LE-2: refuses the year 10000', async () => {
    const far = await list({ created_before: '9999-12-31T23:59:59-23:59' });
    expect([far.status, far.errors[0].code]).toEqual([422, 'time_malformed']);
  });

  it('AP-6: is paged without a gap or a repeat while new transactions are added, and ends', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await list({ limit: '2', type: 'withdrawal', ...(cursor && { cursor }) });
      seen.push(...ids(page));
      cursor = page.data.next_cursor;
      if (cursor === null) break;
      await deposit(as, '1.00', 'EUR');
    }
    expect(seen).toEqual([made.pending, made.unclear, made.failed, made.paid]);
  });

  it('AP-6: has no further page after one that holds exactly what is left', async () => {
    const page = (await list({ type: 'withdrawal', limit: '4' })).data;
    expect([page.items.length, page.next_cursor]).toEqual([4, null]);
  });

  it('AP-6: refuses a cursor of another merchant or another filter', async () => {
    const { next_cursor: cursor } = (await list({ limit: '1' })).data;
    expect((await list({ cursor }, other)).code).toBe('invalid_cursor');
    expect((await list({ cursor, type: 'deposit' })).code).toBe('invalid_cursor');
    expect((await list({ cursor })).status).toBe(200);
  });

  it('AP-6: ends a page after a thousand rows that do not match, and the next page continues there', async () => {
    const busy = await harness.merchant('10.00');
    await manyDeposits(busy, 1_050);
    const first = await list({ type: 'approval' }, busy);
    expect(first.data.items).toEqual([]);
    const second = await list({ type: 'approval', cursor: first.data.next_cursor }, busy);
    expect(second.data.items).toMatchObject([{ type: 'approval' }]);
    expect(second.data.next_cursor).toBeNull();
  });
});

describe('AP-8: a list is filtered by reference', () => {
  const noted = async (who: string, reference: string, more: object = {}) => {
    advance(1);
    const body = { amount: '1.00', reference, ...more };
    const key = randomUUID();
    const reply = await harness.call('POST /withdrawals', { as: who, key, body });
    return String(reply.body.data.id);
  };

  it('which is the same to the character, in every list and with other filters', async () => {
    const [one, two] = [await harness.merchant('100.00'), await harness.merchant('100.00')];
    await deposit(one, '10.00');
    const reference = 'سفارش ۷ & a=b';
    const first = await noted(one, reference);
    for (const other of ['سفارش ۷ & A=b', `${reference} `, 'سفارش', `${reference}7`])
      await noted(one, other);
    await noted(two, reference);
    const scheduled = await noted(one, reference, { execute_at: '2027-01-01T00:00:00Z' });
    const order = { as: one, key: 't', body: { to: two, amount: '1.00', reference } };
    const paid = String((await harness.call('POST /transfers', order)).body.data.id);

    const found = async (route: RouteName, who: string, query: Query = {}) =>
      new Set(ids((await harness.call(route, { as: who, query: { reference, ...query } })).body));
    expect(await found('GET /transactions', one)).toEqual(new Set([first, scheduled, paid]));
    expect(await found('GET /withdrawals', one)).toEqual(new Set([first, scheduled]));
    expect(await found('GET /withdrawals', one, { status: 'SCHEDULED' })).toEqual(
      new Set([scheduled]),
    );
    expect(await found('GET /transfers', one)).toEqual(new Set([paid]));
    // The payee finds it by the reference of its payer.
    expect(await found('GET /transfers', two)).toEqual(new Set([paid]));
    expect(ids(await all({ merchant: one, reference, type: 'transfer' }))).toEqual([paid]);
    expect(ids(await all({ status: 'SCHEDULED', reference }))).toEqual([scheduled]);
    expect(ids(await all({ status: 'SCHEDULED', reference: 'none' }))).toEqual([]);
    await harness.call('DELETE /withdrawals/{id}', { as: one, params: { id: scheduled } });
  });

  it('without reading a row that has another one, and with a cursor after a thousand', async () => {
    const busy = await harness.merchant('10.00');
    const wanted = await noted(busy, 'INV-1');
    await manyDeposits(busy, 1_050);
    const { ledger } = harness.context;
    const reads: string[] = [];
    const load = (key: Key): Promise<unknown> => {
      if (key.sk.startsWith('TXN#')) reads.push(key.sk);
      return ledger.load(key);
    };
    const call = callerOf({ ...harness.context, ledger: { ...ledger, load } }, listTransactions);
    const page = async (query: Query) =>
      (await call('GET /transactions', { as: busy, query: { reference: 'INV-1', ...query } })).body;
    const first = await page({});
    expect([first.data.items, reads]).toEqual([[], []]);
    const second = await page({ cursor: first.data.next_cursor });
    expect([ids(second), second.data.next_cursor]).toEqual([[wanted], null]);
    expect(reads).toEqual([`TXN#${wanted}`]);
    const foreign = await page({ cursor: first.data.next_cursor, reference: 'INV-2' });
    expect(foreign.code).toBe('invalid_cursor');
  });
});

describe('WA-3: a deposit with a release ahead', () => {
  const found = async (status: string, who: string) => ({
    own: ids(await list({ type: 'deposit', status }, who)),
    admin: ids(await all({ merchant: who, type: 'deposit', status })),
  });

  it('LE-2: is listed as PENDING until its release, and as SUCCEEDED from then on', async () => {
    const who = await harness.merchant('10.00');
    const release_at = new Date(harness.clock.now.getTime() + 10 * MINUTE).toISOString();
    const reply = await harness.deposit(who, { amount: '5.00', release_at }, 'later');
    expect(reply.body.data).toMatchObject({ status: 'PENDING', release_at });
    const { id } = reply.body.data;
    const none = { own: [], admin: [] };
    const one = { own: [id], admin: [id] };
    expect([await found('PENDING', who), await found('SUCCEEDED', who)]).toEqual([one, none]);
    advance(10 * MINUTE - 1);
    expect([await found('PENDING', who), await found('SUCCEEDED', who)]).toEqual([one, none]);
    advance(1);
    expect([await found('PENDING', who), await found('SUCCEEDED', who)]).toEqual([none, one]);
    const params = { id };
    const read = (await harness.call('GET /transactions/{id}', { as: who, params })).body.data;
    const byAdmin = await harness.call('GET /admin/transactions/{id}', { admin: true, params });
    expect([read.status, byAdmin.body.data.status]).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(read.history.map(({ status }: { status: string }) => status)).toEqual([
      'PENDING',
      'SUCCEEDED',
    ]);
    // Years later, and although its stored response is gone, the request gets the response of its time.
    advance(3 * 365 * 24 * 60 * MINUTE);
    const { table: TableName } = harness.context.responses;
    for (const response of await harness.responses())
      await harness.faultless.send(new DeleteCommand({ TableName, Key: { id: response['id'] } }));
    const replay = await harness.deposit(who, { amount: '5.00', release_at }, 'later');
    expect(replay.text).toBe(reply.text);
  });

  it('WA-9: is SUCCEEDED once it was reversed, and its request still gets the response of its time', async () => {
    const who = await harness.merchant('10.00');
    const release_at = new Date(harness.clock.now.getTime() + 10 * MINUTE).toISOString();
    const reply = await harness.deposit(who, { amount: '5.00', release_at }, 'mistake');
    const { id } = reply.body.data;
    const reversal = { admin: true, key: randomUUID(), params: { id } };
    const reversed = await harness.call('POST /admin/transactions/{id}/reverse', reversal);
    expect([reversed.status, reversed.text]).toEqual([201, reversed.text]);
    expect(await found('PENDING', who)).toEqual({ own: [], admin: [] });
    expect(await found('SUCCEEDED', who)).toEqual({ own: [id], admin: [id] });
    expect((await harness.deposit(who, { amount: '5.00', release_at }, 'mistake')).text).toBe(
      reply.text,
    );
  });
});

/** Transaction rows of deposits, newer than all others. */
async function manyDeposits(merchantId: string, count: number): Promise<void> {
  const later = new Date(harness.clock.now.getTime() + MINUTE).toISOString();
  const deposits = Array.from({ length: count }, (_, index) =>
    createTransaction({
      pk: merchantPk(merchantId),
      txnId: `X${String(index).padStart(25, '0')}`,
      type: 'deposit',
      status: 'SUCCEEDED',
      amount: minor(1n),
      currency: USD,
      merchantId,
      createdAt: later,
      at: { SUCCEEDED: later },
      phases: [],
      requestHash: '',
    }),
  );
  await store(deposits);
}

/** Rows as they are. Their balances do not matter here. */
async function store(rows: readonly Change[]): Promise<void> {
  const { table } = harness.context.ledger;
  const writes = postChanges(rows).map((write) => transactItem(table, write));
  for (let from = 0; from < rows.length; from += 100) {
    await harness.faultless.send(
      new TransactWriteCommand({ TransactItems: writes.slice(from, from + 100) }),
    );
  }
}

describe('one transaction', () => {
  it('LE-2: can be read by its merchant alone', async () => {
    const read = (who: string) =>
      harness.call('GET /transactions/{id}', { as: who, params: { id: made.failed } });
    expect((await read(as)).body.data).toMatchObject({
      status: 'FAILED',
      failure: 'account_closed',
    });
    const foreign = await read(other);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'transaction_not_found']);
  });

  it('LE-2: is found by the key of its request where the response was lost', async () => {
    const byKey = (key: string, who = as) =>
      harness.call('GET /transactions/by-key/{key}', {
        as: who,
        params: { key },
        query: { operation: 'withdrawal' },
      });
    expect((await byKey('paid')).body.data).toMatchObject({ id: made.paid, status: 'SUCCEEDED' });
    expect((await byKey('paid', other)).status).toBe(404);
    expect((await byKey('never-sent')).status).toBe(404);
    const withoutOperation = { as, params: { key: 'paid' } };
    const reply = await harness.call('GET /transactions/by-key/{key}', withoutOperation);
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, 'operation']);
  });
});

describe('an administrator', () => {
  const read = (id: string) =>
    harness.call('GET /admin/transactions/{id}', { admin: true, params: { id } });

  it('LE-2: reads any transaction of any merchant by its id, as it is', async () => {
    const unclear = (await read(made.unclear)).body.data;
    expect(unclear).toMatchObject({ id: made.unclear, merchant_id: as, status: 'PROCESSING' });
    expect(unclear).toMatchObject({ attempt: 1, bank_reference: null });
    expect((await read(made.otherFailed)).body.data).toMatchObject({ merchant_id: other });
    const params = { currency: 'USD' };
    const topUp = { admin: true, key: randomUUID(), params, body: { amount: '1.00' } };
    const { id } = (await harness.call('POST /admin/pools/{currency}/topups', topUp)).body.data;
    expect((await read(id)).body.data).toMatchObject({ id, type: 'top_up', merchant_id: null });
  });

  it('LE-2: does not find an id that no transaction has', async () => {
    for (const id of ['0', as, 'M#1', 'x'.repeat(64)]) {
      const reply = await read(id);
      expect([id, reply.status, reply.body.code]).toEqual([id, 404, 'transaction_not_found']);
    }
  });

  it('LE-2: reads one merchant’s history with internal statuses', async () => {
    const items = ids(await all({ merchant: as, type: 'withdrawal' }));
    expect(items).toEqual([made.pending, made.unclear, made.failed, made.paid]);
    expect(ids(await all({ merchant: as, status: 'FAILED' }))).toEqual([made.failed]);
  });

  it('LE-2: finds the failed transactions of all merchants, newest first, page by page', async () => {
    const first = await all({ status: 'FAILED', limit: '1' });
    expect(first.data.items).toMatchObject([{ id: made.otherFailed, merchant_id: other }]);
    const cursor = String(first.data.next_cursor);
    const next = await all({ status: 'FAILED', limit: '1', cursor });
    expect(ids(next)).toEqual([made.failed]);
    expect(next.data.next_cursor).toBeNull();
  });

  it('LE-2: leaves out a transaction that leaves its status while the list is read', async () => {
    advance(MINUTE);
    const order = {
      amount: '1.00',
      execute_at: new Date(harness.clock.now.getTime() + 5 * MINUTE),
    };
    const scheduled = { as: other, key: randomUUID(), body: order };
    const { id } = (await harness.call('POST /withdrawals', scheduled)).body.data;
    const { ledger } = harness.context;
    const load = async (key: Key): Promise<unknown> => {
      if (key.sk === `TXN#${id}`)
        await harness.call('DELETE /withdrawals/{id}', { as: other, params: { id } });
      return ledger.load(key);
    };
    const call = callerOf({ ...harness.context, ledger: { ...ledger, load } }, listAllTransactions);
    const request = { admin: true, query: { status: 'SCHEDULED' } };
    const reply = await call('GET /admin/transactions', request);
    expect([reply.status, ids(reply.body)]).toEqual([200, []]);
  });

  it('LE-2: filters the failed transactions of all merchants, also beyond the first hundred', async () => {
    const many = Array.from({ length: 130 }, (_, index) =>
      aWithdrawal({
        pk: merchantPk(other),
        merchantId: other,
        txnId: `F${String(index).padStart(25, '0')}`,
        status: 'FAILED',
        currency: index % 2 === 0 ? EUR : GBP,
        createdAt: at(),
      }),
    );
    await store(many.map(createTransaction));
    const failed = { status: 'FAILED' };
    // The older ones are found behind a hundred and thirty in other currencies.
    expect(ids(await all({ ...failed, currency: 'USD' }))).toEqual([made.otherFailed, made.failed]);
    expect(ids(await all({ ...failed, currency: 'BTC' }))).toEqual([]);
    expect(ids(await all({ ...failed, type: 'transfer' }))).toEqual([]);
    expect(ids(await all({ ...failed, created_before: '2026-01-01T00:00:00Z' }))).toEqual([]);
    expect(ids(await all({ ...failed, created_after: '2030-01-01T00:00:00Z' }))).toEqual([]);
    // Fifty of the first hundred rows fit, and ten more fill the page.
    const first = await all({ ...failed, currency: 'EUR', limit: '60' });
    const cursor = String(first.data.next_cursor);
    const second = await all({ ...failed, currency: 'EUR', limit: '60', cursor });
    expect([ids(first).length, ids(second).length]).toEqual([60, 5]);
    expect(second.data.next_cursor).toBeNull();
    const inEur = many.filter(({ currency }) => currency === EUR).map(({ txnId }) => txnId);
    expect([...ids(first), ...ids(second)]).toEqual(inEur.toReversed());
  });

  it('LE-2: must name a merchant or a status that needs attention, because no request scans', async () => {
    for (const query of [{}, { status: 'SUCCEEDED' }]) {
      const reply = await all(query as Query);
      expect([reply.status, reply.errors[0].code]).toEqual([422, 'merchant_or_status_needed']);
    }
  });

  it('ID-6: reads the balances of every merchant in the list', async () => {
    const reply = await harness.call('GET /admin/merchants', { admin: true });
    const found = reply.body.data.items.find(({ id }: { id: string }) => id === as);
    expect(found.wallets).toContainEqual({
      currency: 'BTC',
      available: '0.50000000',
      pending: '0.00000000',
    });
    expect(found.credit[0].utilised).toBe('3.00');
  });
});
