import { randomUUID } from 'node:crypto';
import { QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commit } from '../../lambdas/ledger/commit.ts';
import { type LedgerContext, openLedger } from '../../lambdas/ledger/context.ts';
import { releaseKey } from '../../lambdas/ledger/keys.ts';
import { minor } from '../../lambdas/ledger/money.ts';
import { drawOnWallet, type PendingRelease } from '../../lambdas/ledger/pending-releases.ts';
import { post } from '../../lambdas/ledger/post.ts';
import { readPhase } from '../../lambdas/ledger/postings.ts';
import { releaseMatured } from '../../lambdas/ledger/release.ts';
import { readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { readHoldings, readWalletFunds } from '../../lambdas/ledger/rows/wallets.ts';
import { decideWithdrawal } from '../../lambdas/operations/withdrawals/rule.ts';
import { recover as recoverAll } from '../../lambdas/payouts/recover.ts';
import { recoverReleases } from '../../lambdas/payouts/recover-releases.ts';
import { isRetryable } from '../../lambdas/platform/retry.ts';
import { ROUGH } from '../harness/faults.ts';
import { type Harness, startHarness, USD } from '../harness/harness.ts';
import { REAL } from '../harness/pacing.ts';
import { readSnapshot } from '../model/snapshot.ts';

const SECOND = 1_000;
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(61, ROUGH);
});
afterAll(() => harness.close());

const inSeconds = (seconds: number): string =>
  new Date(harness.clock.now.getTime() + seconds * SECOND).toISOString();
const advanceClock = (seconds: number) => {
  harness.clock.now = new Date(harness.clock.now.getTime() + seconds * SECOND);
};
const deposit = (id: string, amount: string, release_at?: unknown, key?: string) =>
  harness.deposit(id, { amount, ...(release_at !== undefined && { release_at }) }, key);
const withdraw = (as: string, amount: string, key: string = randomUUID()) =>
  harness.insist('POST /withdrawals', { as, key, body: { amount, source: 'wallet' } });
const wallet = async (as: string) =>
  (await harness.insist('GET /wallets/{currency}', { as, params: { currency: 'USD' } })).body.data;
/** Contention may leave a wallet to the next run. */
const runRecovery = () => recoverReleases(harness.context, harness.clock.now);

const releasesOf = async (merchantId: string) =>
  (await readSnapshot(harness)).releases.filter(({ owner }) => owner === merchantId);

/** The wallet's balances equal the sum of every posting ever made to them, and its releases add up. */
async function expectExact(merchantId: string): Promise<void> {
  const { transactions, wallets } = await readSnapshot(harness);
  const postings = transactions.flatMap((row) =>
    row.phases.flatMap((phase) => readPhase(phase, row)),
  );
  const posted = (name: 'wallet.available' | 'wallet.pending'): bigint => {
    const isIt = (account: (typeof postings)[number]['source']): boolean =>
      account.name === name && account.merchantId === merchantId;
    return postings.reduce(
      (sum, { source, destination, amount }) =>
        sum + (isIt(destination) ? amount : 0n) - (isIt(source) ? amount : 0n),
      0n,
    );
  };
  const found = wallets.find(({ owner }) => owner === merchantId);
  expect([found?.available, found?.pending]).toEqual([
    posted('wallet.available'),
    posted('wallet.pending'),
  ]);
  const releases = (await releasesOf(merchantId)).reduce((sum, { amount }) => sum + amount, 0n);
  expect(releases).toBe(found?.pending);
  expect(postings.every(({ amount }) => amount > 0n)).toBe(true);
}

