import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FaultRates } from '../../harness/faults.ts';
import { ROUGH } from '../../harness/faults.ts';
import { fixedRates } from '../../harness/fixed-rates.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';

let harness: Harness;
afterEach(() => harness.close());
const start = async (seed = 1, rates?: FaultRates): Promise<Harness> => {
  harness = await startHarness(seed, rates);
  return harness;
};

type QuoteBody = {
  readonly from?: unknown;
  readonly to?: unknown;
  readonly amount?: unknown;
  readonly side?: unknown;
};
const quote = (as: string, body: QuoteBody = {}): Promise<Reply> =>
  harness.insist('POST /conversions/quotes', {
    as,
    body: { from: 'USD', to: 'EUR', side: 'sell', amount: '100.00', ...body },
  });
const convert = (as: string, quoteId: unknown, key: string = randomUUID()): Promise<Reply> =>
  harness.insist('POST /conversions', { as, key, body: { quote_id: quoteId } });
const quoted = async (as: string, body: QuoteBody = {}): Promise<string> => {
  const reply = await quote(as, body);
  if (reply.status !== 201) throw new Error(reply.text);
  return reply.body.data.id;
};
/** Every wallet that holds something, as text. */
const wallets = async (as: string): Promise<object> => {
  const { body } = await harness.insist('GET /wallets', { as });
  return Object.fromEntries(
    body.data.items.map((each: { currency: string; available: string }) => [
      each.currency,
      each.available,
    ]),
  );
};
const withDollars = async (amount = '100.00'): Promise<string> => {
  const id = await harness.merchant('100.00');
  const { status, text } = await harness.deposit(id, { amount });
  if (status !== 201) throw new Error(text);
  return id;
};
/** What all stored postings of one kind move between two accounts, in minor units. */
const moved = async (source: string, destination: string, currency: string): Promise<bigint> => {
  let sum = 0n;
  for (const row of await harness.rows()) {
    for (const { postings = [] } of (row['phases'] as { postings?: unknown[][] }[]) ?? [])
      for (const [from, to, amount, own = row['currency']] of postings)
        if (from === source && to === destination && own === currency)
          sum += BigInt(amount as bigint);
  }
  return sum;
};
const conversionsOf = async (): Promise<readonly Record<string, unknown>[]> =>
  (await harness.rows()).filter(({ type }) => type === 'conversion');

