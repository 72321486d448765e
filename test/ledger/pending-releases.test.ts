import { randomUUID } from 'node:crypto';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commit } from '../../lambdas/ledger/commit.ts';
import { trancheKey } from '../../lambdas/ledger/keys.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { drawOnWallet, type Tranche, trancheRow } from '../../lambdas/ledger/pending-releases.ts';
import { release } from '../../lambdas/ledger/release.ts';
import { debitWallet, readHoldings, readWalletFacts } from '../../lambdas/ledger/rows/wallets.ts';
import { openLedger } from '../../lambdas/ledger/table.ts';
import { sweep as runSweep } from '../../lambdas/payouts/recover.ts';
import { sweepTranches } from '../../lambdas/payouts/recover-releases.ts';
import { ROUGH } from '../harness/faults.ts';
import { startWorld, USD, type World } from '../harness/harness.ts';
import { readBooks } from '../model/snapshot.ts';

const SECOND = 1_000;
let world: World;
beforeAll(async () => {
  world = await startWorld(61, ROUGH);
});
afterAll(() => world.close());

const inSeconds = (seconds: number): string =>
  new Date(world.clock.now.getTime() + seconds * SECOND).toISOString();
const wait = (seconds: number) => {
  world.clock.now = new Date(world.clock.now.getTime() + seconds * SECOND);
};
const deposit = (id: string, amount: string, release_at?: unknown, key?: string) =>
  world.deposit(id, { amount, ...(release_at !== undefined && { release_at }) }, key);
const withdraw = (as: string, amount: string, key: string = randomUUID()) =>
  world.insist('POST /withdrawals', { as, key, body: { amount, source: 'wallet' } });
const wallet = async (as: string) =>
  (await world.insist('GET /wallets/{currency}', { as, params: { currency: 'USD' } })).body.data;

/** The wallet's rows against each other and against every posting ever made to them. */
async function expectExact(merchantId: string): Promise<void> {
  const { transactions, wallets } = await readBooks(world);
  const own = transactions.filter((row) => row.merchantId === merchantId);
  const posted = (account: 'wallet' | 'pending'): bigint =>
    own
      .flatMap(({ phases }) => phases)
      .reduce((sum, { postings }) => sum + (postings[account] ?? 0n), 0n);
  const found = wallets.find(({ owner }) => owner === merchantId);
  expect([found?.available, found?.pending]).toEqual([posted('wallet'), posted('pending')]);
  const tranches = (await tranchesOf(merchantId)).reduce((sum, { amount }) => sum + amount, 0n);
  expect(tranches).toBe(found?.pending);
  for (const { phases } of own) {
    for (const { postings } of phases) {
      expect(Object.values(postings).reduce((sum, amount) => sum + amount, 0n)).toBe(0n);
    }
  }
}
const tranchesOf = async (merchantId: string) =>
  (await world.rows())
    .filter(({ pk, sk }) => pk === `M#${merchantId}` && String(sk).startsWith('TRANCHE#'))
    .map((row) => trancheRow.parse(row));

