import { randomUUID } from 'node:crypto';
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { markBusy } from '../../lambdas/ledger/busy/marker.ts';
import { OPERATIONS, type RouteName } from '../../lambdas/operations/index.ts';
import { type Harness, type Reply, type Request, startHarness } from '../harness/harness.ts';
import { wrongFields } from '../harness/http-caller.ts';
import { sizeOf } from '../harness/size.ts';

let harness: Harness;
let payer: string;
let payee: string;
const NOON = new Date('2026-11-20T12:00:00.000Z');
const NOTES = { reference: 'INV-7 / ۱۴۰۵', metadata: { shop: 'Tajrish', clerk: 'سارا' } };
const STORED = { ...NOTES, metadata: Object.entries(NOTES.metadata) };

beforeAll(async () => {
  harness = await startHarness(1, undefined, { secondAdminAbove: { '*': '1000' } });
  await harness.fillPool('1000.00');
  [payer, payee] = [await harness.merchant('100.00'), await harness.merchant('100.00')];
  await harness.deposit(payer, { amount: '500.00' });
  const body = { amount: '50.00' };
  await harness.call('POST /withdrawals', { as: payer, key: randomUUID(), body });
});
beforeEach(() => {
  harness.clock.now = NOON;
});
afterAll(() => harness.close());

/** A request of each kind that is accepted, without annotations. */
const ACCEPTED: readonly (readonly [RouteName, () => Request & { readonly body: object }])[] = [
  ['POST /withdrawals', () => ({ as: payer, body: { amount: '1.00' } })],
  ['POST /transfers', () => ({ as: payer, body: { amount: '1.00', to: payee } })],
  ['POST /repayments', () => ({ as: payer, body: { amount: '1.00' } })],
  [
    'POST /admin/wallets/{merchant_id}/repayments',
    () => ({ admin: true, params: { merchant_id: payer }, body: { amount: '1.00' } }),
  ],
  [
    'POST /admin/wallets/{merchant_id}/deposits',
    () => ({ admin: true, params: { merchant_id: payer }, body: { amount: '1.00' } }),
  ],
  [
    'POST /admin/pools/{currency}/topups',
    () => ({ admin: true, params: { currency: 'USD' }, body: { amount: '1.00' } }),
  ],
  [
    'PATCH /admin/pools/{currency}',
    () => ({ admin: true, params: { currency: 'USD' }, body: { shards: 0 } }),
  ],
];
const send = (
  route: RouteName,
  request: Request,
  annotations: object,
  key: string = randomUUID(),
) => harness.call(route, { key, ...request, body: { ...Object(request.body), ...annotations } });
const withdraw = (annotations: object, more: object = {}, key?: string, as = payer) =>
  send('POST /withdrawals', { as, body: { amount: '1.00', ...more } }, annotations, key);

const rowOf = async (id: string): Promise<Record<string, unknown>> =>
  (await harness.rows()).find(({ sk }) => sk === `TXN#${id}`) ?? {};
const noted = ({ body }: Reply) => {
  const { reference, metadata } = body.data;
  return { reference, metadata };
};
const forgetResponses = async () => {
  for (const { id } of await harness.responses()) {
    const response = { TableName: harness.context.responses.table, Key: { id } };
    await harness.faultless.send(new DeleteCommand(response));
  }
};

