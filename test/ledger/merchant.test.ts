import { describe, expect, it } from '@jest/globals';
import {
  activeOnTerms,
  changeOwnTerms,
  changeStatus,
  changeTerms,
  decideStatus,
  MERCHANT_STATUSES,
  type MerchantStatus,
  mayReceive,
  receivingInNewWallet,
  registerMerchant,
  replaceSignIn,
  spenderOf,
} from '../../lambdas/ledger/merchant.ts';
import {
  reactivateMerchant,
  rejectMerchant,
  suspendMerchant,
} from '../../lambdas/operations/merchants/change-status.ts';
import { callerOf, expectProblem } from '../harness/http-caller.ts';
import { aMerchant, inMemoryLedger, stored } from '../harness/in-memory-ledger.ts';

describe('ID-2: only an active merchant may move money', () => {
  it.each([
    [undefined, 'not_a_merchant'],
    ['PENDING', 'merchant_not_approved'],
    ['REJECTED', 'merchant_not_approved'],
    ['SUSPENDED', 'merchant_suspended'],
    ['ARCHIVED', 'merchant_archived'],
  ] as const)('status %s is refused: %s', (status, reason) => {
    expect(spenderOf(status && aMerchant({ status }))).toEqual({ kind: 'refused', reason });
  });

  it('status ACTIVE is accepted', () => {
    const merchant = aMerchant({ status: 'ACTIVE' });
    expect(spenderOf(merchant)).toBe(merchant);
  });
});

it('ID-2: active and suspended merchants receive money', () => {
  const receivers = MERCHANT_STATUSES.filter((status) => mayReceive(aMerchant({ status })));
  expect(receivers).toEqual(['ACTIVE', 'SUSPENDED']);
});

