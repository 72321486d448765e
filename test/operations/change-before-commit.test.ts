import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMerchant } from '../../lambdas/ledger/rows/merchants.ts';
import { createRepayment } from '../../lambdas/operations/credit/create-repayment.ts';
import { createDeposit } from '../../lambdas/operations/deposits/create-deposit.ts';
import type { RouteName } from '../../lambdas/operations/index.ts';
import { approveMerchant } from '../../lambdas/operations/merchants/approve.ts';
import { archiveMerchant } from '../../lambdas/operations/merchants/archive.ts';
import { createTransfer } from '../../lambdas/operations/transfers/create-transfer.ts';
import { createWithdrawal } from '../../lambdas/operations/withdrawals/create-withdrawal.ts';
import { type Harness, type Reply, type Request, startHarness } from '../harness/harness.ts';
import { callerOf } from '../harness/http-caller.ts';

/** Every test changes a row after an operation has read it and before the operation commits. */
let harness: Harness;
const NOON = new Date('2026-11-20T12:00:00.000Z');
beforeAll(async () => {
  harness = await startHarness();
  await harness.fillPool('1000.00');
});
beforeEach(() => {
  harness.clock.now = NOON;
});
afterAll(() => harness.close());

type Outcome = {
  readonly reply: Reply;
  /** How many transactions the operation sent: one where the change does not concern it. */
  readonly sent: number;
};

/** Calls an operation, and runs `change` when the operation sends its first transaction. */
async function callDuring(
  change: () => Promise<unknown>,
  route: RouteName,
  request: Request,
): Promise<Outcome> {
  const { ledger } = harness.context;
  let sent = 0;
  const send = async (command: TransactWriteCommand): Promise<unknown> => {
    if (command instanceof TransactWriteCommand) {
      sent += 1;
      if (sent === 1) await change();
    }
    return ledger.dynamo.send(command);
  };
  const dynamo = { send } as unknown as DynamoDBDocumentClient;
  const call = callerOf(
    { ...harness.context, ledger: { ...ledger, dynamo } },
    createTransfer,
    createWithdrawal,
    createRepayment,
    createDeposit,
    approveMerchant,
    archiveMerchant,
  );
  return { reply: await call(route, { key: randomUUID(), ...request }), sent };
}

const done = async (reply: Promise<Reply>): Promise<void> => {
  const { status, text } = await reply;
  if (status >= 300) throw new Error(text);
};
const asAdmin = (id: string, body?: object): Request => ({
  admin: true,
  key: randomUUID(),
  params: { id },
  ...(body !== undefined && { body }),
});
const change = (id: string, body: object) =>
  done(harness.call('PATCH /admin/merchants/{id}', asAdmin(id, body)));
const suspend = (id: string) =>
  done(harness.call('POST /admin/merchants/{id}/suspend', asAdmin(id)));
const archive = (id: string) =>
  done(harness.call('POST /admin/merchants/{id}/archive', asAdmin(id)));
const deposit = (id: string, amount: string, currency = 'USD') =>
  done(harness.deposit(id, { amount, currency }));
const transferRequest = (as: string, to: string, amount: string): Request => ({
  as,
  key: randomUUID(),
  body: { to, amount },
});
const transfer = (as: string, to: string, amount: string) =>
  done(harness.call('POST /transfers', transferRequest(as, to, amount)));
const withdrawalRequest = (as: string, source: string, amount = '10.00'): Request => ({
  as,
  key: randomUUID(),
  body: { amount, source },
});
const withdraw = (as: string, source: string, amount?: string) =>
  done(harness.call('POST /withdrawals', withdrawalRequest(as, source, amount)));

const withdrawIn = (as: string, currency: string, amount: string) => {
  const body = { amount, currency, source: 'wallet' };
  return done(harness.call('POST /withdrawals', { as, key: randomUUID(), body }));
};

const available = async (id: string, currency = 'USD'): Promise<string> =>
  (await harness.call('GET /wallets/{currency}', { as: id, params: { currency } })).body.data
    .available;
const utilised = async (id: string): Promise<string> =>
  (await harness.call('GET /me', { as: id })).body.data.credit[0].utilised;
