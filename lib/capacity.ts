import type { WarmThroughput } from 'aws-cdk-lib/aws-dynamodb';
import type { LedgerIndex } from '../lambdas/http/operation.ts';
import { NEW_TABLE, type Stage } from './stage-schema.ts';

type Units = Stage['tables']['warmLedger'];

/**
 * Debits a second of one pool row. A transaction holds its rows for about 12 ms, and at this rate about
 * 12 % of the debits meet another one and are repeated. 96 shards carry 1,056 debits a second.
 */
const DEBITS_OF_ROW = 11;

/** A transaction takes two write units for each row of at most 1 KB: to prepare it and to commit it. */
const ROW = 2;
/**
 * Write units of the Ledger for one withdrawal on credit. Accepting it writes the transaction, the merchant,
 * its credit and a pool row; a fifth row stands for what conflicts repeat, since a cancelled transaction is
 * billed in full. Settling it writes the transaction twice: a claim, and the answer of the bank.
 */
const TO_ACCEPT = 5 * ROW;
const TO_SETTLE = 2 * ROW;
const WRITE_UNITS = TO_ACCEPT + TO_SETTLE;

/**
 * Write units of each index for one withdrawal or transfer: an index takes one for each entry that it adds or
 * deletes. A claim moves the entry of nextCheck, and the final status deletes it.
 */
const INDEX_UNITS: Readonly<Record<LedgerIndex, number>> = {
  byTime: 1,
  byRecipient: 1,
  byId: 1,
  byStatus: 1,
  nextCheck: 4,
};

/** The share of an index in what the Ledger serves at once. DynamoDB does not warm the indexes with their table. */
export const warmIndex = ({ writeUnits }: Units, index: LedgerIndex): Units => ({
  writeUnits: Math.max(
    NEW_TABLE.writeUnits,
    Math.ceil((writeUnits * INDEX_UNITS[index]) / WRITE_UNITS),
  ),
  readUnits: NEW_TABLE.readUnits,
});

/** The property of a table or index. A new one has these units without it, and warming it is billed. */
export const warmThroughput = ({
  writeUnits,
  readUnits,
}: Units): { readonly warmThroughput?: WarmThroughput } =>
  writeUnits === NEW_TABLE.writeUnits && readUnits === NEW_TABLE.readUnits
    ? {}
    : { warmThroughput: { writeUnitsPerSecond: writeUnits, readUnitsPerSecond: readUnits } };

/**
 * Why the gateway would let in more than pool and tables carry, if every request were a withdrawal on credit
 * in one currency. Applies to every stage: above these rates, requests are answered 503 instead of 429.
 */
export function capacityRefusals({
  throttle: { rate },
  pool: { shards },
  tables: { quota, warmLedger },
}: Stage): readonly string[] {
  const debits = Math.max(1, shards) * DEBITS_OF_ROW;
  const units = rate * WRITE_UNITS;
  return [
    ...(rate > debits
      ? [`a throttle of ${rate}/s exceeds the ${debits}/s that a pool of ${shards} shards carries`]
      : []),
    ...(units > warmLedger.writeUnits
      ? [
          `a throttle of ${rate}/s needs ${units} write units of the Ledger, ` +
            `but only ${warmLedger.writeUnits} are warm`,
        ]
      : []),
    ...(warmLedger.writeUnits > quota.writeUnits || warmLedger.readUnits > quota.readUnits
      ? [
          'the warm throughput of the Ledger exceeds the quota of the account for one table: ' +
            `${quota.writeUnits} write and ${quota.readUnits} read units`,
        ]
      : []),
  ];
}
