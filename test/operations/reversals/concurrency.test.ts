import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openLedger } from '../../../lambdas/ledger/context.ts';
import type { Key } from '../../../lambdas/ledger/keys.ts';
import { readPool } from '../../../lambdas/ledger/rows/pool.ts';
import { rebalance } from '../../../lambdas/operations/pools/rebalance.ts';
import { reverseTransaction } from '../../../lambdas/operations/reversals/reverse-transaction.ts';
import { recoverReleases } from '../../../lambdas/payouts/recover-releases.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Reply, USD } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';
import { REAL } from '../../harness/pacing.ts';
import { expectConserved, rowOf, walletOf } from '../confirmations/setup.ts';
import { outcomesOf, type Reversing, startReversing } from './setup.ts';

/** Under injected conflicts, throttling and lost answers unless said otherwise: local engines have none. */
let admins: Reversing;
afterEach(async () => {
  await expectConserved(admins.harness);
  admins.harness.close();
});

/** Without faults: nobody repeats what the test itself does. */
const ownLedger = () => {
  const { faultless, engine, clock } = admins.harness;
  return openLedger(faultless, engine.ledgerTable, REAL, () => clock.now);
};
const times = <Made>(count: number, make: (index: number) => Made): Made[] =>
  Array.from({ length: count }, (_, index) => make(index));
const LATER = '2026-11-20T13:00:00.000Z';

/** Two admins, each with copies of one request: the copies of one of them are answered alike, the others refused. */
async function expectOneOfTwo(txnId: string): Promise<void> {
  const { harness, reverse } = admins;
  const [alice = [], bob = []] = await Promise.all(
    ['alice', 'bob'].map((as) =>
      Promise.all(times(3, () => reverse(txnId, { as, key: `${as}-${txnId}` }))),
    ),
  );
  const [winner, loser] = alice[0]?.status === 201 ? [alice, bob] : [bob, alice];
  expect([...outcomesOf(winner), ...outcomesOf(loser)]).toEqual([
    ...times(3, () => '201'),
    ...times(3, () => 'transaction_already_reversed'),
  ]);
  expect(new Set(winner.map(({ text }) => text)).size).toBe(1);
  const { id } = winner[0]?.body.data ?? {};
  expect(loser.map(({ body }) => body.values)).toEqual(times(3, () => ({ reversal: id })));
  expect(await rowOf(harness, txnId)).toMatchObject({ reversedBy: id });
}