const transactions = async (id: string, type: string) =>
  (await harness.rows()).filter((row) => row['merchantId'] === id && row['type'] === type);

/** A payer with a fee of two per cent and 200.00 in its wallet, and a payee with an empty one. */
async function parties(): Promise<{ readonly payer: string; readonly payee: string }> {
  const [payer, payee] = [await harness.merchant('100.00'), await harness.merchant('1.00')];
  await deposit(payer, '200.00');
  return { payer, payee };
}
const TIERS = { fee_tiers: [{ currency: 'USD', from_volume: '100.00', fee: '1' }] };

describe('a transfer whose payer or payee changes before its commit', () => {
  it('ID-5: pays the new fee', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '10.00');
    const raise = () => change(payer, { fee: '5' });
    const { reply, sent } = await callDuring(raise, 'POST /transfers', request);
    expect([reply.status, sent]).toEqual([201, 2]);
    expect(reply.body.data).toMatchObject({ fee: '0.50', fee_rate: '5.00', total: '10.50' });
    expect([await available(payer), await available(payee)]).toEqual(['189.50', '10.00']);
    expect(await transactions(payer, 'transfer')).toMatchObject([{ fee: 50n, feePpm: 50_000n }]);
  });

  it('ID-5: is refused where the new fee exceeds its funds', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '195.00');
    const raise = () => change(payer, { fee: '5' });
    const { reply, sent } = await callDuring(raise, 'POST /transfers', request);
    expect([reply.status, reply.body.code, sent]).toEqual([402, 'insufficient_funds', 2]);
    expect([await available(payer), await available(payee)]).toEqual(['200.00', '0.00']);
  });

  it('WA-8: pays the rate of new tiers', async () => {
    const { payer, payee } = await parties();
    await transfer(payer, payee, '120.00');
    const request = transferRequest(payer, payee, '10.00');
    const reprice = () => change(payer, TIERS);
    const { reply, sent } = await callDuring(reprice, 'POST /transfers', request);
    expect([reply.body.data.fee, reply.body.data.fee_rate, sent]).toEqual(['0.10', '1.00', 2]);
  });

  it('ID-2: is refused where its payer is suspended, and moves nothing', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '10.00');
    const { reply, sent } = await callDuring(() => suspend(payer), 'POST /transfers', request);
    expect([reply.status, reply.body.code, sent]).toEqual([403, 'merchant_suspended', 2]);
    expect([await available(payer), await available(payee)]).toEqual(['200.00', '0.00']);
    expect(await transactions(payer, 'transfer')).toEqual([]);
    expect((await harness.call('POST /transfers', request)).text).toBe(reply.text);
  });

  it('ID-2: succeeds at the first commit where its payee is suspended', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '10.00');
    const { reply, sent } = await callDuring(() => suspend(payee), 'POST /transfers', request);
    expect([reply.status, sent, await available(payee)]).toEqual([201, 1, '10.00']);
  });

  it('ID-2: is refused where its payee is archived', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '10.00');
    const { reply, sent } = await callDuring(() => archive(payee), 'POST /transfers', request);
    expect([reply.status, reply.body.code, sent]).toEqual([404, 'payee_not_found', 2]);
    expect([await available(payer), await available(payee)]).toEqual(['200.00', '0.00']);
  });

  it.each([
    // concurrent  fee     rate    tier                         commits
    ['4.99', '0.20', '2.00', null, 1],
    ['5.00', '0.10', '1.00', { from_volume: '100.00' }, 2],
  ])(
    'WA-8: at a volume of 95.00, another transfer of %s makes its fee %s',
    async (amount, fee, fee_rate, fee_tier, commits) => {
      const { payer, payee } = await parties();
      await change(payer, TIERS);
      await transfer(payer, payee, '95.00');
      const request = transferRequest(payer, payee, '10.00');
      const another = () => transfer(payer, payee, amount);
      const { reply, sent } = await callDuring(another, 'POST /transfers', request);
      expect(reply.body.data).toMatchObject({ fee, fee_rate, fee_tier });
      expect(sent).toBe(commits);
      const { transferVolume } = (await readMerchant(harness.context.ledger, payer)) ?? {};
      const volume = 105_00n + BigInt(amount.replace('.', ''));
      expect(transferVolume).toEqual({ USD: { month: '2026-11', amount: volume } });
    },
  );

  it('WA-8: ignores the volume of other transfers where its payer has no tiers', async () => {
    const { payer, payee } = await parties();
    await transfer(payer, payee, '1.00');
    const request = transferRequest(payer, payee, '10.00');
    const another = () => transfer(payer, payee, '120.00');
    const { reply, sent } = await callDuring(another, 'POST /transfers', request);
    expect([reply.body.data.fee, sent]).toEqual(['0.20', 1]);
  });

  it('CR-5 WA-8: is counted together with the first transfer of a new month', async () => {
    const { payer, payee } = await parties();
    await transfer(payer, payee, '1.00');
    harness.clock.now = new Date('2026-12-05T12:00:00.000Z');
    const request = transferRequest(payer, payee, '10.00');
    const another = () => transfer(payer, payee, '20.00');
    const { reply, sent } = await callDuring(another, 'POST /transfers', request);
    expect([reply.status, sent]).toEqual([201, 2]);
    expect(await readMerchant(harness.context.ledger, payer)).toMatchObject({
      spent: {
        USD: { day: '2026-12-05', dayAmount: 30_00n, month: '2026-12', monthAmount: 30_00n },
      },
      transferVolume: { USD: { month: '2026-12', amount: 30_00n } },
    });
  });

  it('WA-5: is refused where another operation takes the funds', async () => {
    const { payer, payee } = await parties();
    const request = transferRequest(payer, payee, '10.00');
    const take = () => withdraw(payer, 'wallet', '189.81');
    const { reply, sent } = await callDuring(take, 'POST /transfers', request);
    expect([reply.status, reply.body.code, sent]).toEqual([402, 'insufficient_funds', 2]);
    expect([await available(payer), await available(payee)]).toEqual(['10.19', '0.00']);
  });
});

