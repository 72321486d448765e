import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Account, BALANCE_ACCOUNTS, balancesOf } from '../../lambdas/ledger/accounts.ts';
import {
  closeWallet,
  openCreditLine,
  openWallet,
  utilisedAsRead,
} from '../../lambdas/ledger/balances.ts';
import type { Effects } from '../../lambdas/ledger/decision.ts';
import { allCheckKeys, allStatusKeys } from '../../lambdas/ledger/keys.ts';
import {
  activeOnTerms,
  changeStatus,
  changeTerms,
  receivingInNewWallet,
  registerMerchant,
} from '../../lambdas/ledger/merchant.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { addRelease, releaseFunds } from '../../lambdas/ledger/pending-releases.ts';
import { openPool, type PoolShare, toRoot } from '../../lambdas/ledger/pool/pool.ts';
import { type Phase, post, postChanges } from '../../lambdas/ledger/post.ts';
import {
  credit,
  PHASES,
  type PhaseName,
  poolAvailable,
  poolLent,
  postingsIn,
  system,
  walletAvailable,
  walletPending,
} from '../../lambdas/ledger/postings.ts';
import { markReversed } from '../../lambdas/ledger/reversed.ts';
import {
  type Change,
  type Condition,
  LABELS,
  type RowRef,
  type RowWrite,
} from '../../lambdas/ledger/row-writes.ts';
import {
  createTransaction,
  noTransaction,
  postponeCheck,
  transition,
} from '../../lambdas/ledger/rows/transactions.ts';
import { aWithdrawal } from '../harness/a-withdrawal.ts';
import { aCreditLine, aMerchant, USD } from '../harness/in-memory-ledger.ts';

/** The row of the wallet alone, without the count on its merchant's row. */
const WALLET_OPENED = openWallet('m1', USD)[0] as Change;
const EUR = currencyCode.parse('EUR');
const cents = minor;
const LIMIT = cents(500n);

const phase = (effects: Partial<Effects>, txnId = 'T1', name: PhaseName = 'accept'): Phase => ({
  txnId,
  name,
  postings: [],
  guards: [],
  changes: [],
  ...effects,
});
const moving = (source: Account, destination: Account, amount: bigint): Partial<Effects> => ({
  postings: postingsIn(USD, [source, destination, cents(amount)]),
});
const CLEARING = system('clearing');
const OUTSIDE = system('outside');
const wallet = walletAvailable('m1');
const pending = walletPending('m1');
const line = credit('m1', LIMIT);

const MERCHANT: RowRef = { kind: 'merchant', merchantId: 'm1' };
const WALLET: RowRef = { kind: 'wallet', merchantId: 'm1', currency: USD };
const CREDIT: RowRef = { kind: 'credit', merchantId: 'm1', currency: USD };
const ROOT: RowRef = { kind: 'pool', currency: USD, shard: 'ROOT' };

const EXIST: Condition = { must: 'exist' };
const OPEN: Condition = { must: 'be absent', path: 'closed' };
const atLeast = (path: string, value: bigint): Condition => ({ must: 'be at least', path, value });

/** The only write of these phases. */
function only(...phases: readonly Phase[]): RowWrite {
  const writes = post(phases);
  const [write] = writes;
  if (write === undefined || writes.length > 1) throw new Error(`${writes.length} writes`);
  return write;
}
/** What the only write of these phases adds and asserts. */
function update(...phases: readonly Phase[]) {
  const write = only(...phases);
  if (write.action !== 'update') throw new Error(write.action);
  return write;
}
const labelsOf = (writes: readonly RowWrite[]) => writes.map(({ row }) => row.kind);