describe('WA-7: quote and convert', () => {
  it('a sale fixes what is given: both legs, the spread and the rate are stated, and then moved', async () => {
    await start();
    const id = await withDollars();
    const { status, body } = await quote(id);
    expect([status, body.data]).toEqual([
      201,
      {
        id: expect.any(String),
        side: 'sell',
        give: { amount: '100.00', currency: 'USD' },
        receive: { amount: '91.54', currency: 'EUR' },
        spread: { amount: '0.46', currency: 'EUR' },
        rate: '0.92',
        created_at: '2026-11-20T12:00:00.000Z',
        expires_at: '2026-11-20T12:00:30.000Z',
      },
    ]);
    expect(await wallets(id)).toEqual({ USD: '100.00' });
    const reply = await convert(id, body.data.id);
    expect([reply.status, reply.body.data]).toEqual([
      201,
      {
        id: expect.any(String),
        type: 'conversion',
        status: 'SUCCEEDED',
        amount: '100.00',
        currency: 'USD',
        quote_id: body.data.id,
        give: body.data.give,
        receive: body.data.receive,
        spread: body.data.spread,
        rate: '0.92',
        created_at: '2026-11-20T12:00:00.000Z',
      },
    ]);
    expect(await wallets(id)).toEqual({ USD: '0.00', EUR: '91.54' });
    expect(await moved('wallet', 'exchange', 'USD')).toBe(100_00n);
    expect(await moved('exchange', 'wallet', 'EUR')).toBe(91_54n);
    expect(await moved('exchange', 'fees', 'EUR')).toBe(46n);
  });

  it('a purchase fixes what is received', async () => {
    await start();
    const id = await withDollars();
    const { body } = await quote(id, { side: 'buy', to: 'BTC', amount: '0.001' });
    expect(body.data).toMatchObject({
      side: 'buy',
      give: { amount: '67.01', currency: 'USD' },
      receive: { amount: '0.00100000', currency: 'BTC' },
      spread: { amount: '0.00000515', currency: 'BTC' },
      rate: '0.000015',
    });
    expect((await convert(id, body.data.id)).status).toBe(201);
    expect(await wallets(id)).toEqual({ USD: '32.99', BTC: '0.00100000' });
  });

  it('the history shows both legs under either currency, to the merchant and to admins', async () => {
    await start();
    const id = await withDollars();
    const { body } = await convert(id, await quoted(id));
    const shown = {
      ...body.data,
      history: [{ status: 'SUCCEEDED', at: '2026-11-20T12:00:00.000Z' }],
    };
    for (const query of [{}, { type: 'conversion' }, { currency: 'EUR' }]) {
      const list = await harness.call('GET /transactions', { as: id, query });
      expect(list.body.data.items).toContainEqual(shown);
    }
    const usd = await harness.call('GET /transactions', { as: id, query: { currency: 'USD' } });
    expect(usd.body.data.items).toContainEqual(shown);
    const jpy = await harness.call('GET /transactions', { as: id, query: { currency: 'JPY' } });
    expect(jpy.body.data.items).toEqual([]);
    const one = { as: id, params: { id: body.data.id } };
    expect((await harness.call('GET /transactions/{id}', one)).body.data).toEqual(shown);
    const admins = await harness.call('GET /admin/transactions', {
      admin: true,
      query: { merchant: id, currency: 'EUR' },
    });
    expect(admins.body.data.items).toMatchObject([{ ...shown, merchant_id: id }]);
  });

  it('matured releases are drawn on, as by a withdrawal', async () => {
    await start();
    const id = await harness.merchant('100.00');
    for (const amount of ['60.00', '40.00'])
      await harness.deposit(id, { amount, release_at: '2026-11-20T12:00:10Z' });
    const early = await quoted(id);
    expectProblem(await convert(id, early), 402, 'insufficient_funds');
    harness.clock.now = new Date('2026-11-20T12:00:10.000Z');
    expect((await convert(id, early)).status).toBe(201);
    expect(await wallets(id)).toEqual({ USD: '0.00', EUR: '91.54' });
    expect((await harness.rows()).filter(({ sk }) => String(sk).startsWith('RELEASE#'))).toEqual(
      [],
    );
  });

  it('of more releases than one transaction takes', async () => {
    await start();
    const id = await harness.merchant('100.00');
    for (let count = 0; count < 100; count += 1)
      await harness.deposit(id, { amount: '1.00', release_at: '2026-11-20T12:00:10Z' });
    harness.clock.now = new Date('2026-11-20T12:00:10.000Z');
    expect((await convert(id, await quoted(id))).status).toBe(201);
    expect(await wallets(id)).toEqual({ USD: '0.00', EUR: '91.54' });
  });
});

