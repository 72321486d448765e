import type { PutCommandInput } from '@aws-sdk/lib-dynamodb';
import { throttled } from './reads.ts';
import { copyOf } from './stored.ts';
import { keyIn, setRow, sizeOfRow } from './stored-items.ts';
import { allowOnly, stage, type TableState } from './table-state.ts';
import { writeUnitsOf } from './throughput.ts';

/**
 * A put outside any transaction, of a row that no transaction ever writes.
 * @throws ThrottlingException
 */
export async function plainPut(
  state: TableState,
  input: PutCommandInput,
): Promise<Record<string, never>> {
  allowOnly(input, ['TableName', 'Item']);
  const { items, writeUnits, counts } = state;
  const row = copyOf(input.Item ?? {});
  await stage(state, 'request');
  await stage(state, 'commit');
  const item = items.at(input.TableName ?? '', keyIn(row));
  const units = writeUnitsOf(sizeOfRow(row));
  const isTaken = writeUnits.take(item.partition, units);
  if (isTaken) {
    counts.writeUnits += units;
    setRow(item, row);
  } else counts.throttles += 1;
  await stage(state, 'reply');
  if (!isTaken) throw throttled();
  return {};
}