describe('CR-2: one transaction writes each row once', () => {
  it('a withdrawal on credit changes merchant, credit line and pool', () => {
    const counted: Change = {
      row: MERCHANT,
      conditions: [{ must: 'equal', path: 'spent.USD.day', value: '2026-11-20' }],
      set: {},
      add: { 'spent.USD.dayAmount': 100n },
    };
    const writes = post([
      phase({
        postings: postingsIn(
          USD,
          [poolAvailable(toRoot(cents(100n))), CLEARING, cents(100n)],
          [poolLent(toRoot(cents(100n))), line, cents(100n)],
        ),
        guards: [activeOnTerms(aMerchant())],
        changes: [counted],
      }),
    ]);
    expect(writes).toEqual([
      {
        row: MERCHANT,
        action: 'update',
        conditions: [
          { must: 'equal', path: 'status', value: 'ACTIVE' },
          { must: 'equal', path: 'termsVersion', value: 4n },
          { must: 'equal', path: 'spent.USD.day', value: '2026-11-20' },
        ],
        set: {},
        add: { 'spent.USD.dayAmount': 100n, version: 1n },
        append: {},
        remove: [],
      },
      {
        row: CREDIT,
        action: 'update',
        conditions: [
          { must: 'equal', path: 'limit', value: 500n },
          { must: 'be at most', path: 'utilised', value: 400n },
        ],
        set: { by: ['T1:accept'] },
        add: { utilised: 100n, version: 1n },
        append: {},
        remove: [],
      },
      {
        row: ROOT,
        action: 'update',
        conditions: [atLeast('available', 100n)],
        set: { by: ['T1:accept'] },
        add: { available: -100n, lent: 100n, version: 1n },
        append: {},
        remove: [],
      },
    ]);
  });

  it('a refund on credit returns to the rows of the pool that paid', () => {
    const shares: readonly PoolShare[] = [
      { shard: '0', amount: cents(60n) },
      { shard: 'ROOT', amount: cents(40n) },
    ];
    const refund = phase(
      {
        postings: postingsIn(
          USD,
          [CLEARING, poolAvailable(shares), cents(100n)],
          [credit('m1'), poolLent(shares), cents(100n)],
        ),
      },
      'T1',
      'refund',
    );
    expect(post([refund]).map(({ row, ...write }) => [row, 'add' in write && write.add])).toEqual([
      [CREDIT, { utilised: -100n, version: 1n }],
      [
        { ...ROOT, shard: '0' },
        { available: 60n, lent: -60n, version: 1n },
      ],
      [ROOT, { available: 40n, lent: -40n, version: 1n }],
    ]);
  });

  it('wallets in two currencies and of two merchants are different rows', () => {
    const writes = post([
      phase({
        postings: [
          ...postingsIn(USD, [wallet, walletAvailable('m2'), cents(5n)]),
          ...postingsIn(EUR, [system('exchange'), wallet, cents(3n)]),
        ],
      }),
    ]);
    expect(writes.map(({ row, ...write }) => [row, 'add' in write && write.add])).toEqual([
      [WALLET, { available: -5n, version: 1n }],
      [
        { ...WALLET, merchantId: 'm2' },
        { available: 5n, version: 1n },
      ],
      [
        { ...WALLET, currency: EUR },
        { available: 3n, version: 1n },
      ],
    ]);
  });

  it('a posting between system accounts writes no row', () => {
    expect(post([phase(moving(CLEARING, system('bank'), 100n))])).toEqual([]);
  });

  it('nothing writes nothing', () => {
    expect(post([])).toEqual([]);
    expect(post([phase({})])).toEqual([]);
  });
});

describe('WA-3: postings are netted per attribute', () => {
  it('a debit of 100 that releases 80 lowers available by 20 and pending by 80', () => {
    const debit = phase({
      postings: postingsIn(USD, [pending, wallet, cents(80n)], [wallet, CLEARING, cents(100n)]),
    });
    expect(update(debit)).toEqual({
      row: WALLET,
      action: 'update',
      conditions: [atLeast('pending', 80n), atLeast('available', 20n)],
      set: { by: ['T1:accept'] },
      add: { pending: -80n, available: -20n, version: 1n },
      append: {},
      remove: [],
    });
  });

  it('a debit of 60 that releases 80 raises available by 20, in an open wallet only', () => {
    const debit = phase({
      postings: postingsIn(USD, [pending, wallet, cents(80n)], [wallet, CLEARING, cents(60n)]),
    });
    expect(update(debit)).toMatchObject({
      conditions: [atLeast('pending', 80n), EXIST, OPEN],
      add: { pending: -80n, available: 20n, version: 1n },
    });
  });

  it('a net of zero asserts nothing of the balance and still raises the version', () => {
    const both = phase({
      postings: postingsIn(USD, [OUTSIDE, wallet, cents(80n)], [wallet, CLEARING, cents(80n)]),
    });
    expect(update(both)).toMatchObject({
      conditions: [EXIST],
      set: { by: ['T1:accept'] },
      add: { available: 0n, version: 1n },
    });
  });

  it('a wallet whose two balances rise asserts once that it is open', () => {
    const both = phase({
      postings: postingsIn(USD, [OUTSIDE, wallet, cents(5n)], [OUTSIDE, pending, cents(7n)]),
    });
    expect(update(both)).toMatchObject({
      conditions: [EXIST, OPEN],
      add: { available: 5n, pending: 7n, version: 1n },
    });
  });

  it('a transfer with a fee debits the payer once', () => {
    const writes = post([
      phase({
        postings: postingsIn(
          USD,
          [wallet, walletAvailable('m2'), cents(100n)],
          [wallet, system('fees'), cents(2n)],
        ),
      }),
    ]);
    expect(writes).toMatchObject([
      { row: WALLET, conditions: [atLeast('available', 102n)], add: { available: -102n } },
      { row: { ...WALLET, merchantId: 'm2' }, conditions: [EXIST, OPEN], add: { available: 100n } },
    ]);
  });
});