describe('a withdrawal whose merchant changes before its commit', () => {
  const withdrawDuring = (
    changes: () => Promise<unknown>,
    id: string,
    source: string,
    more: object = {},
  ): Promise<Outcome> => {
    const body = { amount: '10.00', source, ...more };
    return callDuring(changes, 'POST /withdrawals', { as: id, body });
  };

  it.each([
    ['on credit', 'credit', {}],
    ['from the wallet', 'wallet', {}],
    ['at a set time', 'credit', { execute_at: '2026-11-21T12:00:00Z' }],
  ])('ID-2: is refused where it is suspended: %s', async (_, source, more) => {
    const { payer: id } = await parties();
    const { reply, sent } = await withdrawDuring(() => suspend(id), id, source, more);
    expect([reply.status, reply.body.code, sent]).toEqual([403, 'merchant_suspended', 2]);
    expect([await available(id), await utilised(id)]).toEqual(['200.00', '0.00']);
    expect(await transactions(id, 'withdrawal')).toEqual([]);
  });

  it.each(['credit', 'wallet'])('ID-5: is decided again on new terms: from %s', async (source) => {
    const { payer: id } = await parties();
    const { reply, sent } = await withdrawDuring(() => change(id, { fee: '5' }), id, source);
    expect([reply.status, sent]).toEqual([202, 2]);
    expect(await transactions(id, 'withdrawal')).toHaveLength(1);
  });

  it.each([
    // another  leaves    status  code              commits  utilised
    ['79.99', 'enough', 202, undefined, 1, '90.99'],
    ['89.00', 'exactly enough', 202, undefined, 1, '100.00'],
    ['89.01', 'too little', 402, 'insufficient_credit', 2, '90.01'],
  ])(
    'CR-2: at an available credit of 99.00, another withdrawal of %s leaves %s',
    async (amount, _left, status, code, commits, total) => {
      const id = await harness.merchant('100.00');
      await withdraw(id, 'credit', '1.00');
      const another = () => withdraw(id, 'credit', amount);
      const { reply, sent } = await withdrawDuring(another, id, 'credit');
      expect([reply.status, reply.body.code, sent]).toEqual([status, code, commits]);
      expect(await utilised(id)).toBe(total);
    },
  );
});

