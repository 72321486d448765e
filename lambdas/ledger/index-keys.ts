import { nextCheckKeys, statusKeyOf, timeKey } from './keys.ts';
import { merchantRow } from './merchant.ts';
import { pendingReleaseRow } from './pending-releases.ts';
import { ROOT } from './pool/pool.ts';
import type { RowRef } from './row-writes.ts';

/** Index keys follow from what is written, so that no change can forget them. */
export function indexKeysOf(
  row: RowRef,
  written: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  if (row.kind === 'merchant') return merchantKeys(row.merchantId, written);
  if (row.kind === 'pool') return poolKeys(row, written);
  if (row.kind !== 'release') return {};
  const { depositId, releaseAt } = pendingReleaseRow.parse(written);
  return nextCheckKeys(depositId, releaseAt, 'RELEASE');
}

/** Every merchant is in the index of its status: admins list them all. */
function merchantKeys(merchantId: string, written: Readonly<Record<string, unknown>>) {
  const { status, createdAt } = merchantRow
    .pick({ status: true, createdAt: true })
    .partial()
    .parse(written);
  return {
    ...(status !== undefined && { statusKey: statusKeyOf('MERCHANT', status, merchantId) }),
    ...(createdAt !== undefined && { statusAt: timeKey(createdAt, merchantId) }),
  };
}

/** Recovery finds every pool in every minute, by a time that has always passed. */
const ALWAYS = '1970-01-01T00:00:00.000Z';

const poolKeys = (
  { currency, shard }: Extract<RowRef, { kind: 'pool' }>,
  written: Readonly<Record<string, unknown>>,
) => (shard === ROOT && 'currency' in written ? nextCheckKeys(currency, ALWAYS, 'POOL') : {});