describe('CR-2: every account of the table asserts its invariant', () => {
  const shares = toRoot(cents(30n));
  const ACCOUNTS = {
    'wallet.available': wallet,
    'wallet.pending': pending,
    credit: line,
    'pool.available': poolAvailable(shares),
    'pool.lent': poolLent(shares),
  } as const satisfies Record<keyof typeof BALANCE_ACCOUNTS, Account>;
  const LIMITED: Condition[] = [
    { must: 'equal', path: 'limit', value: 500n },
    { must: 'be at most', path: 'utilised', value: 470n },
  ];

  it('every balance account is in the table below', () => {
    expect(Object.keys(BALANCE_ACCOUNTS).toSorted()).toEqual(Object.keys(ACCOUNTS).toSorted());
  });

  it.each<[keyof typeof ACCOUNTS, string, Condition[], Condition[]]>([
    // account           attribute    when it falls                 when it rises
    ['wallet.available', 'available', [atLeast('available', 30n)], [EXIST, OPEN]],
    ['wallet.pending', 'pending', [atLeast('pending', 30n)], [EXIST, OPEN]],
    ['credit', 'utilised', [atLeast('utilised', 30n)], LIMITED],
    ['pool.available', 'available', [atLeast('available', 30n)], [EXIST]],
  ])('%s', (name, attribute, falls, rises) => {
    const account = ACCOUNTS[name];
    expect(update(phase(moving(account, OUTSIDE, 30n)))).toMatchObject({
      conditions: falls,
      add: { [attribute]: -30n, version: 1n },
    });
    expect(update(phase(moving(OUTSIDE, account, 30n)))).toMatchObject({
      conditions: rises,
      add: { [attribute]: 30n, version: 1n },
    });
  });

  it('pool.lent is minus its account’s balance and only needs its row', () => {
    expect(update(phase(moving(ACCOUNTS['pool.lent'], OUTSIDE, 30n)))).toMatchObject({
      conditions: [EXIST],
      add: { lent: 30n, version: 1n },
    });
    expect(update(phase(moving(OUTSIDE, ACCOUNTS['pool.lent'], 30n)))).toMatchObject({
      conditions: [EXIST],
      add: { lent: -30n, version: 1n },
    });
  });

  it.each(PHASES.map((name) => [name, name === 'refund'] as const))(
    'WD-6: a closed wallet takes the credit of phase %s: %s',
    (name, taken) => {
      for (const account of [wallet, pending]) {
        const { conditions } = update(phase(moving(CLEARING, account, 30n), 'T1', name));
        expect(conditions).toEqual(taken ? [EXIST] : [EXIST, OPEN]);
      }
    },
  );

  it('WD-6: a closed wallet takes refunds alone, in any order with another credit', () => {
    const refund = (txnId: string) => phase(moving(CLEARING, wallet, 30n), txnId, 'refund');
    const deposit = phase(moving(OUTSIDE, wallet, 50n), 'T3');
    expect(update(refund('T1'), refund('T2')).conditions).toEqual([EXIST]);
    expect(update(refund('T1'), deposit).conditions).toEqual([EXIST, OPEN]);
    expect(update(deposit, refund('T1')).conditions).toEqual([EXIST, OPEN]);
  });

  it('a rise of credit without the limit as read is a defect', () => {
    const draw = phase(moving(poolLent(shares), credit('m1'), 30n));
    expect(() => post([draw])).toThrow('credit is drawn without the limit that was read');
  });

  it('a fall of credit needs no limit', () => {
    expect(update(phase(moving(credit('m1'), OUTSIDE, 30n))).conditions).toEqual([
      atLeast('utilised', 30n),
    ]);
  });

  it('credit drawn on two different limits is a defect', () => {
    const draw = (limit: bigint, txnId: string) =>
      phase(moving(poolLent(shares), credit('m1', cents(limit)), 30n), txnId);
    expect(() => post([draw(500n, 'T1'), draw(600n, 'T2')])).toThrow(
      'credit is drawn on two limits',
    );
  });

  it('credit that rises and falls in one commit asserts the limit of the rise', () => {
    const both = phase({
      postings: postingsIn(USD, [OUTSIDE, line, cents(50n)], [credit('m1'), OUTSIDE, cents(20n)]),
    });
    expect(update(both)).toMatchObject({
      conditions: [
        { must: 'equal', path: 'limit', value: 500n },
        { must: 'be at most', path: 'utilised', value: 470n },
      ],
      add: { utilised: 30n },
    });
  });

  it.each([
    ['less than', [{ shard: 'ROOT', amount: cents(99n) }]],
    ['more than', [{ shard: 'ROOT', amount: cents(101n) }]],
    [
      'in several rows less than',
      [
        { shard: '0', amount: cents(50n) },
        { shard: 'ROOT', amount: cents(49n) },
      ],
    ],
    ['none of', []],
  ])('shares that are %s the amount are a defect', (_, wrong) => {
    for (const account of [poolAvailable(wrong), poolLent(wrong)]) {
      expect(() => post([phase(moving(account, CLEARING, 100n))])).toThrow(
        'the shares are not the amount',
      );
      expect(() => post([phase(moving(CLEARING, account, 100n))])).toThrow(
        'the shares are not the amount',
      );
    }
  });
});

