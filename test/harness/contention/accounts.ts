import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { type ContendedTable, contendedTable } from './contended-table.ts';
import { type Observer, STAGES } from './table-state.ts';
import { VirtualTime } from './virtual-time.ts';

/** Rows with one balance each: the smallest example of what the model is for. */
export const LEDGER = 'Ledger';
/** Every latency is its median, so that a test knows what happens when. */
export const EXACT = { ...STAGES, sigma: 0, clockSkew: 0 };

export const accountKey = (name: string) => ({ pk: name, sk: 'ACCOUNT' });

/** Adds to a balance, which may not fall below zero. */
export const change = (name: string, amount: bigint) => ({
  Update: {
    TableName: LEDGER,
    Key: accountKey(name),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    UpdateExpression: 'SET #b = #b + :amount',
    ConditionExpression: '#b >= :least',
    ExpressionAttributeNames: { '#b': 'balance' },
    ExpressionAttributeValues: { ':amount': amount, ':least': amount < 0n ? -amount : 0n },
  },
});

type Transfers = NonNullable<TransactWriteCommandInput['TransactItems']>;

export type Accounts = ContendedTable & {
  readonly time: VirtualTime;
  readonly balances: () => Record<string, unknown>;
};

/** A table with accounts of 100 each. */
export function accounts(
  names: readonly string[],
  {
    seed = 1,
    stages = STAGES,
    ...observer
  }: { seed?: number; stages?: typeof STAGES } & Observer = {},
): Accounts {
  const time = new VirtualTime(seed);
  const table = contendedTable(time, observer, stages);
  table.put(LEDGER, ...names.map((name) => ({ ...accountKey(name), balance: 100n })));
  return {
    ...table,
    time,
    balances: () =>
      Object.fromEntries(table.rows(LEDGER).map(({ pk, balance }) => [String(pk), balance])),
  };
}

/** Sends one transaction at `at`. @returns the codes of its reasons; none where it was committed. */
export async function write(table: Accounts, at: number, ...TransactItems: Transfers) {
  await table.time.sleep(at - table.time.now());
  try {
    await table.dynamo.send(new TransactWriteCommand({ TransactItems }));
    return [];
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    return (error.CancellationReasons ?? []).map(({ Code }) => Code);
  }
}