describe('ID-2: an admin changes a status from one other status only', () => {
  const CHANGES = [
    ['reject', 'PENDING', 'REJECTED', 'merchant_not_pending'],
    ['suspend', 'ACTIVE', 'SUSPENDED', 'merchant_not_active'],
    ['reactivate', 'SUSPENDED', 'ACTIVE', 'merchant_not_suspended'],
  ] as const;
  const send = async (name: (typeof CHANGES)[number][0], status: MerchantStatus | undefined) => {
    const ledger = inMemoryLedger(
      ...(status === undefined ? [] : [stored(aMerchant({ id: 'M1', status }))]),
    );
    const call = callerOf(ledger, rejectMerchant, suspendMerchant, reactivateMerchant);
    const request = { admin: true, params: { id: 'M1' } };
    return { ledger, reply: await call(`POST /admin/merchants/{id}/${name}`, request) };
  };

  it.each(CHANGES)('%s changes %s to %s, and is refused from any other status', async (...line) => {
    const [name, from, to, otherwise] = line;
    const { ledger, reply } = await send(name, from);
    expect(reply.status).toBe(200);
    expect(ledger.written).toMatchObject([
      [
        {
          Update: {
            Key: { pk: 'M#M1', sk: 'MERCHANT' },
            UpdateExpression: expect.stringMatching(/^SET #n0 = :v1, /),
            ConditionExpression: '#n0 = :v0',
            ExpressionAttributeNames: expect.objectContaining({ '#n0': 'status' }),
            ExpressionAttributeValues: expect.objectContaining({ ':v0': from, ':v1': to }),
          },
        },
      ],
    ]);
    for (const status of MERCHANT_STATUSES.filter((each) => each !== from)) {
      const other = await send(name, status);
      expectProblem(other.reply, 409, otherwise);
      expect(other.ledger.written).toEqual([]);
    }
  });

  it.each(CHANGES)('%s of an unknown merchant is refused', async (...[name]) => {
    const { ledger, reply } = await send(name, undefined);
    expectProblem(reply, 404, 'merchant_not_found');
    expect(ledger.written).toEqual([]);
  });

  it('no change leaves REJECTED or ARCHIVED', async () => {
    for (const [name] of CHANGES) {
      for (const status of ['REJECTED', 'ARCHIVED'] as const) {
        expect((await send(name, status)).reply.status).toBe(409);
      }
    }
  });
});

describe('guards and changes assert exactly what their rule relied on', () => {
  const row = { kind: 'merchant', merchantId: 'm1' };

  it('WA-8: a payer is active on the terms that were read; traffic does not matter', () => {
    expect(activeOnTerms(aMerchant({ termsVersion: 4n, version: 7n }))).toEqual({
      row,
      conditions: [
        { must: 'equal', path: 'status', value: 'ACTIVE' },
        { must: 'equal', path: 'termsVersion', value: 4n },
      ],
    });
  });

  it('WA-2: a merchant whose wallet is opened may still receive money', () => {
    expect(receivingInNewWallet('m1')).toEqual({
      row,
      conditions: [
        { must: 'be one of', path: 'status', values: ['ACTIVE', 'SUSPENDED'] },
        { must: 'be at most', path: 'wallets', value: 89n },
      ],
    });
  });

  it('ID-2: an approval or archive holds for the whole row as read', () => {
    expect(decideStatus(aMerchant({ version: 7n }), 'ARCHIVED')).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'version', value: 7n }],
      set: { status: 'ARCHIVED' },
      remove: ['statusReason'],
    });
  });

  it('ID-2: a suspension holds for the status as read, whatever the traffic', () => {
    expect(changeStatus('m1', 'ACTIVE', 'SUSPENDED')).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'status', value: 'ACTIVE' }],
      set: { status: 'SUSPENDED' },
      remove: ['statusReason'],
    });
    expect(changeStatus('m1', 'ACTIVE', 'SUSPENDED', 'Why.')).toMatchObject({
      set: { status: 'SUSPENDED', statusReason: 'Why.' },
    });
  });

  it('ID-5: new terms raise the version of the terms', () => {
    expect(changeTerms('m1', { feePpm: 20_000n })).toEqual({
      row,
      conditions: [{ must: 'exist' }],
      set: { feePpm: 20_000n },
      add: { termsVersion: 1n },
    });
  });

  it('ID-7: what a merchant changes itself needs it to be active at the commit', () => {
    expect(changeOwnTerms('m1', { bankAccount: 'IR-2' })).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'status', value: 'ACTIVE' }],
      set: { bankAccount: 'IR-2' },
      add: { termsVersion: 1n },
    });
  });

  it('ID-7: a new sign-in replaces the one that was read, and keeps it as the former one', () => {
    const merchant = aMerchant();
    const pool = 'eu-central-1_merchants';
    const next = { pool, sub: 's2', username: 'bob' };
    expect(replaceSignIn(merchant, next)).toEqual([
      {
        row: { kind: 'sign-in', pool, sub: 's2' },
        conditions: [],
        put: { merchantId: 'm1' },
      },
      {
        row: { kind: 'sign-in', pool, sub: 'sub-of-m1' },
        conditions: [{ must: 'equal', path: 'merchantId', value: 'm1' }],
        delete: true,
      },
      {
        row,
        conditions: [{ must: 'equal', path: 'signIn.sub', value: 'sub-of-m1' }],
        set: { signIn: next, formerSignIn: merchant.signIn },
      },
    ]);
  });

  it('ID-1: a registration creates the merchant and claims its name', () => {
    const merchant = aMerchant({ status: 'PENDING' });
    expect(registerMerchant(merchant)).toEqual([
      { row: { kind: 'name', name: 'alice' }, conditions: [], put: { merchantId: 'm1' } },
      {
        row: { kind: 'sign-in', pool: 'eu-central-1_merchants', sub: 'sub-of-m1' },
        conditions: [],
        put: { merchantId: 'm1' },
      },
      { row, conditions: [], put: merchant },
    ]);
  });
});