describe('WA-9: many at once', () => {
  it('of two admins who reverse one deposit, with copies, one does, once', async () => {
    admins = await startReversing(84, ROUGH);
    const { harness, deposited } = admins;
    const id = await harness.merchant('10.00');
    // Enough to take each of them twice.
    await deposited(id, '500.00');
    for (let round = 0; round < 8; round += 1) {
      const txnId = await deposited(id, '30.00', round % 2 === 0 ? undefined : LATER);
      await expectOneOfTwo(txnId);
      expect(await walletOf(harness, id)).toEqual({ available: 500_00n, pending: 0n });
    }
    expect(harness.faults.conflicts).toBeGreaterThan(3);
    expect(harness.faults.lostAfter).toBeGreaterThan(0);
  }, 60_000);

  it('CR-1: of two admins who reverse one top-up, with copies, one does, once', async () => {
    admins = await startReversing(72, ROUGH, { poolShards: 3 });
    const { toppedUp } = admins;
    await toppedUp('500.00');
    await rebalance(ownLedger(), USD);
    for (let round = 0; round < 5; round += 1) await expectOneOfTwo(await toppedUp('200.00'));
    const pool = await readPool(ownLedger(), USD);
    const held = [...(pool?.shards ?? []), pool?.root].map((row): bigint => row?.available ?? 0n);
    expect(held.reduce((sum, each) => sum + each, 0n)).toBe(500_00n);
  }, 60_000);

  it('LE-1: the money in a wallet is taken back or spent, never both', async () => {
    admins = await startReversing(73, ROUGH);
    const { harness, deposited, reverse, withdraw, transfer } = admins;
    const payee = await harness.merchant('10.00');
    for (let round = 0; round < 6; round += 1) {
      const id = await harness.merchant('10.00');
      const deposits = await Promise.all(times(3, () => deposited(id, '10.20')));
      const [reversed, spent] = await Promise.all([
        Promise.all(deposits.map((each) => reverse(each))),
        Promise.all([withdraw(id, '10.20'), transfer(id, payee, '10.00'), withdraw(id, '10.20')]),
      ]);
      const took = (replies: readonly Reply[]) => replies.filter(({ status }) => status < 300);
      // Each takes 10.20 of 30.60.
      expect(took([...reversed, ...spent])).toHaveLength(3);
      expect(new Set(outcomesOf(reversed))).not.toContain('transaction_already_reversed');
      expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    }
  }, 60_000);

  it('CR-2: what a pool holds is taken back or lent, never both', async () => {
    admins = await startReversing(74, ROUGH, { poolShards: 3 });
    const { harness, toppedUp, reverse, withdraw } = admins;
    const id = await harness.merchant('1000.00');
    const topUps = await Promise.all(times(4, () => toppedUp('20.00')));
    await rebalance(ownLedger(), USD);
    const replies = await Promise.all([
      ...topUps.map((each) => reverse(each)),
      ...times(4, () => withdraw(id, '20.00', 'credit')),
    ]);
    expect(replies.filter(({ status }) => status < 300)).toHaveLength(4);
    expect(outcomesOf(replies).filter((each) => each === 'insufficient_pool')).toHaveLength(4);
  }, 60_000);

  it('WA-3: beside releases, and debits that draw on the same releases', async () => {
    admins = await startReversing(75, ROUGH);
    const { harness, deposited, reverse, withdraw } = admins;
    for (let round = 0; round < 6; round += 1) {
      harness.clock.now = new Date('2026-11-20T12:00:00.000Z');
      const id = await harness.merchant('10.00');
      const deposits = await Promise.all(times(4, () => deposited(id, '10.00', LATER)));
      harness.clock.now = new Date('2026-11-20T14:00:00.000Z');
      const recovering = times(3, () =>
        recoverReleases(harness.context, harness.clock.now).catch(() => undefined),
      );
      const replies = await Promise.all([
        ...deposits.slice(0, 2).map((each) => reverse(each)),
        withdraw(id, '10.00'),
        withdraw(id, '10.00'),
      ]);
      await Promise.all(recovering);
      expect(outcomesOf(replies)).toEqual(['201', '201', '202', '202']);
      const wallet = await walletOf(harness, id);
      expect((wallet?.available ?? 0n) + (wallet?.pending ?? 0n)).toBe(0n);
      await expectConserved(harness);
    }
  }, 60_000);

  it('ID-2: a merchant is archived after its deposit is reversed, or not at all', async () => {
    admins = await startReversing(76, ROUGH);
    const { harness, deposited, reverse, archive } = admins;
    for (let round = 0; round < 8; round += 1) {
      const id = await harness.merchant('10.00');
      const txnId = await deposited(id, '10.00', round % 2 === 0 ? undefined : LATER);
      const [reversed, archived] = await Promise.all([reverse(txnId), archive(id)]);
      expect(reversed.status).toBe(201);
      expect(['200', 'merchant_not_empty']).toContain(
        String(archived.body.code ?? archived.status),
      );
      expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    }
  }, 60_000);
});

describe('WA-9: what changes between the read and the commit', () => {
  it('WA-3: a release that commits first leaves the money to be taken from the wallet', async () => {
    admins = await startReversing(77);
    const { harness, deposited, reverse } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await deposited(id, '10.00', LATER);
    await deposited(id, '5.00', LATER);
    harness.clock.now = new Date('2026-11-20T14:00:00.000Z');
    harness.beforeCommit(() => recoverReleases(harness.context, harness.clock.now));
    expect((await reverse(txnId)).status).toBe(201);
    expect(await walletOf(harness, id)).toEqual({ available: 500n, pending: 0n });
  });

  it('WA-3: a reversal that commits first leaves a debit with what the others release', async () => {
    admins = await startReversing(78);
    const { harness, deposited, reverse, withdraw } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await deposited(id, '10.00', LATER);
    await deposited(id, '15.00', LATER);
    harness.clock.now = new Date('2026-11-20T14:00:00.000Z');
    harness.beforeCommit(async () => {
      expect((await reverse(txnId)).status).toBe(201);
    });
    expect((await withdraw(id, '15.00')).status).toBe(202);
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    expect((await withdraw(id, '0.01')).body.code).toBe('insufficient_funds');
  });

  it('money that is spent in between is not taken', async () => {
    admins = await startReversing(79);
    const { harness, deposited, reverse, withdraw } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await deposited(id, '10.00');
    harness.beforeCommit(async () => {
      expect((await withdraw(id, '0.01')).status).toBe(202);
    });
    expect((await reverse(txnId)).body.code).toBe('deposit_spent');
    expect(await walletOf(harness, id)).toEqual({ available: 999n, pending: 0n });
  });

  it('a reversal by another admin in between is the reason, not the money that it took', async () => {
    admins = await startReversing(82);
    const { harness, deposited, toppedUp, reverse } = admins;
    const id = await harness.merchant('10.00');
    for (const mistake of [await deposited(id, '10.00'), await toppedUp('10.00')]) {
      const { ledger } = harness.context;
      const { load } = ledger;
      let isRead = false;
      // The other one reverses after this one has read the original, and before it reads the money.
      const late = {
        ...ledger,
        load: async (key: Key) => {
          const row = await load(key);
          if (isRead || key.sk !== `TXN#${mistake}`) return row;
          isRead = true;
          expect((await reverse(mistake, { as: 'bob' })).status).toBe(201);
          return row;
        },
      };
      const call = callerOf({ ...harness.context, ledger: late }, reverseTransaction);
      const reply = await call('POST /admin/transactions/{id}/reverse', {
        admin: true,
        as: 'alice',
        key: randomUUID(),
        params: { id: mistake },
      });
      expect(outcomesOf([reply])).toEqual(['transaction_already_reversed']);
    }
  });

  it('ID-2: an archive that looked earlier sees the money, and is refused', async () => {
    admins = await startReversing(80);
    const { harness, deposited, reverse, archive } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await deposited(id, '10.00');
    harness.beforeCommit(async () => {
      expect((await archive(id)).body.code).toBe('merchant_not_empty');
    });
    expect((await reverse(txnId)).status).toBe(201);
    expect((await archive(id)).status).toBe(200);
  });
});