describe('contradictory effects are a defect', () => {
  it.each<[string, Partial<Change>]>([
    ['set', { set: { bankAccount: 'IR-2' } }],
    ['appended to', { append: { notes: ['x'] } }],
  ])('an attribute that is %s twice', (_, more) => {
    const change: Change = { row: MERCHANT, conditions: [], ...more };
    expect(() => post([phase({ changes: [change, change] })])).toThrow('is set twice');
    expect(() => post([phase({ changes: [change] }), phase({ changes: [change] }, 'T2')])).toThrow(
      'is set twice',
    );
  });

  it('a row that is created twice', () => {
    const changes = [WALLET_OPENED, WALLET_OPENED];
    expect(() => post([phase({ changes })])).toThrow('wallet is created twice');
  });

  it.each<[string, Partial<Change>]>([
    ['guarded', { conditions: [EXIST] }],
    ['set', { set: { closed: true } }],
    ['added to', { add: { count: 1n } }],
    ['appended to', { append: { notes: ['x'] } }],
    ['stripped', { remove: ['closed'] }],
  ])('a new row that is %s in the same commit', (_, more) => {
    const change: Change = { row: WALLET, conditions: [], ...more };
    const opened = WALLET_OPENED;
    for (const changes of [
      [opened, change],
      [change, opened],
    ]) {
      expect(() => post([phase({ changes })])).toThrow('wallet is created and changed at once');
    }
    expect(() => post([phase({ changes: [opened] }), phase({ changes: [change] }, 'T2')])).toThrow(
      'wallet is created and changed at once',
    );
  });

  it('an attribute that is set and added to', () => {
    const set: Change = { row: MERCHANT, conditions: [], set: { count: 1n } };
    const added: Change = { row: MERCHANT, conditions: [], add: { count: 1n } };
    expect(() => post([phase({ changes: [set, added] })])).toThrow('count is set twice');
    const removed: Change = { row: MERCHANT, conditions: [], remove: ['count'] };
    expect(() => post([phase({ changes: [removed, added] })])).toThrow('count is set twice');
  });

  it('a row that is deleted and changed in the same commit', () => {
    const deleted: Change = { row: WALLET, conditions: [EXIST], delete: true };
    const changed: Change = { row: WALLET, conditions: [], set: { closed: true } };
    const refusal = 'wallet is deleted and changed at once';
    expect(() => post([phase({ changes: [deleted, changed] })])).toThrow(refusal);
    expect(() => post([phase({ changes: [deleted, WALLET_OPENED] })])).toThrow(refusal);
    const moved = { changes: [deleted], ...moving(OUTSIDE, wallet, 1n) };
    expect(() => post([phase(moved)])).toThrow(refusal);
  });

  it('a new row that would start below zero', () => {
    const opened = { changes: [WALLET_OPENED] };
    expect(() => post([phase({ ...opened, ...moving(wallet, CLEARING, 1n) })])).toThrow(
      'wallet.available would start below zero',
    );
    const lent = {
      changes: [openPool(USD, 4)],
      ...moving(OUTSIDE, poolLent(toRoot(cents(1n))), 1n),
    };
    expect(() => post([phase(lent)])).toThrow('pool.lent would start below zero');
  });
});

