import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectProblem } from '../../harness/http-caller.ts';
import { expectConsistentLedger } from '../../model/invariants.ts';
import { readSnapshot } from '../../model/snapshot.ts';

const REVERSE = 'POST /admin/transactions/{id}/reverse';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(51);
  await harness.fillPool('1000.00');
});
afterAll(() => harness.close());

const reverse = (id: string, more: object = {}): Promise<Reply> =>
  harness.insist(REVERSE, { admin: true, as: 'alice', key: randomUUID(), params: { id }, ...more });

describe('WA-9: a deposit is reversed', () => {
  it('at once, linked both ways', async () => {
    const as = await harness.merchant('1.00');
    const deposit = await harness.deposit(as, { amount: '30.00' });
    const { id } = deposit.body.data;
    const reply = await reverse(id, { body: { reason: 'sent twice' } });
    expect([reply.status, reply.body.data]).toMatchObject([
      201,
      { type: 'reversal', reverses: id, merchant_id: as, amount: '30.00', reason: 'sent twice' },
    ]);
    expectConsistentLedger(await readSnapshot(harness));
    expectProblem(await reverse(id), 409, 'transaction_already_reversed');
  });
});