describe('a deposit with a release time', () => {
  it('WA-3 WA-4: is pending until then and available from then on, without a background job', async () => {
    const id = await harness.merchant('10.00');
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
    advanceClock(60);
    expect(await wallet(id)).toMatchObject({ available: '35.00', pending: '7.00' });
    const { wallets } = (await harness.insist('GET /me', { as: id })).body.data;
    expect(wallets).toMatchObject([{ available: '35.00', pending: '7.00' }]);
    expect((await withdraw(id, '35.01')).body.code).toBe('insufficient_funds');
    expect((await withdraw(id, '34.00')).status).toBe(202);
    expect(await wallet(id)).toMatchObject({ available: '1.00', pending: '7.00' });
    // A repeat returns the first response byte for byte, although the money has moved since.
    expect((await deposit(id, '30.00', first.body.data.release_at, 'first')).text).toBe(first.text);
    await expectExact(id);
  });

  it('WA-3: is available at once if the time has passed', async () => {
    const id = await harness.merchant('10.00');
    const reply = await deposit(id, '3.00', inSeconds(0));
    expect([reply.status, reply.body.data.release_at]).toEqual([201, undefined]);
    await deposit(id, '4.00', '2020-01-01T00:00:00+03:30');
    expect(await wallet(id)).toMatchObject({ available: '7.00', pending: '0.00', releases: [] });
    expect(await releasesOf(id)).toEqual([]);
  });

  it('WA-3: is refused if the time is over five years ahead, has no zone or is not a time', async () => {
    const id = await harness.merchant('10.00');
    const fiveYears = new Date(harness.clock.now);
    fiveYears.setUTCFullYear(fiveYears.getUTCFullYear() + 5);
    const key = randomUUID();
    const justTooFar = new Date(fiveYears.getTime() + 1).toISOString();
    const refused = await deposit(id, '1.00', justTooFar, key);
    expect([refused.status, refused.body.code]).toEqual([422, 'release_too_far']);
    // The refusal is stored: a late retry returns the first response.
    advanceClock(1);
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

  it('WA-2 WA-3: opens its wallet once, also when twenty deposits arrive concurrently', async () => {
    const id = await harness.merchant('10.00');
    const body = { amount: '1.00', currency: 'EUR', release_at: inSeconds(30) };
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => harness.deposit(id, body, `k${index % 10}`)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const { items } = (await harness.insist('GET /wallets', { as: id })).body.data;
    expect(items).toMatchObject([{ currency: 'EUR', pending: '10.00' }, { currency: 'USD' }]);
  });
});

describe('pending releases', () => {
  it('WA-4 AP-6: are listed completely, the soonest first, page by page', async () => {
    const [id, other] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    const times = Array.from({ length: 25 }, (_, index) => inSeconds(100 - index));
    for (const at of times) await deposit(id, '1.00', at);
    await deposit(id, '9.00', inSeconds(1));
    advanceClock(1);
    const list = (as: string, query: Record<string, string> = {}) =>
      harness.insist('GET /wallets/{currency}/releases', {
        as,
        params: { currency: 'usd' },
        query,
      });
    const found: { release_at: string }[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '10', ...(cursor !== null && { cursor }) };
      const { data } = (await list(id, query)).body;
      found.push(...data.items);
      cursor = data.next_cursor;
    } while (cursor !== null);
    // A matured release is no longer pending.
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

  it('LE-2 AP-3: another merchant’s deposit is not found by its id', async () => {
    const [id, other] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    const { id: txnId } = (await deposit(id, '1.00', inSeconds(60))).body.data;
    const read = (as: string) =>
      harness.insist('GET /transactions/{id}', { as, params: { id: txnId } });
    expect((await read(other)).status).toBe(404);
    expect((await read(id)).body.data).toMatchObject({
      type: 'deposit',
      release_at: inSeconds(60),
    });
  });
});

describe('a debit that needs matured releases', () => {
  it('WA-3: releases the oldest that suffice in its own transaction, and leaves the others', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '2.00');
    for (const seconds of [3, 1, 2]) await deposit(id, `${seconds}0.00`, inSeconds(seconds));
    advanceClock(3);
    const { id: txnId } = (await withdraw(id, '25.00')).body.data;
    expect((await releasesOf(id)).map(({ amount }) => amount)).toEqual([30_00n]);
    const { transactions } = await readSnapshot(harness);
    expect(transactions.find((row) => row.txnId === txnId)?.phases).toEqual([
      {
        name: 'accept',
        at: inSeconds(0),
        postings: [
          ['pending', 'wallet', 30_00n],
          ['wallet', 'clearing', 25_00n],
        ],
      },
    ]);
    await expectExact(id);
  });

  it('WA-3 WA-5: may be a transfer with its fee', async () => {
    const [alice, bob] = [await harness.merchant('10.00'), await harness.merchant('10.00')];
    await deposit(alice, '10.00', inSeconds(1));
    advanceClock(1);
    const order = { as: alice, key: 't', body: { to: bob, amount: '9.80' } };
    const made = await harness.insist('POST /transfers', order);
    expect([made.status, made.body.data.fee]).toEqual([201, '0.20']);
    expect([await wallet(alice), await wallet(bob)]).toMatchObject([
      { available: '0.00', pending: '0.00' },
      { available: '9.80' },
    ]);
    await expectExact(alice);
    await expectExact(bob);
  });

  it('WA-3 OP-3: eleven debits and five recoveries race for twenty releases: ten are paid, none twice', async () => {
    const id = await harness.merchant('10.00');
    for (let index = 0; index < 20; index += 1) await deposit(id, '1.00', inSeconds(1));
    advanceClock(1);
    const debits = Array.from({ length: 11 }, () => withdraw(id, '2.00'));
    const recoveries = Array.from({ length: 5 }, runRecovery);
    const replies = await Promise.all(debits);
    await Promise.all(recoveries);
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(202), 402]);
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '0.00' });
    await expectExact(id);
  });

  it('WA-3 OP-3: one that needs all of 500 gets them, 40 in a transaction, to the cent', async () => {
    const id = await harness.merchant('10.00');
    const at = inSeconds(1);
    for (let part = 0; part < 10; part += 1) {
      await Promise.all(Array.from({ length: 50 }, () => deposit(id, '1.00', at)));
    }
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '500.00' });
    advanceClock(1);
    expect(await wallet(id)).toMatchObject({ available: '500.00', pending: '0.00' });
    expect((await withdraw(id, '500.01')).body.code).toBe('insufficient_funds');
    expect((await releasesOf(id)).length).toBe(500);
    expect((await withdraw(id, '500.00', 'all')).status).toBe(202);
    expect(await wallet(id)).toMatchObject({ available: '0.00', pending: '0.00', releases: [] });
    const { transactions } = await readSnapshot(harness);
    const moved = transactions.flatMap((row) =>
      row.type === 'release' && row.merchantId === id ? [row.amount] : [],
    );
    expect(moved.reduce((sum, amount) => sum + amount, 0n)).toBe(460_00n);
    expect(moved.every((amount) => amount <= 40_00n)).toBe(true);
    await expectExact(id);
  }, 120_000);
});

