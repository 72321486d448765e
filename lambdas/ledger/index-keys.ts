import * as z from 'zod';
import { nextCheckKeys, type StatusEntity, statusKeyOf, timeKey } from './keys.ts';
import { pendingReleaseRow } from './pending-releases.ts';
import { ROOT } from './pool/pool.ts';
import type { RowRef } from './row-writes.ts';

/** Index keys follow from what is written, so that no change can forget them. */
export function indexKeysOf(
  row: RowRef,
  written: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  if (row.kind === 'merchant') return statusKeys('MERCHANT', row.merchantId, written);
  if (row.kind === 'own') return row.of === 'CREDITREQ' ? statusKeys(row.of, row.id, written) : {};
  if (row.kind === 'pool') return poolKeys(row, written);
  if (row.kind !== 'release') return {};
  const { depositId, releaseAt } = pendingReleaseRow.parse(written);
  return nextCheckKeys(depositId, releaseAt, 'RELEASE');
}

const inStatus = z.object({ status: z.string(), createdAt: z.string() }).partial();

/** Such a row is in the index of its status, whatever that is: admins list them all. */
function statusKeys(
  entity: StatusEntity,
  id: string,
  written: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const { status, createdAt } = inStatus.parse(written);
  return {
    ...(status !== undefined && { statusKey: statusKeyOf(entity, status, id) }),
    ...(createdAt !== undefined && { statusAt: timeKey(createdAt, id) }),
  };
}

/** Recovery finds every pool in every minute, by a time that has always passed. */
const ALWAYS = '1970-01-01T00:00:00.000Z';

const poolKeys = (
  { currency, shard }: Extract<RowRef, { kind: 'pool' }>,
  written: Readonly<Record<string, unknown>>,
) => (shard === ROOT && 'currency' in written ? nextCheckKeys(currency, ALWAYS, 'POOL') : {});