describe('a deposit with a time', () => {
  it('WA-3 WA-4: is pending until then, and available from then on with every background job dead', async () => {
    const id = await world.merchant('10.00');
    const first = await deposit(id, '30.00', inSeconds(60), 'first');
    expect([first.status, first.body.data.release_at]).toEqual([201, inSeconds(60)]);
    await deposit(id, '5.00');
    await deposit(id, '7.00', inSeconds(90));
    expect(await wallet(id)).toEqual({
      currency: 'USD',
      available: '5.00',
      pending: '37.00',
      releases: [
        { amount: '30.00', release_at: inSeconds(60), deposit_id: first.body.data.id },
        { amount: '7.00', release_at: inSeconds(90), deposit_id: expect.any(String) },
      ],
    });
    expect((await withdraw(id, '5.01')).body.code).toBe('insufficient_funds');
    wait(60);
    expect(await wallet(id)).toMatchObject({ available: '35.00', pending: '7.00' });
    const { wallets } = (await world.insist('GET /me', { as: id })).body.data;
    expect(wallets).toMatchObject([{ available: '35.00', pending: '7.00' }]);
    expect((await withdraw(id, '35.01')).body.code).toBe('insufficient_funds');
    expect((await withdraw(id, '34.00')).status).toBe(202);
    expect(await wallet(id)).toMatchObject({ available: '1.00', pending: '7.00' });
    // The first answer, word for word, although the money has long moved on.
    expect((await deposit(id, '30.00', first.body.data.release_at, 'first')).text).toBe(first.text);
    await expectExact(id);
  });

  it('WA-3: whose time has passed is immediate', async () => {
    const id = await world.merchant('10.00');
    const reply = await deposit(id, '3.00', inSeconds(0));
    expect([reply.status, reply.body.data.release_at]).toEqual([201, undefined]);
    await deposit(id, '4.00', '2020-01-01T00:00:00+03:30');
    expect(await wallet(id)).toMatchObject({ available: '7.00', pending: '0.00', releases: [] });
    expect(await tranchesOf(id)).toEqual([]);
  });

  it('WA-3: more than five years ahead, without a zone, or not a time, is refused', async () => {
    const id = await world.merchant('10.00');
    const fiveYears = new Date(world.clock.now);
    fiveYears.setUTCFullYear(fiveYears.getUTCFullYear() + 5);
    const key = randomUUID();
    const justTooFar = new Date(fiveYears.getTime() + 1).toISOString();
    const refused = await deposit(id, '1.00', justTooFar, key);
    expect([refused.status, refused.body.code]).toEqual([422, 'release_too_far']);
    // Remembered: a late retry may not hear another answer than the first.
    wait(1);
    expect((await deposit(id, '1.00', justTooFar, key)).text).toBe(refused.text);
    expect((await deposit(id, '1.00', '9999-12-31T23:59:59Z')).body.code).toBe('release_too_far');
    expect((await deposit(id, '1.00', fiveYears.toISOString())).status).toBe(201);
    for (const wrong of [
      '2027-01-01T00:00:00',
      '2027-01-01',
      'soon',
      1,
      '9999-12-31T23:59:59-12:00',
    ]) {
      const reply = await deposit(id, '1.00', wrong);
      expect([wrong, reply.status, reply.body.errors?.[0].field]).toEqual([
        wrong,
        422,
        'release_at',
      ]);
    }
  });

  it('WA-2 WA-3: opens the wallet that it needs, once, also when twenty come at the same time', async () => {
    const id = await world.merchant('10.00');
    const body = { amount: '1.00', currency: 'EUR', release_at: inSeconds(30) };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => world.deposit(id, body, `k${index % 10}`)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const { items } = (await world.insist('GET /wallets', { as: id })).body.data;
    expect(items).toMatchObject([{ currency: 'EUR', pending: '10.00' }, { currency: 'USD' }]);
  });
});

describe('what is pending', () => {
  it('WA-4 AP-6: is listed whole, the soonest first, page by page', async () => {
    const [id, other] = [await world.merchant('10.00'), await world.merchant('10.00')];
    const times = Array.from({ length: 25 }, (_, index) => inSeconds(100 - index));
    for (const at of times) await deposit(id, '1.00', at);
    await deposit(id, '9.00', inSeconds(1));
    wait(1);
    const list = (as: string, query: Record<string, string> = {}) =>
      world.insist('GET /wallets/{currency}/releases', { as, params: { currency: 'usd' }, query });
    const found: { release_at: string }[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '10', ...(cursor !== null && { cursor }) };
      const { data } = (await list(id, query)).body;
      found.push(...data.items);
      cursor = data.next_cursor;
    } while (cursor !== null);
    // What has matured is pending no more.
    expect(found.map(({ release_at }) => release_at)).toEqual(times.toReversed());
    expect(new Set(found.map((each) => JSON.stringify(each))).size).toBe(25);
    expect((await wallet(id)).releases).toEqual(found.slice(0, 20));

    const { next_cursor } = (await list(id, { limit: '10' })).body.data;
    expect((await list(other, { cursor: next_cursor })).body.code).toBe('invalid_cursor');
    expect((await list(other)).body.data).toEqual({ items: [], next_cursor: null });
    for (const limit of ['0', '101', '1000']) {
      expect((await list(id, { limit })).body.errors[0].field).toBe('limit');
    }
  });

  it('LE-2 AP-3: of another merchant is not found by its deposit’s id', async () => {
    const [id, other] = [await world.merchant('10.00'), await world.merchant('10.00')];
    const { id: txnId } = (await deposit(id, '1.00', inSeconds(60))).body.data;
    const read = (as: string) =>
      world.insist('GET /transactions/{id}', { as, params: { id: txnId } });
    expect((await read(other)).status).toBe(404);
    expect((await read(id)).body.data).toMatchObject({
      type: 'deposit',
      release_at: inSeconds(60),
    });
  });
});

