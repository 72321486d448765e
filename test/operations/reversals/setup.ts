import { randomUUID } from 'node:crypto';
import type { Settings } from '../../../lambdas/http/operation.ts';
import type { FaultRates } from '../../harness/faults.ts';
import { type Reply, startHarness } from '../../harness/harness.ts';

type Order = { readonly as?: string; readonly key?: string; readonly reason?: string };

/** Admins who reverse, on an engine of its own. */
export async function startReversing(
  seed: number,
  rates?: FaultRates,
  settings: Partial<Settings> = {},
) {
  const harness = await startHarness(seed, rates, settings);
  const id = async (reply: Promise<Reply>): Promise<string> => {
    const { status, text, body } = await reply;
    if (status >= 300) throw new Error(text);
    return body.data.id;
  };
  return {
    harness,
    reverse: (txnId: string, { as = 'alice', key = randomUUID(), reason }: Order = {}) =>
      harness.insist('POST /admin/transactions/{id}/reverse', {
        admin: true,
        as,
        key,
        params: { id: txnId },
        ...(reason !== undefined && { body: { reason } }),
      }),
    /** The id of a deposit. */
    deposited: (merchantId: string, amount: string, release_at?: string): Promise<string> =>
      id(harness.deposit(merchantId, { amount, ...(release_at !== undefined && { release_at }) })),
    /** The id of a top-up in USD. */
    toppedUp: (amount: string): Promise<string> =>
      id(
        harness.insist('POST /admin/pools/{currency}/topups', {
          admin: true,
          key: randomUUID(),
          params: { currency: 'USD' },
          body: { amount },
        }),
      ),
    withdraw: (as: string, amount: string, source = 'wallet') =>
      harness.insist('POST /withdrawals', { as, key: randomUUID(), body: { amount, source } }),
    transfer: (as: string, to: string, amount: string) =>
      harness.insist('POST /transfers', { as, key: randomUUID(), body: { to, amount } }),
    archive: (merchantId: string) =>
      harness.insist('POST /admin/merchants/{id}/archive', {
        admin: true,
        key: randomUUID(),
        params: { id: merchantId },
      }),
  };
}
export type Reversing = Awaited<ReturnType<typeof startReversing>>;

/** Of each reply, sorted: the code of a refusal, else the status. */
export const outcomesOf = (replies: readonly Reply[]): readonly string[] =>
  replies.map(({ status, body }) => String(body.code ?? status)).toSorted();