describe('a release between two steps', () => {
  const ledgerWith = (dynamo: Harness['faultless']): LedgerContext =>
    openLedger(dynamo, harness.context.ledger.table, REAL, () => harness.clock.now);
  const faultlessLedger = () => ledgerWith(harness.faultless);

  /** Runs `interrupt` before each query for releases. */
  function interruptedLedger(interrupt: () => Promise<void>): LedgerContext {
    const isForReleases = ({ ExpressionAttributeValues: values = {} }: QueryCommand['input']) =>
      Object.values(values).some((value) => String(value).startsWith('RELEASE#'));
    const client = new Proxy(harness.faultless, {
      get: (faultless, name) =>
        name === 'send'
          ? async (command: QueryCommand) => {
              if (command instanceof QueryCommand && isForReleases(command.input)) {
                await interrupt();
              }
              return faultless.send(command);
            }
          : Reflect.get(faultless, name),
    });
    return ledgerWith(client);
  }
  const releasingLedger = () =>
    interruptedLedger(() =>
      recoverReleases({ ...harness.context, ledger: faultlessLedger() }, harness.clock.now),
    );

  it('WA-4: a balance read in two steps shows money neither twice nor not at all', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '7.00', inSeconds(60));
    advanceClock(1);
    const [usdWallet] = await readHoldings(releasingLedger(), id, { releases: 20 });
    expect(usdWallet).toMatchObject({
      available: 5_00n,
      pending: 7_00n,
      releases: [{ amount: 7_00n }],
    });
  });

  it('WA-4 WD-8: a balance that changes faster than it is read is retryable, never wrong', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '9.00', inSeconds(60));
    const changing = interruptedLedger(async () => {
      await deposit(id, '1.00', inSeconds(60));
    });
    const error = await readHoldings(changing, id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'RetryableError' });
    expect(isRetryable(error)).toBe(true);
  });

  it('WA-3: the second read of a debit’s funds sees the release: available funds are never refused', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    advanceClock(1);
    const ledger = releasingLedger();
    const funds = await readWalletFunds(ledger, id, USD, minor(5_00n), harness.clock.now);
    expect(funds).toMatchObject({ wallet: { available: 5_00n }, matured: [] });
    expect(drawOnWallet(funds, minor(5_00n))).toEqual({ kind: 'drawn', releases: [] });
  });

  it('WA-3: a release before the commit makes the debit lose, although other money is pending', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '5.00', inSeconds(1));
    await deposit(id, '90.00', inSeconds(3_600));
    advanceClock(1);
    const ledger = faultlessLedger();
    const now = harness.clock.now;
    const order = {
      amount: minor(10_00n),
      currency: USD,
      source: 'wallet',
      checkMarginMs: 900_000,
    } as const;
    const merchant = await readMerchant(ledger, id);
    const funds = await readWalletFunds(ledger, id, USD, order.amount, now);
    const { matured } = funds;
    const decision = decideWithdrawal(
      { merchant, funds: { source: 'wallet', ...funds } },
      order,
      now,
    );
    if (decision.kind !== 'accepted') throw new Error(decision.kind);

    const released = await releaseMatured(ledger, id, USD, matured.slice(0, 1), now);
    expect(released).toEqual({ kind: 'committed' });
    const debit = post([{ ...decision, txnId: 'T', name: 'accept' }]);
    expect(await commit(ledger, debit)).toMatchObject({ kind: 'refused', by: 'release' });
    // Another release of the same funds loses as well, whichever of them is its first.
    const again = (releases: readonly PendingRelease[]) =>
      releaseMatured(ledger, id, USD, releases, now);
    expect(await again(matured)).toMatchObject({ kind: 'refused', by: 'transaction' });
    expect(await again(matured.toReversed())).toMatchObject({ kind: 'refused', by: 'release' });
    await expectExact(id);
  });
});

