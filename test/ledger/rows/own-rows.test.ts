import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { commit } from '../../../lambdas/ledger/commit.ts';
import { type LedgerContext, openLedger } from '../../../lambdas/ledger/context.ts';
import { indexKeysOf } from '../../../lambdas/ledger/index-keys.ts';
import { statusKeyOf, timeKey } from '../../../lambdas/ledger/keys.ts';
import { postChanges } from '../../../lambdas/ledger/post.ts';
import type { Change, OwnRows, RowRef } from '../../../lambdas/ledger/row-writes.ts';
import { readOwn } from '../../../lambdas/ledger/rows/own-rows.ts';
import { documentClient } from '../../../lambdas/platform/clients.ts';
import { type Engine, startEngine } from '../../harness/engine.ts';
import { REAL } from '../../harness/pacing.ts';

const AT = '2026-11-20T12:00:00.000Z';
const row = (merchantId: string, of: OwnRows, id: string): RowRef => ({
  kind: 'own',
  merchantId,
  of,
  id,
});
const schema = z.object({ id: z.string(), usedBy: z.string().optional() });

let engine: Engine;
let ledger: LedgerContext;
beforeAll(async () => {
  engine = await startEngine();
  ledger = openLedger(documentClient(engine.client()), engine.ledgerTable, REAL);
});
afterAll(() => engine.close());

const change = async (...changes: readonly Change[]) =>
  (await commit(ledger, postChanges(changes))).kind;
const put = (merchantId: string, of: OwnRows, id: string) =>
  change({ row: row(merchantId, of, id), conditions: [], put: { id, createdAt: AT } });
const use = (id: string, by: string) =>
  change({
    row: row('m1', 'QUOTE', id),
    conditions: [{ must: 'exist' }, { must: 'be absent', path: 'usedBy' }],
    set: { usedBy: by },
  });

describe('WA-7: rows of an operation’s own', () => {
  it('a row is found by its merchant, its kind and its id, and by no other', async () => {
    expect(await put('m1', 'QUOTE', 'A1')).toBe('committed');
    expect(await readOwn(ledger, 'm1', 'QUOTE', 'A1', schema)).toEqual({ id: 'A1' });
    expect(await readOwn(ledger, 'm2', 'QUOTE', 'A1', schema)).toBeUndefined();
    expect(await readOwn(ledger, 'm1', 'CREDITREQ', 'A1', schema)).toBeUndefined();
    expect(await readOwn(ledger, 'm1', 'QUOTE', 'A2', schema)).toBeUndefined();
  });

  it('a row is created once, and a condition on it lets one change win', async () => {
    await put('m1', 'QUOTE', 'B1');
    expect(await put('m1', 'QUOTE', 'B1')).toBe('refused');
    expect([await use('B1', 'T1'), await use('B1', 'T2')]).toEqual(['committed', 'refused']);
    expect(await readOwn(ledger, 'm1', 'QUOTE', 'B1', schema)).toEqual({ id: 'B1', usedBy: 'T1' });
  });

  it('a change of a row that does not exist creates none', async () => {
    expect(await use('B9', 'T1')).toBe('refused');
    expect(await readOwn(ledger, 'm1', 'QUOTE', 'B9', schema)).toBeUndefined();
  });

  it('CR-3: admins find credit requests by their status, also after it changed; quotes are in no index', () => {
    const request = row('m1', 'CREDITREQ', 'R1');
    expect(indexKeysOf(request, { id: 'R1', status: 'PENDING', createdAt: AT })).toEqual({
      statusKey: statusKeyOf('CREDITREQ', 'PENDING', 'R1'),
      statusAt: timeKey(AT, 'R1'),
    });
    expect(indexKeysOf(request, { status: 'REJECTED' })).toEqual({
      statusKey: statusKeyOf('CREDITREQ', 'REJECTED', 'R1'),
    });
    expect(indexKeysOf(row('m1', 'QUOTE', 'Q1'), { id: 'Q1', createdAt: AT })).toEqual({});
  });
});