describe('LE-1: a balance changes by postings alone', () => {
  const BALANCES: readonly (readonly [RowRef, string])[] = [WALLET, CREDIT, ROOT].flatMap((row) =>
    balancesOf(row.kind).map((attribute) => [row, attribute] as const),
  );

  it('wallets, credit lines and pools hold balances', () => {
    expect(BALANCES.map(([row, attribute]) => `${row.kind}.${attribute}`)).toEqual([
      'wallet.available',
      'wallet.pending',
      'credit.utilised',
      'pool.available',
      'pool.lent',
    ]);
  });

  it.each(BALANCES)('a change that writes to %j its %s is a defect', (row, attribute) => {
    for (const effect of [
      { set: { [attribute]: 5n } },
      { add: { [attribute]: 5n } },
      { put: { currency: USD, [attribute]: 5n } },
      { remove: [attribute] },
    ]) {
      const changes: Change[] = [{ row, conditions: [], ...effect }];
      expect(() => post([phase({ changes })])).toThrow(
        `${row.kind}.${attribute} changes by postings alone`,
      );
      expect(() => post([phase({ changes, ...moving(OUTSIDE, wallet, 5n) })])).toThrow(
        'changes by postings alone',
      );
    }
  });

  it('what all rows gain is what all system accounts lose, for any postings', () => {
    const MANY = [...'ab'].flatMap((id) => [
      walletAvailable(id),
      walletPending(id),
      credit(id, cents(10n ** 12n)),
    ]);
    const posting = fc
      .record({
        amount: fc.bigInt({ min: 1n, max: 10n ** 9n }).map(cents),
        sides: fc.tuple(fc.nat(), fc.nat()),
        shard: fc.constantFrom('0', 'ROOT'),
        currency: fc.constantFrom(USD, EUR),
      })
      .map(({ amount, sides, shard, currency }) => {
        const shares = [{ shard, amount }];
        const all = [OUTSIDE, CLEARING, ...MANY, poolAvailable(shares), poolLent(shares)];
        const [source = OUTSIDE, destination = OUTSIDE] = sides.map((i) => all[i % all.length]);
        return { source, destination, amount, currency };
      });
    const isSystem = (account: Account) => !('merchantId' in account) && !('shares' in account);
    fc.assert(
      fc.property(fc.array(posting, { maxLength: 30 }), (postings) => {
        const lost = postings.reduce(
          (sum, { source, destination, amount }) =>
            sum + (isSystem(source) ? amount : 0n) - (isSystem(destination) ? amount : 0n),
          0n,
        );
        const gained = post([phase({ postings })]).reduce((sum, write) => {
          if (write.action !== 'update') throw new Error(write.action);
          const { available = 0n, pending: held = 0n, utilised = 0n, lent = 0n } = write.add;
          return sum + available + held + utilised - lent;
        }, 0n);
        expect(gained).toBe(lost);
      }),
      { seed: 29 },
    );
  });

  it('each row is written once, in the order of refusal, for any postings', () => {
    const accounts = [wallet, pending, line, walletAvailable('m2'), OUTSIDE];
    const pairs = fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 20 });
    fc.assert(
      fc.property(pairs, (chosen) => {
        const postings = chosen.flatMap(([from, to]) =>
          postingsIn(USD, [accounts[from] ?? OUTSIDE, accounts[to] ?? OUTSIDE, cents(1n)]),
        );
        const writes = post([phase({ postings })]);
        expect(new Set(writes.map(({ row }) => JSON.stringify(row))).size).toBe(writes.length);
        const order = labelsOf(writes).map((label) => LABELS.indexOf(label));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
      { seed: 30 },
    );
  });
});

describe('guards', () => {
  it('ID-2: a guard on a merchant row always raises its version, so that an archive loses', () => {
    for (const guard of [activeOnTerms(aMerchant()), receivingInNewWallet('m1')]) {
      expect(only(phase({ guards: [guard] }))).toEqual({
        row: MERCHANT,
        action: 'update',
        conditions: guard.conditions,
        set: {},
        add: { version: 1n },
        append: {},
        remove: [],
      });
    }
  });

  it.each([
    ['a credit line', utilisedAsRead('m1', aCreditLine(500n, 70n))],
    ['a transaction', noTransaction('M#m1', 'T1')],
  ])('a guard on %s that nothing else changes is a check', (_, guard) => {
    expect(only(phase({ guards: [guard] }))).toEqual({ ...guard, action: 'check' });
  });

  it('WD-6: a guard on a row that postings change becomes part of its update', () => {
    const refund = phase(
      {
        ...moving(credit('m1'), OUTSIDE, 70n),
        guards: [utilisedAsRead('m1', aCreditLine(500n, 70n))],
      },
      'T1',
      'refund',
    );
    expect(update(refund)).toMatchObject({
      row: CREDIT,
      conditions: [{ must: 'equal', path: 'utilised', value: 70n }, atLeast('utilised', 70n)],
      add: { utilised: -70n, version: 1n },
    });
  });

  it('the same condition of two phases is asserted once', () => {
    const guards = [activeOnTerms(aMerchant())];
    const { conditions } = update(phase({ guards }), phase({ guards }, 'T2'));
    expect(conditions).toEqual(activeOnTerms(aMerchant()).conditions);
  });

  it('an amount and a text with the same digits are different conditions', () => {
    const asserting = (value: string | bigint): Change => ({
      row: MERCHANT,
      conditions: [{ must: 'equal', path: 'termsVersion', value }],
    });
    const guards = [asserting('2'), asserting('2n'), asserting(2n)];
    const { conditions } = update(phase({ guards }));
    expect(conditions).toEqual(guards.flatMap((each) => each.conditions));
  });
});

