import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { ApiContext } from '../../lambdas/http/operation.ts';
import { asStored } from '../../lambdas/ledger/apply.ts';
import type { CreditLine, Wallet } from '../../lambdas/ledger/balances.ts';
import { openLedger } from '../../lambdas/ledger/context.ts';
import { merchantKey } from '../../lambdas/ledger/keys.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import type { PoolRoot } from '../../lambdas/ledger/pool/pool.ts';
import { notBusy } from './not-busy.ts';
import { OPERATIONS_BY_KEY } from './operations.ts';
import { TIMELESS } from './pacing.ts';
import { POOLS, signedInAs, signInOf } from './sign-ins.ts';

type Transaction = NonNullable<TransactWriteCommandInput['TransactItems']>;
type Row = { readonly pk: string; readonly sk: string };

/** A context that holds some rows and records what is written, without an engine: for forms and refusals. */
export type InMemoryLedger = ApiContext & {
  readonly written: Transaction[];
  /** How the next transactions end; after these, they commit. */
  readonly failures: Error[];
};

export function inMemoryLedger(...rows: readonly Row[]): InMemoryLedger {
  const written: Transaction[] = [];
  const failures: Error[] = [];
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof GetCommand) return {};
    if (command instanceof QueryCommand) return { Items: [] };
    if (command instanceof BatchGetCommand) {
      const { Keys = [] } = command.input.RequestItems?.['Ledger'] ?? {};
      const signIns = Keys.flatMap(({ pk, sk }) => {
        const merchantId = signedInAs(String(pk));
        return merchantId === undefined ? [] : [{ pk, sk, merchantId }];
      });
      const found = rows
        .filter(({ pk, sk }) => Keys.some((key) => key['pk'] === pk && key['sk'] === sk))
        .map(asStored);
      return { Responses: { Ledger: [...found, ...signIns] } };
    }
    if (command instanceof TransactWriteCommand) {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      written.push(command.input.TransactItems ?? []);
      return {};
    }
    throw new Error(`unexpected command ${String(command)}`);
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  const now = (): Date => new Date('2026-11-20T12:00:00.000Z');
  const ledger = openLedger(dynamo, 'Ledger', TIMELESS, now);
  return {
    ledger,
    responses: { ...ledger, table: 'Responses' },
    busy: notBusy(ledger),
    settings: SETTINGS,
    written,
    failures,
  };
}

export const USD = currencyCode.parse('USD');
export const SETTINGS = {
  currency: USD,
  timeZone: 'Asia/Tehran',
  poolShards: 0,
  checkMarginMs: 900_000,
  secondAdminAbove: { '*': '10000000' },
  spreadPpm: 5_000n,
  mostPerAdminRequest: {},
  operationsByKey: OPERATIONS_BY_KEY,
  pools: POOLS,
};

export const aMerchant = (known: Partial<Merchant> = {}): Merchant => ({
  id: 'm1',
  name: 'alice',
  signIn: signInOf(known.id ?? 'm1', known.name),
  status: 'ACTIVE',
  requestedCredit: minor(100_00n),
  requestedCurrency: USD,
  bankAccount: 'IR-1',
  feePpm: 0n,
  timeZone: 'Asia/Tehran',
  feeTiers: {},
  limits: {},
  wallets: 1n,
  spent: {},
  transferVolume: {},
  createdAt: '2026-11-01T00:00:00.000Z',
  termsVersion: 4n,
  version: 7n,
  ...known,
});
export const stored = (merchant: Merchant): Merchant & Row => ({
  ...merchantKey(merchant.id),
  ...merchant,
});

export const aCreditLine = (limit: bigint, utilised: bigint): CreditLine => ({
  currency: USD,
  limit: minor(limit),
  utilised: minor(utilised),
  version: 3n,
  by: ['T0:accept'],
});

export const aWallet = (available: bigint, known: Partial<Wallet> = {}): Wallet => ({
  currency: USD,
  available: minor(available),
  pending: minor(0n),
  version: 2n,
  by: ['T0:accept'],
  ...known,
});

export const aPool = (available: bigint, lent = 0n): PoolRoot => ({
  currency: USD,
  available: minor(available),
  lent: minor(lent),
  conflicts: 0n,
  shards: 0,
  closed: 0,
  targetShards: 0,
  low: minor(0n),
  version: 5n,
  by: ['T0:accept'],
});