describe('ID-8 WA-9: above the limit a second admin confirms', () => {
  const start = () => startReversing(81, ROUGH, { secondAdminAbove: { '*': '100' } });
  const confirm = (id: string, as = 'bob') =>
    admins.harness.insist('POST /admin/transactions/{id}/confirm', {
      admin: true,
      as,
      params: { id },
      key: `${as}-${id}-${Math.random()}`.slice(0, 100),
    });
  /** Alice proposes, bob confirms. */
  const bigDeposit = async (id: string): Promise<string> => {
    const txnId = await admins.deposited(id, '150.00');
    expect((await confirm(txnId)).status).toBe(201);
    return txnId;
  };

  it('what one has proposed; until then it moves and blocks nothing', async () => {
    admins = await start();
    const { harness, reverse, withdraw, archive } = admins;
    const id = await harness.merchant('10.00');
    const mistake = await bigDeposit(id);
    const proposed = await reverse(mistake, { reason: 'too much' });
    expect([proposed.status, proposed.body.data]).toMatchObject([
      202,
      { type: 'reversal', status: 'PROPOSED', merchant_id: id, amount: '150.00' },
    ]);
    const { id: reversal } = proposed.body.data;
    expect(await rowOf(harness, mistake)).not.toHaveProperty('reversedBy');
    expect((await withdraw(id, '150.00')).status).toBe(202);
    // The confirmation decides on what there is now, and the proposal stays.
    const refused = await confirm(reversal);
    expect([refused.status, refused.body.code]).toEqual([402, 'deposit_spent']);
    expect((await confirm(reversal, 'alice')).body.code).toBe('second_admin_needed');
    await bigDeposit(id);
    const confirmed = await confirm(reversal);
    expect([confirmed.status, confirmed.body.data]).toMatchObject([
      201,
      { id: reversal, reverses: mistake, reason: 'too much', amount: '150.00' },
    ]);
    expect(await rowOf(harness, mistake)).toMatchObject({ reversedBy: reversal });
    expect((await archive(id)).body.code).toBe('merchant_not_empty');
  }, 60_000);

  it('of two proposals for one deposit, one can be confirmed', async () => {
    admins = await start();
    const { harness, reverse } = admins;
    const id = await harness.merchant('10.00');
    const mistake = await bigDeposit(id);
    await bigDeposit(id);
    const proposals = await Promise.all(times(2, () => reverse(mistake)));
    const replies = await Promise.all(
      proposals.map(({ body }, index) => confirm(body.data.id, ['bob', 'carol'][index])),
    );
    expect(outcomesOf(replies)).toEqual(['201', 'transaction_already_reversed']);
    expect(await walletOf(harness, id)).toEqual({ available: 150_00n, pending: 0n });
  }, 60_000);

  it('ID-2: a proposal keeps no merchant from being archived', async () => {
    admins = await start();
    const { harness, reverse, transfer, archive } = admins;
    const id = await harness.merchant('10.00');
    const mistake = await admins.deposited(id, '102.00');
    expect((await confirm(mistake)).status).toBe(201);
    const { body } = await reverse(mistake);
    expect((await transfer(id, await harness.merchant('1.00'), '100.00')).status).toBe(201);
    expect((await archive(id)).status).toBe(200);
    expect((await confirm(body.data.id)).body.code).toBe('deposit_spent');
  }, 60_000);
});
