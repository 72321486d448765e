import { type Wallet, walletRow } from '../domain/balance.ts';
import type { Currency, MinorUnits } from '../domain/money.ts';
import { addToBalance, type Change } from './balance-writes.ts';
import type { LabelledWrite } from './commit.ts';
import { merchantKey, merchantPk, walletKey } from './keys.ts';
import { getRow, type Ledger, rowsUnder } from './ledger.ts';

export const readWallet = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
): Promise<Wallet | undefined> => getRow(ledger, walletKey(merchantId, currency), walletRow);

export const readWallets = (ledger: Ledger, merchantId: string): Promise<Wallet[]> =>
  rowsUnder(ledger, merchantPk(merchantId), 'WALLET#', walletRow);

/** Takes money out, if it is there: arithmetic, so that what comes in at the same time starves nobody. */
export const debitWallet = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  change: Change,
): LabelledWrite =>
  addToBalance(
    ledger,
    {
      label: 'wallet',
      key: walletKey(merchantId, currency),
      add: { available: -amount },
      condition: 'available >= :amount',
      values: { ':amount': amount },
    },
    change,
  );

/** Puts money in, unless the wallet is closed. One that did not exist when it was read is created. */
export const creditWallet = (
  ledger: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  read: Wallet | undefined,
  change: Change,
): readonly LabelledWrite[] =>
  read === undefined
    ? openWallet(ledger, merchantId, currency, amount, change)
    : [
        addToBalance(
          ledger,
          {
            label: 'wallet',
            key: walletKey(merchantId, currency),
            add: { available: amount },
            condition: 'attribute_exists(pk) AND attribute_not_exists(closed)',
          },
          change,
        ),
      ];

/** Writes the merchant as well: a mere check would not stop an archive that has already read it. */
const openWallet = (
  { table }: Ledger,
  merchantId: string,
  currency: Currency,
  amount: MinorUnits,
  { txnId, phase }: Change,
): readonly LabelledWrite[] => [
  {
    label: 'merchant',
    write: {
      Update: {
        TableName: table,
        Key: merchantKey(merchantId),
        UpdateExpression: 'SET seq = seq + :one',
        ConditionExpression: '#status IN (:active, :suspended)',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':one': 1n, ':active': 'ACTIVE', ':suspended': 'SUSPENDED' },
      },
    },
  },
  {
    label: 'wallet',
    write: {
      Put: {
        TableName: table,
        Item: {
          ...walletKey(merchantId, currency),
          currency,
          available: amount,
          pending: 0n,
          seq: 1n,
          txn: txnId,
          phase,
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
  },
];