describe('WA-7: a quote is used once, in time, by its merchant', () => {
  it('a repeat of the conversion returns the first response, also when the quote is used and long expired', async () => {
    await start();
    const id = await withDollars();
    const quoteId = await quoted(id);
    const first = await convert(id, quoteId, 'the-key');
    harness.clock.now = new Date('2027-11-20T12:00:00.000Z');
    const again = await convert(id, quoteId, 'the-key');
    expect([again.status, again.text]).toEqual([201, first.text]);
    expectProblem(await convert(id, quoteId, 'another-key'), 409, 'quote_used');
    expect(await wallets(id)).toEqual({ USD: '0.00', EUR: '91.54' });
  });

  it('a repeat after the stored response has gone is rendered from the transaction', async () => {
    await start();
    const id = await withDollars();
    const quoteId = await quoted(id);
    const first = await convert(id, quoteId, 'the-key');
    const { DeleteCommand } = await import('@aws-sdk/lib-dynamodb');
    for (const { id: stored } of await harness.responses())
      await harness.faultless.send(
        new DeleteCommand({
          TableName: harness.context.responses.table,
          Key: { id: stored as string },
        }),
      );
    expect((await convert(id, quoteId, 'the-key')).text).toBe(first.text);
    expect(await conversionsOf()).toHaveLength(1);
  });

  it('a quote is refused at exactly 30 seconds, and the refusal is stored', async () => {
    await start();
    const id = await withDollars('200.00');
    const [one, other] = [await quoted(id), await quoted(id)];
    harness.clock.now = new Date('2026-11-20T12:00:29.999Z');
    expect((await convert(id, one)).status).toBe(201);
    harness.clock.now = new Date('2026-11-20T12:00:30.000Z');
    const refusal = await convert(id, other, 'late');
    expectProblem(refusal, 409, 'quote_expired');
    harness.clock.now = new Date('2026-11-20T12:00:10.000Z');
    expect((await convert(id, other, 'late')).text).toBe(refusal.text);
    expect(await wallets(id)).toEqual({ USD: '100.00', EUR: '91.54' });
  });

  it('a quote that expires between the read and the commit of its conversion is not used', async () => {
    await start();
    const id = await withDollars();
    const quoteId = await quoted(id);
    harness.clock.now = new Date('2026-11-20T12:00:29.999Z');
    // The first try loses: the merchant row changes. The second one is decided later.
    harness.beforeCommit(async () => {
      harness.clock.now = new Date('2026-11-20T12:00:30.000Z');
      await harness.call('PATCH /admin/merchants/{id}', {
        admin: true,
        params: { id },
        body: { fee: '1.00' },
      });
    });
    expectProblem(await convert(id, quoteId), 409, 'quote_expired');
    expect(await wallets(id)).toEqual({ USD: '100.00' });
  });

  it('another merchant’s quote, and one that never was, are not found', async () => {
    await start();
    const [id, other] = [await withDollars(), await withDollars()];
    const quoteId = await quoted(id);
    expectProblem(await convert(other, quoteId), 404, 'quote_not_found');
    expectProblem(await convert(id, 'nope'), 404, 'quote_not_found');
    expect(await wallets(other)).toEqual({ USD: '100.00' });
    expect((await convert(id, quoteId)).status).toBe(201);
  });

  it('insufficient funds leave the quote usable', async () => {
    await start();
    const id = await withDollars('99.99');
    const quoteId = await quoted(id);
    expectProblem(await convert(id, quoteId), 402, 'insufficient_funds');
    await harness.deposit(id, { amount: '0.01' });
    expect((await convert(id, quoteId)).status).toBe(201);
  });

  it('a merchant without a wallet in the first currency is told so', async () => {
    await start();
    const id = await withDollars();
    const quoteId = await quoted(id, { from: 'JPY', to: 'USD', amount: '1000' });
    expectProblem(await convert(id, quoteId), 404, 'wallet_not_found');
  });

  it('a key that was used with another quote is refused', async () => {
    await start();
    const id = await withDollars('200.00');
    const [one, other] = [await quoted(id), await quoted(id)];
    expect((await convert(id, one, 'the-key')).status).toBe(201);
    expectProblem(await convert(id, other, 'the-key'), 422, 'idempotency_key_reused');
    const noKey = { as: id, body: { quote_id: other } };
    expectProblem(await harness.call('POST /conversions', noKey), 400, 'idempotency_key_required');
  });

  it.each([1, 2, 3, 4])(
    'OP-3: twenty conversions at once of one quote under faults (seed %i): one wins, the others find it used',
    async (seed) => {
      await start(seed, ROUGH);
      const id = await withDollars('5000.00');
      // Otherwise the row that must be new would already let one alone win.
      await harness.deposit(id, { amount: '1.00', currency: 'EUR' });
      const quoteId = await quoted(id);
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, n) => convert(id, quoteId, `k${n % 10}`)),
      );
      const accepted = replies.filter(({ status }) => status === 201);
      // Two requests of each key: the winner's copy replays.
      expect(new Set(accepted.map(({ text }) => text)).size).toBe(1);
      expect(accepted).toHaveLength(2);
      for (const reply of replies.filter(({ status }) => status !== 201))
        expect([reply.status, reply.body.code]).toEqual([409, 'quote_used']);
      expect(await wallets(id)).toEqual({ USD: '4900.00', EUR: '92.54' });
      expect(await conversionsOf()).toHaveLength(1);
    },
  );
});

