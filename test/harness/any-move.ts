import { minor } from '../../lambdas/ledger/money.ts';
import {
  closing,
  filling,
  growing,
  levelling,
  type PoolMove,
  retiring,
} from '../../lambdas/ledger/pool/moves.ts';
import type { Pool } from '../../lambdas/ledger/pool/pool.ts';

export type Choice = { readonly pick: number; readonly kind: number; readonly part: number };

/** A move that this pool allows, by numbers that were drawn. */
export function anyMove(
  pool: Pool,
  existing: ReadonlySet<string>,
  { pick, kind, part }: Choice,
): PoolMove {
  const { root, shards } = pool;
  const open = shards.filter((each) => each.open);
  const partOf = (amount: bigint) => minor((amount * BigInt(part)) / 10n);
  const shard = shards[pick % Math.max(1, shards.length)];
  const from = open[pick % Math.max(1, open.length)];
  const to = shards.find((each) => each.shard !== from?.shard);
  const last = shards.at(-1);
  switch (kind) {
    case 0:
      if (from !== undefined) return closing(from, minor(BigInt(part)));
      break;
    case 1:
      if (shard !== undefined) return filling(root, [{ shard, amount: partOf(root.available) }]);
      break;
    case 2: {
      const amount = root.available / BigInt(Math.max(1, shards.length));
      if (shards.length > 0)
        return filling(
          root,
          shards.map((each) => ({ shard: each, amount: minor(amount) })),
        );
      break;
    }
    case 3:
      if (from !== undefined && to !== undefined)
        return levelling(root, from, to, partOf(from.available));
      break;
    case 4:
      if (last !== undefined) return retiring(root, last);
      break;
  }
  return growing(root, root.shards + 1 + (pick % 3), existing);
}