describe('new rows', () => {
  const NEW: Condition[] = [{ must: 'be new' }];

  it('WA-2: a wallet starts with what the postings of its transaction bring', () => {
    const open = { changes: [WALLET_OPENED] };
    const created = (amounts: object) => ({
      row: WALLET,
      action: 'put',
      conditions: NEW,
      item: {
        currency: 'USD',
        available: 0n,
        pending: 0n,
        version: 1n,
        by: ['T1:accept'],
        ...amounts,
      },
    });
    expect(only(phase(open))).toEqual(created({}));
    expect(only(phase({ ...open, ...moving(OUTSIDE, wallet, 30n) }))).toEqual(
      created({ available: 30n }),
    );
    expect(only(phase({ ...open, ...moving(OUTSIDE, pending, 30n) }))).toEqual(
      created({ pending: 30n }),
    );
  });

  it('CR-1: the first top-up opens the root of the pool', () => {
    const topUp = phase({
      ...moving(system('funding'), poolAvailable(toRoot(cents(900n))), 900n),
      changes: [openPool(USD, 4)],
    });
    expect(only(topUp)).toEqual({
      row: ROOT,
      action: 'put',
      conditions: NEW,
      item: {
        currency: 'USD',
        closed: 0n,
        shards: 0n,
        targetShards: 4n,
        low: 0n,
        conflicts: 0n,
        nextCheckKey: expect.stringMatching(/^POOL#\d+$/),
        nextCheckAt: '1970-01-01T00:00:00.000Z',
        available: 900n,
        lent: 0n,
        version: 1n,
        by: ['T1:accept'],
      },
    });
  });

  it('ID-2: a credit line starts with nothing utilised', () => {
    expect(only(phase({ changes: [openCreditLine('m1', USD, LIMIT)] }))).toEqual({
      row: CREDIT,
      action: 'put',
      conditions: NEW,
      item: { currency: 'USD', limit: 500n, utilised: 0n, version: 1n, by: ['T1:accept'] },
    });
  });

  it('AP-1: a transaction row has neither version nor `by`', () => {
    const write = only(phase({ changes: [createTransaction(aWithdrawal())] }));
    expect(write).toMatchObject({ action: 'put', conditions: NEW });
    if (write.action !== 'put') throw new Error(write.action);
    expect(write.item).not.toHaveProperty('version');
    expect(write.item).not.toHaveProperty('by');
    expect(write.item).toMatchObject({ txnId: aWithdrawal().txnId, status: 'PENDING' });
  });

  it('ID-1: a merchant row is in the index of its status, by time', () => {
    const writes = postChanges(registerMerchant(aMerchant({ status: 'PENDING' })));
    expect(labelsOf(writes)).toEqual(['name', 'sign-in', 'merchant']);
    const [, , merchant] = writes;
    if (merchant?.action !== 'put') throw new Error('not created');
    expect(allStatusKeys('MERCHANT', 'PENDING')).toContain(merchant.item['statusKey']);
    expect(merchant.item).toMatchObject({
      statusAt: '2026-11-01T00:00:00.000Z#m1',
      version: 1n,
      termsVersion: 4n,
    });
    expect(merchant.item).not.toHaveProperty('by');
  });

  it('WA-3: a pending release is in the index of next checks, at its time', () => {
    const release = {
      depositId: 'D1',
      currency: USD,
      amount: cents(30n),
      releaseAt: '2026-11-21T00:00:00.000Z',
    };
    const write = only(phase({ changes: [addRelease('m1', release)] }));
    expect(write).toEqual({
      row: {
        kind: 'release',
        merchantId: 'm1',
        currency: USD,
        releaseAt: release.releaseAt,
        depositId: 'D1',
      },
      action: 'put',
      conditions: NEW,
      item: {
        ...release,
        nextCheckAt: release.releaseAt,
        nextCheckKey: expect.stringMatching(/^RELEASE#\d+$/),
      },
    });
    if (write.action !== 'put') throw new Error(write.action);
    expect(allCheckKeys('RELEASE')).toContain(write.item['nextCheckKey']);
  });
});

describe('changes of existing rows', () => {
  it('ID-2: a change of status moves the merchant in the status index', () => {
    const { set } = update(phase({ changes: [changeStatus('m1', 'ACTIVE', 'SUSPENDED')] }));
    expect(set).toEqual({ status: 'SUSPENDED', statusKey: expect.any(String) });
    expect(allStatusKeys('MERCHANT', 'SUSPENDED')).toContain(set['statusKey']);
  });

  it('ID-5: a change of terms leaves the status index alone and raises both versions', () => {
    expect(update(phase({ changes: [changeTerms('m1', { feePpm: 5n })] }))).toMatchObject({
      set: { feePpm: 5n },
      add: { termsVersion: 1n, version: 1n },
    });
  });

  it('two amounts for one counter are added together', () => {
    const count = (amount: bigint): Change => ({
      row: MERCHANT,
      conditions: [],
      add: { 'spent.USD.dayAmount': amount },
    });
    expect(update(phase({ changes: [count(5n), count(7n)] })).add).toEqual({
      'spent.USD.dayAmount': 12n,
      version: 1n,
    });
  });

  it('an update without a condition of its own needs its row', () => {
    const change: Change = { row: MERCHANT, conditions: [], set: { bankAccount: 'IR-2' } };
    expect(update(phase({ changes: [change] })).conditions).toEqual([EXIST]);
  });

  it('ID-2: closing a wallet names its transaction and raises the version', () => {
    expect(update(phase({ changes: [closeWallet('m1', USD)] }))).toEqual({
      row: WALLET,
      action: 'update',
      conditions: [
        { must: 'equal', path: 'available', value: 0n },
        { must: 'equal', path: 'pending', value: 0n },
      ],
      set: { closed: true, by: ['T1:accept'] },
      add: { version: 1n },
      append: {},
      remove: [],
    });
  });

  it('WD-3: a transition appends its phase and removes what no longer applies', () => {
    const done = transition(
      aWithdrawal({ status: 'PROCESSING' }),
      { from: ['PROCESSING'], to: 'SUCCEEDED' },
      {
        leaseUntil: null,
        nextCheckAt: null,
        phase: { name: 'settle', at: 'then', postings: [['clearing', 'bank', cents(100n)]] },
      },
      { at: 'then', requireLease: false },
    );
    const write = update(phase({ changes: [done] }, 'T1', 'settle'));
    expect(write).toMatchObject({
      conditions: [{ must: 'be one of', path: 'status', values: ['PROCESSING'] }],
      set: { status: 'SUCCEEDED', 'at.SUCCEEDED': 'then' },
      add: {},
      append: { phases: [{ name: 'settle' }] },
    });
    expect(write.remove.toSorted()).toEqual([
      'nextCheckAt',
      'nextCheckKey',
      'payout.leaseUntil',
      'statusAt',
      'statusKey',
    ]);
  });

  it('WA-3: a release deletes its rows under their conditions', () => {
    const releases = ['D1', 'D2'].map((depositId) => ({
      depositId,
      currency: USD,
      amount: cents(40n),
      releaseAt: '2026-11-20T11:00:00.000Z',
    }));
    const writes = post([
      phase({ guards: [], ...releaseFunds('m1', USD, releases) }, 'T1', 'release'),
    ]);
    expect(labelsOf(writes)).toEqual(['wallet', 'release', 'release']);
    expect(writes.slice(1)).toEqual(
      releases.map(({ amount: _amount, ...row }) => ({
        row: { kind: 'release', merchantId: 'm1', ...row },
        action: 'delete',
        conditions: [EXIST],
      })),
    );
    expect(writes[0]).toMatchObject({
      conditions: [atLeast('pending', 80n), EXIST, OPEN],
      set: { by: ['T1:release'] },
      add: { pending: -80n, available: 80n, version: 1n },
    });
  });
});

describe('several phases of different transactions in one commit', () => {
  const withdraw = (amount: bigint, txnId: string) =>
    phase({ ...moving(wallet, CLEARING, amount), guards: [activeOnTerms(aMerchant())] }, txnId);

  it('merge into one write per row, netted over all of them', () => {
    const writes = post([
      withdraw(30n, 'T1'),
      phase(moving(OUTSIDE, wallet, 50n), 'T2'),
      withdraw(40n, 'T3'),
    ]);
    expect(writes).toEqual([
      {
        row: MERCHANT,
        action: 'update',
        conditions: activeOnTerms(aMerchant()).conditions,
        set: {},
        add: { version: 1n },
        append: {},
        remove: [],
      },
      {
        row: WALLET,
        action: 'update',
        conditions: [atLeast('available', 20n)],
        set: { by: ['T1:accept', 'T2:accept', 'T3:accept'] },
        add: { available: -20n, version: 1n },
        append: {},
        remove: [],
      },
    ]);
  });

  it('`by` names each phase once, in the order of the phases', () => {
    const twice = phase({
      postings: postingsIn(USD, [wallet, CLEARING, cents(5n)], [wallet, system('fees'), cents(1n)]),
    });
    const refund = phase(moving(CLEARING, wallet, 9n), 'T0', 'refund');
    expect(update(twice, refund).set['by']).toEqual(['T1:accept', 'T0:refund']);
  });

  it('`by` names only the phases that touch the row', () => {
    const other = phase(moving(OUTSIDE, walletAvailable('m2'), 9n), 'T2');
    const by = post([withdraw(30n, 'T1'), other]).map(({ row, ...write }) => [
      row.kind,
      'set' in write && write.set['by'],
    ]);
    expect(by).toEqual([
      ['merchant', undefined],
      ['wallet', ['T1:accept']],
      ['wallet', ['T2:accept']],
    ]);
  });

  it('a wallet that one phase opens and another debits starts with the net', () => {
    const opened = phase({ ...moving(OUTSIDE, wallet, 50n), changes: [WALLET_OPENED] });
    expect(only(opened, phase(moving(wallet, CLEARING, 30n), 'T2'))).toMatchObject({
      action: 'put',
      conditions: [{ must: 'be new' }],
      item: { available: 20n, version: 1n, by: ['T1:accept', 'T2:accept'] },
    });
  });
});

it('AP-1: writes are in the order of refusal, whatever the order of the effects', () => {
  const release = {
    depositId: 'D1',
    currency: USD,
    amount: cents(1n),
    releaseAt: '2026-11-20T11:00:00.000Z',
  };
  const { changes, postings } = releaseFunds('m1', USD, [release]);
  const writes = post([
    phase({
      postings: [
        ...postings,
        ...postingsIn(
          USD,
          [poolAvailable(toRoot(cents(1n))), CLEARING, cents(1n)],
          [poolLent(toRoot(cents(1n))), line, cents(1n)],
        ),
      ],
      guards: [activeOnTerms(aMerchant())],
      changes: [
        ...changes,
        { row: { kind: 'name', name: 'bob' }, conditions: [], put: { merchantId: 'm1' } },
        {
          row: { kind: 'sign-in', pool: 'p', sub: 's' },
          conditions: [],
          put: { merchantId: 'm1' },
        },
        {
          row: { kind: 'own', merchantId: 'm1', of: 'QUOTE', id: 'Q1' },
          conditions: [],
          put: { id: 'Q1' },
        },
        markReversed({ pk: 'M#m1', txnId: 'T0' }, 'T1'),
        createTransaction(aWithdrawal()),
      ],
    }),
  ]);
  expect(labelsOf(writes)).toEqual([
    'transaction',
    'reversed',
    'name',
    'sign-in',
    'merchant',
    'own',
    'credit',
    'wallet',
    'pool',
    'release',
  ]);
  // The runner puts the response first.
  expect(LABELS).toEqual(['response', ...labelsOf(writes)]);
});

describe('changes that belong to no transaction', () => {
  it.each<[string, Change]>([
    ['opens a wallet', WALLET_OPENED],
    ['closes a wallet', closeWallet('m1', USD)],
    ['opens a credit line', openCreditLine('m1', USD, LIMIT)],
    ['sets a limit', { row: CREDIT, conditions: [EXIST], set: { limit: 5n } }],
    ['opens a pool', openPool(USD, 4)],
    ['deletes a wallet', { row: WALLET, conditions: [EXIST], delete: true }],
  ])('LE-1: a change that %s is a defect, alone or beside another', (_, change) => {
    expect(() => postChanges([change])).toThrow(
      `${change.row.kind} changes in a transaction alone`,
    );
    expect(() => postChanges([changeTerms('m1', { feePpm: 1n }), change])).toThrow(
      'changes in a transaction alone',
    );
  });

  it('write merchant and transaction rows, without naming a transaction', () => {
    const row = aWithdrawal();
    const writes = postChanges([
      changeStatus('m1', 'ACTIVE', 'SUSPENDED'),
      postponeCheck(row, '2026-11-20T12:15:00.000Z', '2026-11-20T12:30:00.000Z'),
    ]);
    expect(labelsOf(writes)).toEqual(['transaction', 'merchant']);
    for (const write of writes) {
      if (write.action !== 'update') throw new Error(write.action);
      expect(write.set).not.toHaveProperty('by');
    }
    const [postponed, suspended] = writes;
    expect(postponed).toMatchObject({ add: {}, set: { nextCheckAt: '2026-11-20T12:30:00.000Z' } });
    expect(suspended).toMatchObject({ add: { version: 1n } });
  });
});
