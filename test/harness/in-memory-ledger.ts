import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { CreditLine, Wallet } from '../../lambdas/ledger/balances.ts';
import type { Books } from '../../lambdas/ledger/context.ts';
import { merchantKey } from '../../lambdas/ledger/keys.ts';
import type { Merchant } from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { openLedger } from '../../lambdas/ledger/table.ts';

type Transaction = NonNullable<TransactWriteCommandInput['TransactItems']>;
type Row = { readonly pk: string; readonly sk: string };

/** Books that hold some rows and note what is written, without an engine: for forms and refusals. */
export type PaperBooks = Books & {
  readonly written: Transaction[];
  /** How the next transactions end; after these, well. */
  readonly failures: Error[];
};

export function paperBooks(...rows: readonly Row[]): PaperBooks {
  const written: Transaction[] = [];
  const failures: Error[] = [];
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof GetCommand) return {};
    if (command instanceof BatchGetCommand) {
      const { Keys = [] } = command.input.RequestItems?.['Ledger'] ?? {};
      const found = rows.filter(({ pk, sk }) =>
        Keys.some((key) => key['pk'] === pk && key['sk'] === sk),
      );
      return { Responses: { Ledger: found } };
    }
    if (command instanceof TransactWriteCommand) {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      written.push(command.input.TransactItems ?? []);
      return {};
    }
    throw new Error(`nobody expected ${String(command)}`);
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  return {
    ledger: openLedger(dynamo, 'Ledger'),
    answers: { dynamo, table: 'Answers' },
    now: () => new Date('2026-11-20T12:00:00.000Z'),
    written,
    failures,
  };
}

export const USD = currencyCode.parse('USD');

export const aMerchant = (known: Partial<Merchant> = {}): Merchant => ({
  id: 'm1',
  name: 'alice',
  status: 'ACTIVE',
  requestedCredit: minor(100_00n),
  requestedCurrency: USD,
  bankAccount: 'IR-1',
  feePpm: 0n,
  timeZone: 'Asia/Tehran',
  feeTiers: {},
  limits: {},
  spent: {},
  transferVolume: {},
  createdAt: '2026-11-01T00:00:00.000Z',
  seq: 7n,
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
  seq: 3n,
  txn: 'T0',
  phase: 'accept',
});

export const aWallet = (available: bigint, known: Partial<Wallet> = {}): Wallet => ({
  currency: USD,
  available: minor(available),
  pending: minor(0n),
  seq: 2n,
  txn: 'T0',
  phase: 'accept',
  ...known,
});
