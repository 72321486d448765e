import type { LabelledWrite } from '../commit.ts';
import type { Key } from '../keys.ts';
import type { Ledger } from '../table.ts';

/** Who changes a balance row: recorded on it in the same write, so that a change by hand shows. */
export type Change = { readonly txnId: string; readonly phase: string };

type Addition = {
  readonly label: string;
  readonly key: Key;
  /** Signed minor units by attribute. */
  readonly add: Readonly<Record<string, bigint>>;
  readonly condition: string;
  readonly values?: Readonly<Record<string, unknown>>;
};

/** Arithmetic on one balance row under its own business condition: nobody starves, nothing is overwritten. */
export function addToBalance(
  { table }: Ledger,
  { label, key, add, condition, values }: Addition,
  { txnId, phase }: Change,
): LabelledWrite {
  const sums = Object.keys(add).map((name) => `${name} = ${name} + :add_${name}`);
  return {
    label,
    write: {
      Update: {
        TableName: table,
        Key: key,
        UpdateExpression: `SET ${sums.join(', ')}, seq = seq + :one, txn = :txn, phase = :phase`,
        ConditionExpression: condition,
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(add).map(([name, by]) => [`:add_${name}`, by])),
          ':one': 1n,
          ':txn': txnId,
          ':phase': phase,
          ...values,
        },
      },
    },
  };
}