describe('recovery', () => {
  const runAll = () =>
    recoverAll({
      ...harness.context,
      againAfterMs: 900_000,
      settle: async () => {},
      execute: async () => {},
      rebalance: async () => {},
    })();

  it('WA-3: releases the funds of 250 wallets in a few runs, and an unreadable row stops no other', async () => {
    const ids = await Promise.all(Array.from({ length: 250 }, () => harness.merchant('10.00')));
    for (let from = 0; from < ids.length; from += 50) {
      const part = ids.slice(from, from + 50);
      await Promise.all(part.map((id) => deposit(id, '1.00', inSeconds(1))));
    }
    const [broken = ''] = ids;
    const [release] = await releasesOf(broken);
    if (release === undefined) throw new Error('no release');
    const setAmount = (amount: unknown) =>
      harness.faultless.send(
        new UpdateCommand({
          TableName: harness.context.ledger.table,
          Key: { ...releaseKey(broken, release) },
          UpdateExpression: 'SET amount = :amount',
          ExpressionAttributeValues: { ':amount': amount },
        }),
      );
    await setAmount('edited by hand');
    advanceClock(1);
    // Each wallet loses a fifth of its runs to injected faults.
    for (let runs = 0; runs < 15; runs += 1) await runAll();
    const { wallets } = await readSnapshot({
      rows: async () => (await harness.rows()).filter(({ pk }) => pk !== `M#${broken}`),
    });
    const left = wallets.filter(({ owner, pending }) => ids.includes(owner) && pending > 0n);
    expect(left).toEqual([]);
    expect(wallets.filter(({ owner }) => ids.includes(owner))).toHaveLength(249);
    await setAmount(release.amount);
  }, 120_000);

  it('WA-3: releases matured funds only, and no visible balance changes', async () => {
    const id = await harness.merchant('10.00');
    await deposit(id, '1.00', inSeconds(10));
    await deposit(id, '2.00', inSeconds(20));
    await deposit(id, '4.00', inSeconds(30));
    await runRecovery();
    expect((await releasesOf(id)).length).toBe(3);
    advanceClock(20);
    const before = await wallet(id);
    for (let runs = 0; runs < 10; runs += 1) await runRecovery();
    expect((await releasesOf(id)).map(({ amount }) => amount)).toEqual([4_00n]);
    expect(await wallet(id)).toEqual(before);
    await expectExact(id);
    const { items } = (
      await harness.insist('GET /transactions', { as: id, query: { type: 'release' } })
    ).body.data;
    // Two transactions where a bucket could not be read at first.
    const amounts: string[] = items.map(({ amount }: { amount: string }) => amount);
    expect([['3.00'], ['1.00', '2.00']]).toContainEqual(amounts.toSorted());
    // LE-1: the wallet names a release as its last change; two of one instant are listed in either order.
    const row = (await harness.rows()).find(
      ({ pk, sk }) => pk === `M#${id}` && sk === 'WALLET#USD',
    );
    const releases = items.map(({ id: transaction }: { id: string }) => `${transaction}:release`);
    expect(releases.map((release: string) => [release])).toContainEqual(row?.['by']);
  });
});
