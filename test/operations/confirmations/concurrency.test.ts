import { randomUUID } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Key, walletKey } from '../../../lambdas/ledger/keys.ts';
import { confirmTransaction } from '../../../lambdas/operations/confirmations/confirm.ts';
import { PROPOSING } from '../../../lambdas/operations/confirmations/index.ts';
import { ROUGH } from '../../harness/faults.ts';
import { type Reply, USD } from '../../harness/harness.ts';
import { callerOf } from '../../harness/http-caller.ts';
import {
  ABOVE,
  type Admins,
  CONFIRM,
  expectConserved,
  rowOf,
  startAdmins,
  walletOf,
} from './setup.ts';

/** Under injected conflicts, throttling and lost answers unless said otherwise: local engines have none. */
let admins: Admins;
afterEach(() => admins.harness.close());

const codes = (replies: readonly Reply[]) =>
  replies.map(({ status, body }) => body.code ?? status).toSorted();
const times = <Made>(count: number, make: (index: number) => Made): Made[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('ID-8: many at once', () => {
  it('of two admins who confirm at once, with copies, one does, once', async () => {
    admins = await startAdmins(164, ROUGH);
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    for (let round = 1; round <= 8; round += 1) {
      const txnId = await proposed(id);
      const [bob, carol] = await Promise.all(
        ['bob', 'carol'].map((as) =>
          Promise.all(times(4, (copy) => confirm(txnId, as, copy < 2 ? `k-${txnId}` : undefined))),
        ),
      );
      const { proposal } = await rowOf(harness, txnId);
      const [winner = [], loser = []] =
        proposal?.confirmedBy === 'bob' ? [bob, carol] : [carol, bob];
      expect(codes(winner)).toEqual([201, 201, 201, 201]);
      expect(new Set(winner.map(({ text }) => text)).size).toBe(1);
      expect(new Set(codes(loser))).toEqual(new Set(['transaction_not_proposed']));
      expect(await walletOf(harness, id)).toMatchObject({ available: BigInt(round) * 1000_01n });
    }
    await expectConserved(harness);
    expect(harness.faults.conflicts).toBeGreaterThan(3);
    expect(harness.faults.lostAfter).toBeGreaterThan(0);
  }, 60_000);

  it('ID-2: of a confirmation and an archive, exactly one wins', async () => {
    admins = await startAdmins(62, ROUGH);
    const { harness, proposed, confirm } = admins;
    for (let round = 0; round < 12; round += 1) {
      const id = await harness.merchant('10.00');
      const txnId = await proposed(id);
      const archive = { admin: true, key: randomUUID(), params: { id } };
      const [confirmed, archived] = await Promise.all([
        confirm(txnId),
        harness.insist('POST /admin/merchants/{id}/archive', archive),
      ]);
      const outcome = [confirmed, archived].map(({ status, body }) => body.code ?? status).join();
      expect(['201,merchant_not_empty', 'merchant_cannot_receive,200']).toContain(outcome);
      const available = confirmed.status === 201 ? 1000_01n : 0n;
      expect(await walletOf(harness, id)).toEqual({ available, pending: 0n });
    }
    await expectConserved(harness);
  }, 60_000);

  it('LE-1: confirmations beside deposits, transfers, withdrawals and suspensions lose no cent', async () => {
    admins = await startAdmins(63, ROUGH);
    const { harness, deposit, proposed, confirm } = admins;
    const { call, insist } = harness;
    await harness.fillPool('900.00');
    const [one, other] = [await harness.merchant('900.00'), await harness.merchant('10.00')];
    await deposit(one, { amount: '500.00' });
    const proposals = await Promise.all(
      times(6, (index) => proposed(index % 2 === 0 ? one : other)),
    );
    const topUp = await call('POST /admin/pools/{currency}/topups', {
      admin: true,
      as: 'alice',
      key: 'pool',
      params: { currency: 'USD' },
      body: { amount: '5000.00' },
    });
    const key = randomUUID;
    const replies = await Promise.all([
      ...[...proposals, topUp.body.data.id].flatMap((txnId) => [
        confirm(txnId, 'bob'),
        confirm(txnId, 'carol'),
      ]),
      ...times(6, () => deposit(one, { amount: '10.00' })),
      ...times(6, () =>
        insist('POST /transfers', { as: one, key: key(), body: { to: other, amount: '20.00' } }),
      ),
      ...['credit', 'wallet'].flatMap((source) =>
        times(4, () =>
          insist('POST /withdrawals', { as: one, key: key(), body: { amount: '15.00', source } }),
        ),
      ),
      insist('POST /admin/merchants/{id}/suspend', { admin: true, params: { id: other } }),
    ]);
    const confirmations = replies.slice(0, 14);
    expect(codes(confirmations)).toEqual([
      ...times(7, () => 201),
      ...times(7, () => 'transaction_not_proposed'),
    ]);
    await expectConserved(harness);
    const paidIn = 3n * 1000_01n;
    expect((await walletOf(harness, other))?.available).toBeGreaterThanOrEqual(paidIn);
  }, 60_000);

  it('ID-2: of two proposals to approve one merchant, one is carried out', async () => {
    admins = await startAdmins(64, ROUGH);
    const { harness, confirm } = admins;
    const id = await harness.register();
    const approve = (as: string, credit_limit: string) =>
      harness.insist('POST /admin/merchants/{id}/approve', {
        admin: true,
        as,
        key: randomUUID(),
        params: { id },
        body: { credit_limit },
      });
    const proposals = [await approve('alice', '2000.00'), await approve('dave', '3000.00')];
    const replies = await Promise.all(proposals.map(({ body }) => confirm(body.data.id)));
    expect(codes(replies)).toEqual([200, 'merchant_already_approved']);
    await expectConserved(harness);
  });
});

describe('AP-1: a confirmation whose answer is lost', () => {
  it('is answered as the first response, and only its repeat is a replay', async () => {
    admins = await startAdmins(65, { conflict: 0, throttle: 0, lostBefore: 0.2, lostAfter: 0.4 });
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    for (let number = 1; number <= 15; number += 1) {
      const txnId = await proposed(id);
      const first = await confirm(txnId, 'bob', `c${number}`);
      expect([first.status, first.headers['idempotency-replayed']]).toEqual([201, undefined]);
      const repeat = await confirm(txnId, 'bob', `c${number}`);
      expect([repeat.text, repeat.headers['idempotency-replayed']]).toEqual([first.text, 'true']);
      expect(await walletOf(harness, id)).toMatchObject({ available: BigInt(number) * 1000_01n });
    }
    expect(harness.faults.lostAfter).toBeGreaterThan(10);
  }, 60_000);
});

describe('ID-8: what changes between the decision and the commit', () => {
  it('another admin’s confirmation: the later one is refused', async () => {
    admins = await startAdmins();
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await proposed(id);
    harness.beforeCommit(async () => {
      expect((await confirm(txnId, 'carol')).status).toBe(201);
    });
    expect((await confirm(txnId, 'bob')).body.code).toBe('transaction_not_proposed');
    expect(await walletOf(harness, id)).toMatchObject({ available: 1000_01n });
  });

  it('a copy of the same confirmation, without a key: both get one response', async () => {
    admins = await startAdmins();
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await proposed(id);
    const copies: Reply[] = [];
    harness.beforeCommit(async () => {
      copies.push(await confirm(txnId, 'bob', undefined));
    });
    const reply = await confirm(txnId, 'bob', undefined);
    expect([reply.text, copies.length]).toEqual([copies[0]?.text, 1]);
    expect(await walletOf(harness, id)).toMatchObject({ available: 1000_01n });
  });

  it('a refusal is not given once the proposal is confirmed', async () => {
    admins = await startAdmins();
    const { harness, proposed, confirm } = admins;
    const txnId = await proposed(await harness.merchant('10.00'));
    harness.beforeCommit(async () => {
      expect((await confirm(txnId, 'bob')).status).toBe(201);
    });
    // Alice may not confirm her own; by the time that is committed, it is confirmed.
    expect((await confirm(txnId, 'alice')).body.code).toBe('transaction_not_proposed');
  });

  it('AP-1: a copy of a refused request gets its refusal, although another key confirms meanwhile', async () => {
    admins = await startAdmins();
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await proposed(id);
    const { ledger } = harness.context;
    const wallet = (UpdateExpression: string) =>
      harness.faultless.send(
        new UpdateCommand({
          TableName: ledger.table,
          Key: { ...walletKey(id, USD) },
          UpdateExpression,
          ...(UpdateExpression.includes(':yes') && { ExpressionAttributeValues: { ':yes': true } }),
        }),
      );
    let loads = 0;
    let first: Reply | undefined;
    const load = async (key: Key): Promise<unknown> => {
      loads += key.sk === `TXN#${txnId}` ? 1 : 0;
      // The first look finds the proposal. The second one is beside the lookup of the stored response.
      if (key.sk === `TXN#${txnId}` && loads === 2) {
        await new Promise(setImmediate);
        await wallet('SET closed = :yes');
        first = await confirm(txnId, 'bob', 'k');
        await wallet('REMOVE closed');
        expect((await confirm(txnId, 'bob', 'k2')).status).toBe(201);
      }
      return ledger.load(key);
    };
    const context = { ...harness.context, ledger: { ...ledger, load } };
    const call = callerOf(context, confirmTransaction(PROPOSING));
    const copy = await call(CONFIRM, { admin: true, as: 'bob', key: 'k', params: { id: txnId } });
    expect(first?.body.code).toBe('wallet_closed');
    expect(copy.text).toBe(first?.text);
  });

  it('ID-2: the archive of its merchant: the confirmation is refused, and moves nothing', async () => {
    admins = await startAdmins();
    const { harness, proposed, confirm } = admins;
    const id = await harness.merchant('10.00');
    const txnId = await proposed(id);
    harness.beforeCommit(async () => {
      const archive = { admin: true, key: 'a', params: { id } };
      const reply = await harness.call('POST /admin/merchants/{id}/archive', archive);
      expect(reply.status).toBe(200);
    });
    expect((await confirm(txnId)).body.code).toBe('merchant_cannot_receive');
    expect((await rowOf(harness, txnId)).status).toBe('PROPOSED');
    expect(await walletOf(harness, id)).toEqual({ available: 0n, pending: 0n });
    expect((await admins.deposit(id, { amount: ABOVE })).body.code).toBe('merchant_cannot_receive');
  });
});