describe('OP-3: conversions among other operations on the same wallet', () => {
  it.each([11, 12])(
    'withdrawals, transfers and conversions under faults (seed %i) spend what is there, to the cent',
    async (seed) => {
      await start(seed, ROUGH);
      const [id, payee] = [await withDollars('300.00'), await withDollars('1.00')];
      const quotes = await Promise.all(
        Array.from({ length: 10 }, () => quoted(id, { amount: '20.00' })),
      );
      const replies = await Promise.all([
        ...quotes.map((each) => convert(id, each)),
        ...Array.from({ length: 10 }, () =>
          harness.insist('POST /withdrawals', {
            as: id,
            key: randomUUID(),
            body: { amount: '20.00', source: 'wallet' },
          }),
        ),
        ...Array.from({ length: 10 }, () =>
          harness.insist('POST /transfers', {
            as: id,
            key: randomUUID(),
            body: { amount: '20.00', to: payee },
          }),
        ),
      ]);
      const [converted, withdrawn, paid] = [0, 10, 20].map(
        (from) => replies.slice(from, from + 10).filter(({ status }) => status < 300).length,
      ) as [number, number, number];
      for (const reply of replies.filter(({ status }) => status >= 300))
        expect([reply.status, reply.body.code]).toEqual([402, 'insufficient_funds']);
      // The fee of a transfer is 2 %.
      const left = 300_00n - BigInt(converted + withdrawn) * 20_00n - BigInt(paid) * 20_40n;
      expect(left >= 0n && left < 20_40n).toBe(true);
      // 18.30 EUR and 0.10 EUR of spread for each 20.00 USD.
      expect(await wallets(id)).toEqual({
        USD: `${left / 100n}.${String(left % 100n).padStart(2, '0')}`,
        ...(converted > 0 && { EUR: (converted * 18.3).toFixed(2) }),
      });
      expect(await moved('wallet', 'exchange', 'USD')).toBe(BigInt(converted) * 20_00n);
      expect(await moved('exchange', 'wallet', 'EUR')).toBe(BigInt(converted) * 18_30n);
      expect(await moved('exchange', 'fees', 'EUR')).toBe(BigInt(converted) * 10n);
    },
  );

  it.each([21, 22, 23])(
    'WA-1: first conversions at once into one currency (seed %i) open its wallet once',
    async (seed) => {
      await start(seed, ROUGH);
      const id = await withDollars();
      const quotes = await Promise.all(
        Array.from({ length: 5 }, () => quoted(id, { amount: '20.00' })),
      );
      const replies = await Promise.all(quotes.map((each) => convert(id, each)));
      expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
      expect(await wallets(id)).toEqual({ USD: '0.00', EUR: '91.50' });
      const merchant = (await harness.rows()).find(
        ({ pk, sk }) => pk === `M#${id}` && sk === 'MERCHANT',
      );
      expect(merchant?.['wallets']).toBe(2n);
    },
  );

  it('ID-6: an archive that has looked before a conversion opened a wallet loses, and finds the money', async () => {
    await start();
    const id = await withDollars('20.00');
    const quoteId = await quoted(id, { amount: '20.00' });
    const archive = () =>
      harness.call('POST /admin/merchants/{id}/archive', { admin: true, params: { id } });
    // The archive commits between the read and the commit of the conversion, and the other way round.
    harness.beforeCommit(async () => {
      expectProblem(await archive(), 409, 'merchant_not_empty');
    });
    expect((await convert(id, quoteId)).status).toBe(201);
    expectProblem(await archive(), 409, 'merchant_not_empty');
    const rest = {
      as: id,
      key: 'rest',
      body: { amount: '18.30', currency: 'EUR', source: 'wallet' },
    };
    expect((await harness.call('POST /withdrawals', rest)).status).toBe(202);
  });

  it('ID-6: a conversion of a merchant that is archived or suspended meanwhile is refused', async () => {
    await start();
    const id = await withDollars('20.00');
    const quoteId = await quoted(id, { amount: '20.00' });
    harness.beforeCommit(async () => {
      await harness.call('POST /admin/merchants/{id}/suspend', { admin: true, params: { id } });
    });
    expectProblem(await convert(id, quoteId), 403, 'merchant_suspended');
    expect(await wallets(id)).toEqual({ USD: '20.00' });
  });

  it('WD-8: conversions of a busy merchant are decided together, also two of one quote', async () => {
    await start(31, { ...ROUGH, overlapMs: 30 });
    const id = await withDollars('1000.00');
    const quotes = await Promise.all(
      Array.from({ length: 20 }, () => quoted(id, { amount: '20.00' })),
    );
    const replies = await Promise.all([...quotes, ...quotes].map((each) => convert(id, each)));
    const codes = replies.map(({ status, body }) => body.code ?? status);
    expect(codes.filter((code) => code === 201)).toHaveLength(20);
    expect(codes.filter((code) => code === 'quote_used')).toHaveLength(20);
    expect(await wallets(id)).toEqual({ USD: '600.00', EUR: '366.00' });
  });
});