describe('a new month in one currency, and a spend in another before its commit', () => {
  it('CR-5: counts both, and removes only what nobody counted on', async () => {
    const id = await harness.merchant('100.00');
    for (const currency of ['USD', 'EUR', 'GBP']) {
      await deposit(id, '50.00', currency);
      await withdrawIn(id, currency, '1.00');
    }
    harness.clock.now = new Date('2026-12-05T12:00:00.000Z');
    const another = () => withdrawIn(id, 'EUR', '2.00');
    const request = withdrawalRequest(id, 'wallet', '4.00');
    const { reply, sent } = await callDuring(another, 'POST /withdrawals', request);
    expect([reply.status, sent]).toEqual([202, 2]);
    const counter = (amount: bigint) => ({
      day: '2026-12-05',
      dayAmount: amount,
      month: '2026-12',
      monthAmount: amount,
    });
    expect((await readMerchant(harness.context.ledger, id))?.spent).toEqual({
      USD: counter(4_00n),
      EUR: counter(2_00n),
    });
  });
});

describe('a repayment whose merchant changes before its commit', () => {
  it('ID-2: is refused after a suspension', async () => {
    const { payer: id } = await parties();
    await withdraw(id, 'credit', '30.00');
    const request = { as: id, key: randomUUID(), body: { amount: '10.00' } };
    const { reply, sent } = await callDuring(() => suspend(id), 'POST /repayments', request);
    expect([reply.status, reply.body.code, sent]).toEqual([403, 'merchant_suspended', 2]);
    expect(await utilised(id)).toBe('30.00');
  });
});

describe('an administrator’s operation whose merchant changes before its commit', () => {
  it.each([
    ['a deposit into its wallet', (id: string) => deposit(id, '1.00'), 'USD'],
    ['a deposit that opens a wallet', (id: string) => deposit(id, '1.00', 'EUR'), 'EUR'],
  ])('ID-2: an archive is refused after %s', async (_, pay, currency) => {
    const id = await harness.merchant('10.00');
    const route = 'POST /admin/merchants/{id}/archive';
    const { reply, sent } = await callDuring(() => pay(id), route, asAdmin(id));
    expect([reply.status, reply.body.code, sent]).toEqual([409, 'merchant_not_empty', 2]);
    expect(await available(id, currency)).toBe('1.00');
  });

  it('ID-2: an archive is refused after a withdrawal', async () => {
    const id = await harness.merchant('10.00');
    const route = 'POST /admin/merchants/{id}/archive';
    const { reply, sent } = await callDuring(() => withdraw(id, 'credit'), route, asAdmin(id));
    expect([reply.status, reply.body.code, sent]).toEqual([409, 'merchant_not_empty', 2]);
  });

  it.each(['USD', 'EUR'])('ID-2: a deposit of %s is refused after an archive', async (currency) => {
    const id = await harness.merchant('10.00');
    const request = {
      admin: true,
      params: { merchant_id: id },
      body: { amount: '1.00', currency },
    };
    const route = 'POST /admin/wallets/{merchant_id}/deposits';
    const { reply, sent } = await callDuring(() => archive(id), route, request);
    expect([reply.status, reply.body.code, sent]).toEqual([422, 'merchant_cannot_receive', 2]);
    expect(await transactions(id, 'deposit')).toEqual([]);
  });

  it('ID-2: an approval is refused after a rejection', async () => {
    const id = await harness.register();
    const reject = () => done(harness.call('POST /admin/merchants/{id}/reject', asAdmin(id)));
    const request = asAdmin(id, { credit_limit: '10.00' });
    const route = 'POST /admin/merchants/{id}/approve';
    const { reply, sent } = await callDuring(reject, route, request);
    expect([reply.status, reply.body.code, sent]).toEqual([409, 'merchant_rejected', 2]);
    expect(await readMerchant(harness.context.ledger, id)).toMatchObject({ status: 'REJECTED' });
  });
});
