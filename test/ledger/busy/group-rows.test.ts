import { describe, expect, it } from '@jest/globals';
import { GroupRows } from '../../../lambdas/ledger/busy/group-rows.ts';
import { creditKey, merchantKey, walletKey } from '../../../lambdas/ledger/keys.ts';
import {
  aCreditLine,
  aMerchant,
  inMemoryLedger,
  stored,
  USD,
} from '../../harness/in-memory-ledger.ts';

/** The rows of a merchant with a credit line and without a wallet. */
const rowsOf = () => {
  const { ledger } = inMemoryLedger(stored(aMerchant()), {
    ...creditKey('m1', USD),
    ...aCreditLine(100n, 0n),
  });
  return new GroupRows(ledger, () => ({ kind: 'short' }));
};

describe('CR-2: the refusal of a request in a group', () => {
  it('holds only while no row that it has read changes, and none that was missing appears', async () => {
    const rows = rowsOf();
    rows.beginRequest();
    for (const key of [merchantKey('m1'), creditKey('m1', USD), walletKey('m1', USD)])
      await rows.ledger.load(key);
    await rows.relyOnReads();
    expect(
      rows.writes().map(({ row, action, conditions }) => [row.kind, action, conditions]),
    ).toEqual([
      ['merchant', 'check', [{ must: 'equal', path: 'version', value: 7n }]],
      ['credit', 'check', [{ must: 'equal', path: 'version', value: 3n }]],
      ['wallet', 'check', [{ must: 'be new' }]],
    ]);
  });

  it('does not rely on what the request before it has read', async () => {
    const rows = rowsOf();
    rows.beginRequest();
    await rows.ledger.load(creditKey('m1', USD));
    rows.beginRequest();
    await rows.ledger.load(merchantKey('m1'));
    await rows.relyOnReads();
    expect(rows.writes().map(({ row }) => row.kind)).toEqual(['merchant']);
  });
});
