import { inspect } from 'node:util';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Row } from '../../lambdas/ledger/apply.ts';
import { type LedgerContext, openLedger } from '../../lambdas/ledger/context.ts';
import { type Currency, currencyCode } from '../../lambdas/ledger/money.ts';
import type { Pool } from '../../lambdas/ledger/pool/pool.ts';
import { documentClient } from '../../lambdas/platform/clients.ts';
import type { Pacing } from '../../lambdas/platform/retry.ts';
import type { Engine } from './engine.ts';
import { REAL } from './pacing.ts';
import { itemsOf } from './pools.ts';

const NOW = new Date('2026-11-20T12:00:00.000Z');

/** A call of the engine: its name, and the keys of a read, without the currency. */
type EngineCall = readonly [command: string, ...shards: readonly string[]];

/** A process of its own: it knows nothing yet. Each pool is under a currency of its own. */
export type PoolProcess = {
  readonly ledger: LedgerContext;
  readonly calls: EngineCall[];
  /** Runs before the next call of a command, once; what it throws is the call's answer. */
  readonly before: (command: string, action: () => unknown) => void;
};

export function poolProcess(engine: Engine, pacing: Partial<Pacing> = {}): PoolProcess {
  const client = engine.client();
  const calls: EngineCall[] = [];
  const waiting = new Map<string, () => unknown>();
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        calls.push([commandName.replace(/Command$/, ''), ...shardsRead(args.input)]);
        const action = waiting.get(commandName);
        waiting.delete(commandName);
        await action?.();
        return next(args);
      },
    { step: 'initialize', name: 'noteCalls', priority: 'high' },
  );
  const ledger = openLedger(
    documentClient(client),
    engine.ledgerTable,
    { ...REAL, ...pacing },
    () => NOW,
  );
  const before: PoolProcess['before'] = (command, action) =>
    waiting.set(`${command}Command`, action);
  return { ledger, calls, before };
}

/** The rows of pools that a read asks for, sorted. */
const shardsRead = (input: unknown): readonly string[] =>
  [...inspect(input, { depth: null }).matchAll(/'POOL#\w+#(\w+)'/g)]
    .flatMap(([, shard = '']) => shard)
    .toSorted();

const CODES = ['USD', 'EUR', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF', 'RON', 'BGN'];
const MORE = ['TRY', 'AED', 'SAR', 'QAR', 'INR', 'CNY', 'HKD', 'SGD', 'AUD', 'NZD', 'CAD', 'MXN'];
/** A currency whose pool no other test of the file has used. */
export function freshCurrencies(): () => Currency {
  const left = [...CODES, ...MORE, 'BRL', 'ZAR', 'THB', 'MYR', 'IDR', 'PHP', 'ILS', 'EGP'];
  return () => currencyCode.parse(left.shift());
}

export async function storePool(
  { ledger: { dynamo, table } }: PoolProcess,
  pool: Pool,
  currency: Currency,
): Promise<void> {
  for (const Item of itemsOf(pool, currency)) {
    await dynamo.send(new PutCommand({ TableName: table, Item }));
  }
}

async function rowsUnder(
  { ledger: { dynamo, table } }: PoolProcess,
  currency: Currency,
): Promise<readonly Row[]> {
  const scan = new ScanCommand({ TableName: table, ConsistentRead: true });
  const { Items = [] } = await dynamo.send(scan);
  return Items.filter(({ pk }) => String(pk).startsWith(`POOL#${currency}#`));
}
const isPoolRow = ({ sk }: Row): boolean => sk === 'POOL';

/** Rows of one pool as they are stored, by the name of the shard. */
export const storedPool = async (
  process: PoolProcess,
  currency: Currency,
): Promise<ReadonlyMap<string, Row>> =>
  new Map(
    (await rowsUnder(process, currency))
      .filter(isPoolRow)
      .map((row): [string, Row] => [String(row['pk']).split('#')[2] ?? '', row]),
  );

/** The transactions of one pool as they are stored. */
export const storedTransactions = async (
  process: PoolProcess,
  currency: Currency,
): Promise<readonly Row[]> => (await rowsUnder(process, currency)).filter((row) => !isPoolRow(row));
