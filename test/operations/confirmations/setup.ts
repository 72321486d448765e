import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { transactionKey } from '../../../lambdas/ledger/keys.ts';
import { type Transaction, transactionRow } from '../../../lambdas/ledger/transactions.ts';
import type { FaultRates } from '../../harness/faults.ts';
import { type Harness, type Reply, startHarness } from '../../harness/harness.ts';
import { expectConsistentLedger } from '../../model/invariants.ts';
import { readSnapshot } from '../../model/snapshot.ts';

/** What needs a second admin here; everything above 1,000 units of other currencies, too. */
export const LIMIT = '1000.00';
export const ABOVE = '1000.01';
export const CONFIRM = 'POST /admin/transactions/{id}/confirm';
const DEPOSIT = 'POST /admin/wallets/{merchant_id}/deposits';

/** Two admins and their requests, on an engine of its own. */
export async function startAdmins(seed?: number, rates?: FaultRates) {
  const harness = await startHarness(seed, rates, { secondAdminAbove: { '*': '1000' } });
  const deposit = (merchant_id: string, body: object = {}, key: string = randomUUID()) =>
    harness.insist(DEPOSIT, {
      admin: true,
      as: 'alice',
      key,
      params: { merchant_id },
      body: { amount: ABOVE, ...body },
    });
  return {
    harness,
    /** Alice's, above the limit unless said otherwise. */
    deposit,
    /** The id of a deposit that alice has proposed. */
    proposed: async (merchantId: string, body: object = {}): Promise<string> => {
      const reply = await deposit(merchantId, body);
      expect([reply.status, reply.text]).toEqual([202, reply.text]);
      return reply.body.data.id;
    },
    /** As bob, with a new key, unless said otherwise. */
    confirm: (id: string, as = 'bob', key: string | undefined = randomUUID()): Promise<Reply> =>
      harness.insist(CONFIRM, {
        admin: true,
        as,
        params: { id },
        ...(key !== undefined && { key }),
      }),
  };
}
export type Admins = Awaited<ReturnType<typeof startAdmins>>;

export async function rowOf(harness: Harness, txnId: string): Promise<Transaction> {
  const row = (await harness.rows()).find((each) => each['txnId'] === txnId);
  return transactionRow.parse(row);
}
export const keyIn = ({ pk, txnId }: Transaction) => ({ ...transactionKey(pk, txnId) });

/** What the merchant's wallet holds, by balance; undefined where it has none. */
export async function walletOf(harness: Harness, merchantId: string, currency = 'USD') {
  const { wallets } = await readSnapshot(harness);
  const wallet = wallets.find((each) => each.owner === merchantId && each.currency === currency);
  return wallet && { available: wallet.available, pending: wallet.pending };
}

/** Every balance is the sum of its postings, each counted once. */
export const expectConserved = async (harness: Harness): Promise<void> =>
  expectConsistentLedger(await readSnapshot(harness));