describe('AP-8: an operation takes a reference and metadata', () => {
  it('if it needs an Idempotency-Key, whichever it is, and no other one does', async () => {
    const refusals = async (route: RouteName, request: object): Promise<string> => {
      const { access } = OPERATIONS.find((each) => each.route === route) ?? {};
      const params = { id: payer, merchant_id: payer, currency: 'USD', key: 'k' };
      const caller = access === 'admin' ? { admin: true } : { as: payer };
      return (await harness.call(route, { ...caller, params, ...request })).text;
    };
    const taking: string[] = [];
    const keyed: string[] = [];
    for (const { route, access } of OPERATIONS) {
      if (access === 'anyone') continue;
      const answer = await refusals(route, { body: { x: 1 } });
      if (answer.includes('idempotency_key_required')) keyed.push(route);
      // The malformed key keeps every operation from running.
      const wrong = await refusals(route, { key: '!', body: { reference: 1, metadata: 'x' } });
      if (/"reference","code":"wrong_type".*"metadata","code":"wrong_type"/s.test(wrong))
        taking.push(route);
    }
    expect(taking).toEqual(keyed);
    expect(keyed).toEqual(expect.arrayContaining(ACCEPTED.map(([route]) => route)));
  });

  it.each(ACCEPTED)(
    '%s stores and echoes both, and neither where they are left out',
    async (route, request) => {
      const reply = await send(route, request(), NOTES);
      expect([reply.status < 300, noted(reply)]).toEqual([true, NOTES]);
      expect(await rowOf(reply.body.data.id)).toMatchObject(STORED);
      const bare = await send(route, request(), {});
      expect(bare.status).toBe(reply.status);
      for (const each of [bare.body.data, await rowOf(bare.body.data.id)]) {
        expect(each).not.toHaveProperty('reference');
        expect(each).not.toHaveProperty('metadata');
      }
    },
  );

  it.each(ACCEPTED)(
    'AP-1: %s returns the same bytes once only its row is left, whatever the order of the metadata',
    async (route, request) => {
      const key = randomUUID();
      const metadata = { b: '2', a: '1', 10: 'x', 9: 'y', Z: 'z', é: 'e' };
      const first = await send(route, request(), { metadata, reference: 'r' }, key);
      await forgetResponses();
      const reversed = Object.fromEntries(Object.entries(metadata).toReversed());
      expect(Object.keys(reversed)).not.toEqual(Object.keys(metadata));
      const again = await send(route, request(), { reference: 'r', metadata: reversed }, key);
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect(again.headers['idempotency-replayed']).toBe('true');
    },
  );

  it.each([
    ['another reference', { reference: 'r2', metadata: { a: '1' } }],
    ['other metadata', { reference: 'r', metadata: { a: '2' } }],
    ['no metadata', { reference: 'r' }],
  ])('AP-1: a key with %s belongs to another request', async (_what, annotations) => {
    const key = randomUUID();
    await withdraw({ reference: 'r', metadata: { a: '1' } }, {}, key);
    const reply = await withdraw(annotations, {}, key);
    expect([reply.status, reply.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('WD-2: a scheduled withdrawal keeps them until it is cancelled', async () => {
    const reply = await withdraw(NOTES, { execute_at: '2026-11-21T12:00:00Z' });
    const params = { id: reply.body.data.id };
    const cancelled = await harness.call('DELETE /withdrawals/{id}', { as: payer, params });
    expect([cancelled.body.data.status, noted(cancelled)]).toEqual(['CANCELLED', NOTES]);
  });

  it('OP-3: a busy merchant’s requests keep them through its group', async () => {
    const as = await harness.merchant('100.00');
    await markBusy(harness.context.responses, as, [], harness.clock.now);
    harness.queue.gather = 2;
    const replies = await Promise.all(
      ['one', 'two'].map((reference) => withdraw({ ...NOTES, reference }, {}, randomUUID(), as)),
    );
    harness.queue.gather = 1;
    expect(replies.map(noted)).toEqual([
      { ...NOTES, reference: 'one' },
      { ...NOTES, reference: 'two' },
    ]);
    expect(await rowOf(replies[0]?.body.data.id)).toMatchObject({ ...STORED, reference: 'one' });
  });

  it('WA-5: a preview takes the body of the transfer, and keeps nothing', async () => {
    const body = { amount: '1.00', to: payee };
    const request = { as: payer, query: { preview: 'true' }, body };
    expect((await send('POST /transfers', request, NOTES)).status).toBe(200);
    const wrong = await send('POST /transfers', request, { reference: '' });
    expect(wrongFields(wrong)).toEqual({ reference: 'too_short' });
  });
});

describe('AP-8 ID-8: a proposal', () => {
  const propose = async (annotations: object, more: object = {}): Promise<Reply> =>
    send(
      'POST /admin/wallets/{merchant_id}/deposits',
      {
        admin: true,
        as: 'alice',
        params: { merchant_id: payer },
        body: { amount: '1000.01', ...more },
      },
      annotations,
    );
  const confirm = (id: string) =>
    harness.call('POST /admin/transactions/{id}/confirm', {
      admin: true,
      as: 'bob',
      params: { id },
    });

  it('keeps them once, and the confirmed transaction has them', async () => {
    const proposed = await propose(NOTES);
    expect([proposed.status, noted(proposed)]).toEqual([202, NOTES]);
    const { id } = proposed.body.data;
    const { proposal, ...row } = await rowOf(id);
    expect(row).toMatchObject({ ...STORED, status: 'PROPOSED' });
    expect(
      JSON.stringify(proposal, (_, each) => (typeof each === 'bigint' ? 0 : each)),
    ).not.toContain('Tajrish');
    const confirmed = await confirm(id);
    expect([confirmed.status, noted(confirmed)]).toEqual([201, NOTES]);
    expect(await rowOf(id)).toMatchObject({ ...STORED, status: 'SUCCEEDED' });
  });

  it('AP-1: counts them as part of its thousand bytes, so that its row stays below two kilobytes', async () => {
    const notes = { reference: 'x'.repeat(512) };
    const release_at = (zeros: number) => `2026-11-21T00:00:00.${'0'.repeat(zeros)}Z`;
    const refused = await propose(notes, { release_at: release_at(400) });
    expect([refused.status, refused.body.code]).toEqual([422, 'proposal_too_large']);
    const { id } = (await propose(notes, { release_at: release_at(330) })).body.data;
    expect(sizeOf(await rowOf(id))).toBeLessThan(2_048);
    expect((await confirm(id)).status).toBe(201);
    expect(sizeOf(await rowOf(id))).toBeLessThan(2_048);
  });
});

describe('AP-8: reference and metadata are refused', () => {
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
  it.each([
    [
      'with 513 bytes in the reference',
      { reference: 'x'.repeat(513) },
      { reference: 'annotations_too_long' },
    ],
    [
      'with 514 bytes of Persian',
      { reference: 'پ'.repeat(257) },
      { reference: 'annotations_too_long' },
    ],
    [
      'with 513 bytes together',
      { reference: 'x'.repeat(256), metadata: { key: 'y'.repeat(254) } },
      { metadata: 'annotations_too_long' },
    ],
    [
      'where the names make 513 bytes',
      { metadata: { [`k${'x'.repeat(511)}`]: 'y' } },
      { metadata: 'annotations_too_long' },
    ],
    ['with 21 pairs', { metadata: pairs(21) }, { metadata: 'too_long' }],
    ['with a nested value', { metadata: { a: { b: 'c' } } }, { 'metadata.a': 'wrong_type' }],
    ['with a list as a value', { metadata: { a: ['b'] } }, { 'metadata.a': 'wrong_type' }],
    ['with a number as a value', { metadata: { a: 1 } }, { 'metadata.a': 'wrong_type' }],
    ['with null as a value', { metadata: { a: null } }, { 'metadata.a': 'wrong_type' }],
    ['with a list for metadata', { metadata: ['a'] }, { metadata: 'wrong_type' }],
    ['with a text for metadata', { metadata: 'a' }, { metadata: 'wrong_type' }],
    ['with null for metadata', { metadata: null }, { metadata: 'wrong_type' }],
    ['with a number for the reference', { reference: 7 }, { reference: 'wrong_type' }],
    ['with null for the reference', { reference: null }, { reference: 'wrong_type' }],
    ['with an empty reference', { reference: '' }, { reference: 'too_short' }],
    ['with an empty value', { metadata: { a: '' } }, { 'metadata.a': 'too_short' }],
    ['with an empty name', { metadata: { '': 'a' } }, { 'metadata.': 'invalid' }],
    ['with a line break in the reference', { reference: 'a\nb' }, { reference: 'invalid' }],
    ['with a NUL in a value', { metadata: { a: 'b\u0000' } }, { 'metadata.a': 'invalid' }],
    ['with DEL in a name', { metadata: { 'a\u007f': 'b' } }, { 'metadata.a\u007f': 'invalid' }],
    ['with half a character', { reference: 'a\ud83d' }, { reference: 'invalid' }],
    [
      'with half a character in a name',
      { metadata: { '\ude00': 'b' } },
      { 'metadata.\ude00': 'invalid' },
    ],
    [
      'with a name that JavaScript would lose',
      { metadata: JSON.parse('{"__proto__": "x", "a": "b"}') },
      { 'metadata.__proto__': 'invalid' },
    ],
  ] as const)('%s', async (_what, annotations, wrong) => {
    const reply = await withdraw(annotations);
    expect([reply.status, wrongFields(reply)]).toEqual([422, wrong]);
  });

  it('together with every other wrong field of the request', async () => {
    const reply = await withdraw({ reference: 1, metadata: { a: 1 } }, { amount: 'x', to: 'b' });
    expect(wrongFields(reply)).toEqual({
      amount: 'amount_malformed',
      to: 'unknown_field',
      reference: 'wrong_type',
      'metadata.a': 'wrong_type',
    });
  });

  it('where they stand in the query', async () => {
    const reply = await harness.call('POST /withdrawals', {
      as: payer,
      key: randomUUID(),
      query: { reference: 'a' },
      body: { amount: '1.00' },
    });
    expect(wrongFields(reply)).toEqual({ reference: 'unknown_field' });
  });

  it.each([
    ['512 bytes together', { reference: 'x'.repeat(256), metadata: { abc: 'y'.repeat(253) } }],
    ['20 pairs', { metadata: pairs(20) }],
    ['no pairs', { metadata: {} }],
    ['names of JavaScript', { metadata: { constructor: 'a', toString: 'b', hasOwnProperty: 'c' } }],
    ['joiners, marks and characters beyond the first plane', { reference: 'می‌شود 😀 e\u0301' }],
  ])('but not with %s', async (_what, annotations) => {
    const reply = await withdraw(annotations);
    expect([reply.status, reply.body.data]).toMatchObject([202, annotations]);
    const params = { id: reply.body.data.id };
    const read = await harness.call('GET /withdrawals/{id}', { as: payer, params });
    expect(read.body.data).toMatchObject(annotations);
  });
});

describe('AP-8: who sees them', () => {
  const read = (id: string, as: string) =>
    harness.call('GET /transactions/{id}', { as, params: { id } });
  const listed = async (route: RouteName, id: string, request: Request) => {
    const { items } = (await harness.call(route, request)).body.data;
    const found = items.find((each: { id: string }) => each.id === id);
    return { reference: found.reference, metadata: found.metadata };
  };

  it('a transfer shows its reference to both parties, and its metadata to the payer and to admins', async () => {
    const body = { amount: '1.00', to: payee };
    const { id } = (await send('POST /transfers', { as: payer, body }, NOTES)).body.data;
    const forPayee = { reference: NOTES.reference, metadata: undefined };
    expect(noted(await read(id, payer))).toEqual(NOTES);
    expect(noted(await read(id, payee))).toEqual(forPayee);
    for (const route of ['GET /transactions', 'GET /transfers'] as const) {
      expect(await listed(route, id, { as: payer })).toEqual(NOTES);
      expect(await listed(route, id, { as: payee })).toEqual(forPayee);
    }
    for (const merchant of [payer, payee])
      expect(
        await listed('GET /admin/transactions', id, { admin: true, query: { merchant } }),
      ).toEqual(NOTES);
  });

  it('a deposit shows both to its merchant', async () => {
    const params = { merchant_id: payer };
    const request = { admin: true, params, body: { amount: '1.00' } };
    const reply = await send('POST /admin/wallets/{merchant_id}/deposits', request, NOTES);
    expect(noted(await read(reply.body.data.id, payer))).toEqual(NOTES);
  });

  it('a withdrawal shows both in its own list and by its key', async () => {
    const key = randomUUID();
    const { id } = (await withdraw(NOTES, {}, key)).body.data;
    expect(await listed('GET /withdrawals', id, { as: payer })).toEqual(NOTES);
    const byKey = { as: payer, params: { key }, query: { operation: 'withdrawal' } };
    expect(noted(await harness.call('GET /transactions/by-key/{key}', byKey))).toEqual(NOTES);
  });
});

describe('AP-8 AP-1: what is stored', () => {
  /** The most bytes as JSON: a quote takes two. */
  const MOST = {
    reference: '"'.repeat(12),
    metadata: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [String.fromCharCode(97 + index), '"'.repeat(24)]),
    ),
  };

  it.each(ACCEPTED)(
    '%s: its row is below a kilobyte without them, and row and response below two with them',
    async (route, request) => {
      const bare = await send(route, request(), {});
      expect(sizeOf(await rowOf(bare.body.data.id))).toBeLessThan(1_024);
      await forgetResponses();
      const most = await send(route, request(), MOST);
      expect(most.status).toBe(bare.status);
      expect(sizeOf(await rowOf(most.body.data.id))).toBeLessThan(2_048);
      const [stored] = await harness.responses();
      expect(sizeOf(stored)).toBeLessThan(2_048);
    },
  );

  it('an entry of a history index stays below a kilobyte with the longest reference', async () => {
    const body = { amount: '1.00', to: payee };
    const notes = { reference: 'x'.repeat(512) };
    const { id } = (await send('POST /transfers', { as: payer, body }, notes)).body.data;
    const row = await rowOf(id);
    const keys = ['pk', 'sk', 'recipient', 'byTime'];
    const projected = ['txnId', 'type', 'currency', 'amount', 'source', 'createdAt', 'reference'];
    const entry = [...keys, ...projected].map((name) => [name, row[name]] as const);
    expect(row['recipient']).toBeDefined();
    expect(
      sizeOf(Object.fromEntries(entry.filter(([, value]) => value !== undefined))),
    ).toBeLessThan(1_024);
  });
});