describe('WA-7: rates', () => {
  it('a pair without a rate is refused, and a source without rates is an outage: nothing is stored', async () => {
    await start();
    const id = await withDollars();
    expectProblem(await quote(id, { to: 'CHF' }), 422, 'pair_not_supported');
    harness.exchange.rates = async () => 'rates_unavailable';
    const reply = await harness.call('POST /conversions/quotes', {
      as: id,
      body: { from: 'USD', to: 'EUR', side: 'sell', amount: '1.00' },
    });
    expectProblem(reply, 503, 'rates_unavailable');
    expect(reply.body.retryable).toBe(true);
    expect((await harness.rows()).filter(({ sk }) => String(sk).startsWith('QUOTE#'))).toEqual([]);
  });

  it('a conversion keeps the rate of its quote, whatever the rates are by then', async () => {
    await start();
    const id = await withDollars();
    const quoteId = await quoted(id);
    harness.exchange.rates = fixedRates({ USD: '1', EUR: '2' });
    expect((await convert(id, quoteId)).body.data.receive).toEqual({
      amount: '91.54',
      currency: 'EUR',
    });
  });

  it('the platform keeps the spread, and never loses a minor unit when money goes there and back', async () => {
    await start();
    const id = await withDollars();
    let held = { currency: 'USD', amount: '100.00' };
    for (const to of ['EUR', 'JPY', 'BTC', 'IRT', 'USD']) {
      const { body } = await quote(id, { from: held.currency, amount: held.amount, to });
      expect((await convert(id, body.data.id)).status).toBe(201);
      held = body.data.receive;
    }
    // Five times half a per cent, and what was rounded: a yen is 0.66 cents.
    expect(Number(held.amount)).toBeLessThan(97.53);
    expect(Number(held.amount)).toBeGreaterThan(96.8);
    expect(await wallets(id)).toEqual({
      USD: held.amount,
      EUR: '0.00',
      JPY: '0',
      BTC: '0.00000000',
      IRT: '0',
    });
  });
});