describe('a debit that needs matured tranches', () => {
  it('WA-3: folds the oldest that suffice, in its own transaction, and leaves the others', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '2.00');
    for (const seconds of [3, 1, 2]) await deposit(id, `${seconds}0.00`, inSeconds(seconds));
    wait(3);
    const { id: txnId } = (await withdraw(id, '25.00')).body.data;
    expect((await tranchesOf(id)).map(({ amount }) => amount)).toEqual([30_00n]);
    const { transactions } = await readBooks(world);
    expect(transactions.find((row) => row.txnId === txnId)?.phases).toMatchObject([
      { name: 'accept', postings: { pending: -30_00n, wallet: 5_00n, clearing: 25_00n } },
    ]);
    await expectExact(id);
  });

  it('WA-3 WA-5: a transfer too, fee and all', async () => {
    const [alice, bob] = [await world.merchant('10.00'), await world.merchant('10.00')];
    await deposit(alice, '10.00', inSeconds(1));
    wait(1);
    const order = { as: alice, key: 't', body: { to: bob, amount: '9.80' } };
    const made = await world.insist('POST /transfers', order);
    expect([made.status, made.body.data.fee]).toEqual([201, '0.20']);
    expect([await wallet(alice), await wallet(bob)]).toMatchObject([
      { available: '0.00', pending: '0.00' },
      { available: '9.80' },
    ]);
    await expectExact(alice);
  });

  it('WA-3 OP-3: ten debits and five sweeps at once over twenty tranches: all is paid, nothing twice', async () => {
    const id = await world.merchant('10.00');
    for (let index = 0; index < 20; index += 1) await deposit(id, '1.00', inSeconds(1));
    wait(1);
    const debits = Array.from({ length: 11 }, () => withdraw(id, '2.00'));
    const sweeps = Array.from({ length: 5 }, sweep);
    const replies = await Promise.all(debits);
    await Promise.all(sweeps);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(202), 402]);
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '0.00' });
    await expectExact(id);
  });

  it('WA-3 OP-3: one that needs all of 500 gets them, 40 at a time, to the cent', async () => {
    const id = await world.merchant('10.00');
    const at = inSeconds(1);
    for (let part = 0; part < 10; part += 1) {
      await Promise.all(Array.from({ length: 50 }, () => deposit(id, '1.00', at)));
    }
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '500.00' });
    wait(1);
    expect(await wallet(id)).toMatchObject({ available: '500.00', pending: '0.00' });
    expect((await withdraw(id, '500.01')).body.code).toBe('insufficient_funds');
    expect((await tranchesOf(id)).length).toBe(500);
    expect((await withdraw(id, '500.00', 'all')).status).toBe(202);
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '0.00', releases: [] });
    const { transactions } = await readBooks(world);
    const releases = transactions.filter(
      ({ merchantId, type }) => merchantId === id && type === 'release',
    );
    const moved = releases.map(({ amount }) => amount);
    expect(moved.reduce((sum, amount) => sum + amount, 0n)).toBe(460_00n);
    expect(moved.every((amount) => amount <= 40_00n)).toBe(true);
    await expectExact(id);
  }, 120_000);
});

describe('a fold in between', () => {
  const calmLedger = () => openLedger(world.calm, world.books.ledger.table);
  const usd = (cents: bigint) => minor(cents);

  /** Whoever asks for tranches finds that something happened just now. */
  function ledgerThat(happens: () => Promise<void>) {
    const isForTranches = ({ ExpressionAttributeValues: values = {} }: QueryCommand['input']) =>
      Object.values(values).some((value) => String(value).startsWith('TRANCHE#'));
    const client = new Proxy(world.calm, {
      get: (calm, name) =>
        name === 'send'
          ? async (command: QueryCommand) => {
              if (command instanceof QueryCommand && isForTranches(command.input)) await happens();
              return calm.send(command);
            }
          : Reflect.get(calm, name),
    });
    return openLedger(client, world.books.ledger.table);
  }
  const ledgerThatFolds = () => ledgerThat(() => sweepTranches(calmLedger(), world.clock.now));

  it('WA-4: of two reads of a balance shows neither money twice nor too little', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '7.00', inSeconds(60));
    wait(1);
    const [usdWallet] = await readHoldings(ledgerThatFolds(), id, world.clock.now, {
      releases: 20,
    });
    expect(usdWallet).toMatchObject({
      available: 5_00n,
      pending: 7_00n,
      releases: [{ amount: 7_00n }],
    });
  });

  it('WA-4 WD-8: a balance that changes faster than it can be read is 503, never a guess', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '9.00', inSeconds(60));
    const restless = ledgerThat(async () => {
      await deposit(id, '1.00', inSeconds(60));
    });
    await expect(readHoldings(restless, id, world.clock.now)).rejects.toMatchObject({
      name: 'TransactionInProgressException',
    });
  });

  it('WA-3: of the two reads is seen by the second: what is there is never refused', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    wait(1);
    const ledger = ledgerThatFolds();
    const facts = await readWalletFacts(ledger, id, USD, usd(5_00n), world.clock.now);
    expect(facts).toMatchObject({ wallet: { available: 5_00n }, matured: [] });
    expect(drawOnWallet(facts, usd(5_00n))).toEqual({ kind: 'accepted', folds: [] });
  });

  it('WA-3: of decision and commit makes the debit lose, although other money is pending', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '90.00', inSeconds(3_600));
    wait(1);
    const ledger = calmLedger();
    const { matured } = await readWalletFacts(ledger, id, USD, usd(10_00n), world.clock.now);
    const folded = await release(ledger, id, USD, matured.slice(0, 1), world.clock.now);
    expect(folded).toEqual({ kind: 'committed' });
    const change = { txnId: 'T', phase: 'accept' };
    const debit = debitWallet(ledger, id, USD, usd(10_00n), matured, change);
    expect(await commit(world.calm, debit)).toMatchObject({ kind: 'refused', by: 'tranche' });
    // So does another release, whichever of them it begins with.
    const again = (tranches: readonly Tranche[]) =>
      release(ledger, id, USD, tranches, world.clock.now);
    expect(await again(matured)).toMatchObject({ kind: 'refused', by: 'transaction' });
    expect(await again(matured.toReversed())).toMatchObject({ kind: 'refused', by: 'tranche' });
    await expectExact(id);
  });
});

/** A store that conflicts may leave a wallet to the next minute. */
const sweep = () => sweepTranches(world.books.ledger, world.clock.now);

describe('the sweep', () => {
  const whole = () =>
    runSweep({
      ledger: world.books.ledger,
      now: () => world.clock.now,
      againAfterMs: 900_000,
      settle: async () => {},
      carryOut: async () => {},
    })();

  it('WA-3: folds for 250 wallets in a few minutes, and one that cannot be read stops no other', async () => {
    const ids = await Promise.all(Array.from({ length: 250 }, () => world.merchant('10.00')));
    for (let from = 0; from < ids.length; from += 50) {
      const part = ids.slice(from, from + 50);
      await Promise.all(part.map((id) => deposit(id, '1.00', inSeconds(1))));
    }
    const [broken = ''] = ids;
    const [tranche] = await tranchesOf(broken);
    if (tranche === undefined) throw new Error('no tranche');
    await world.calm.send(
      new UpdateCommand({
        TableName: world.books.ledger.table,
        Key: { ...trancheKey(broken, tranche) },
        UpdateExpression: 'SET amount = :nonsense',
        ExpressionAttributeValues: { ':nonsense': 'by hand' },
      }),
    );
    wait(1);
    for (let runs = 0; runs < 6; runs += 1) await whole();
    const { wallets } = await readBooks({
      ...world,
      rows: async () => (await world.rows()).filter(({ pk }) => pk !== `M#${broken}`),
    });
    const left = wallets.filter(({ owner, pending }) => ids.includes(owner) && pending > 0n);
    expect(left).toEqual([]);
    await world.calm.send(
      new UpdateCommand({
        TableName: world.books.ledger.table,
        Key: { ...trancheKey(broken, tranche) },
        UpdateExpression: 'SET amount = :amount',
        ExpressionAttributeValues: { ':amount': tranche.amount },
      }),
    );
  }, 120_000);

  it('WA-3: folds what has matured and nothing else, and folding changes no balance that is shown', async () => {
    const id = await world.merchant('10.00');
    await deposit(id, '1.00', inSeconds(10));
    await deposit(id, '2.00', inSeconds(20));
    await deposit(id, '4.00', inSeconds(30));
    await sweep();
    expect((await tranchesOf(id)).length).toBe(3);
    wait(20);
    const before = await wallet(id);
    for (let runs = 0; runs < 10; runs += 1) await sweep();
    expect((await tranchesOf(id)).map(({ amount }) => amount)).toEqual([4_00n]);
    expect(await wallet(id)).toEqual(before);
    await expectExact(id);
    const { items } = (
      await world.insist('GET /transactions', { as: id, query: { type: 'release' } })
    ).body.data;
    // In one transaction, or in two where a bucket could not be read at first.
    const amounts: string[] = items.map(({ amount }: { amount: string }) => amount);
    expect([['3.00'], ['1.00', '2.00']]).toContainEqual(amounts.toSorted());
  });
});
