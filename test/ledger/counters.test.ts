import { describe, expect, it } from '@jest/globals';
import { data } from 'currency-codes';
import {
  countDebit,
  countingLabels,
  countSpending,
  countVolume,
  uncountSpending,
  volumeIn,
} from '../../lambdas/ledger/counters.ts';
import { transactItem } from '../../lambdas/ledger/expressions.ts';
import { keyOf } from '../../lambdas/ledger/keys.ts';
import { type Merchant, registerMerchant, type Spent } from '../../lambdas/ledger/merchant.ts';
import { newMerchantId } from '../../lambdas/ledger/merchant-id.ts';
import { currencyCode, minor } from '../../lambdas/ledger/money.ts';
import { post } from '../../lambdas/ledger/post.ts';
import type { Change } from '../../lambdas/ledger/row-writes.ts';
import { aMerchant, USD } from '../harness/in-memory-ledger.ts';
import { sizeOf } from '../harness/size.ts';

const EUR = currencyCode.parse('EUR');
const CURRENCIES = data.flatMap(({ code }) => currencyCode.safeParse(code).data ?? []);
const NOON = new Date('2026-11-20T12:00:00.000Z');
const TODAY = { day: '2026-11-20', month: '2026-11' };

const spent = (day: string, dayAmount: bigint, month: string, monthAmount: bigint): Spent => ({
  day,
  dayAmount: minor(dayAmount),
  month,
  monthAmount: minor(monthAmount),
});
const spender = (before: Spent | undefined): Merchant =>
  aMerchant({ spent: before === undefined ? {} : { USD: before } });

type Tree = { [name: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** The merchant row after a change, as DynamoDB applies SET, ADD and REMOVE on nested paths. */
function applied(merchant: Merchant, { set = {}, add = {}, remove = [] }: Change): Tree {
  const row: Tree = structuredClone(merchant);
  const at = (path: string): readonly [Tree, string] => {
    const parts = path.split('.');
    const last = parts.pop() ?? '';
    let tree = row;
    for (const part of parts) {
      const below = tree[part];
      if (!isTree(below)) throw new Error(`${path} has no parent`);
      tree = below;
    }
    return [tree, last];
  };
  for (const [path, value] of Object.entries(set)) {
    const [tree, name] = at(path);
    tree[name] = value;
  }
  for (const [path, amount] of Object.entries(add)) {
    const [tree, name] = at(path);
    const before = tree[name];
    if (typeof before !== 'bigint') throw new Error(`${path} is no number`);
    tree[name] = before + amount;
  }
  for (const path of remove) {
    const [tree, name] = at(path);
    delete tree[name];
  }
  return row;
}

describe('CR-5: spending is counted by the merchant’s local day and month', () => {
  it.each([
    ['for the first time', undefined, spent('2026-11-20', 5n, '2026-11', 5n)],
    [
      'again on the same day',
      spent('2026-11-20', 10n, '2026-11', 70n),
      spent('2026-11-20', 15n, '2026-11', 75n),
    ],
    [
      'on another day of the same month',
      spent('2026-11-19', 10n, '2026-11', 70n),
      spent('2026-11-20', 5n, '2026-11', 75n),
    ],
    [
      'in the next month',
      spent('2026-10-31', 10n, '2026-10', 70n),
      spent('2026-11-20', 5n, '2026-11', 5n),
    ],
    [
      'in the same month of the next year',
      spent('2025-11-20', 10n, '2025-11', 70n),
      spent('2026-11-20', 5n, '2026-11', 5n),
    ],
  ])('%s', (_, before, after) => {
    const merchant = spender(before);
    const labels = countingLabels(merchant, USD, NOON);
    const change = countSpending(merchant, USD, minor(5n), labels);
    expect(applied(merchant, change)).toEqual({ ...merchant, spent: { USD: after } });
  });

  it('by currency', () => {
    const merchant = spender(spent('2026-11-20', 10n, '2026-11', 70n));
    const change = countSpending(merchant, EUR, minor(5n), TODAY);
    expect(change.conditions).toEqual([{ must: 'be absent', path: 'spent.EUR' }]);
    expect(applied(merchant, change)).toEqual({
      ...merchant,
      spent: {
        USD: spent('2026-11-20', 10n, '2026-11', 70n),
        EUR: spent('2026-11-20', 5n, '2026-11', 5n),
      },
    });
  });

  it('absent counters must still be absent', () => {
    expect(countSpending(spender(undefined), USD, minor(5n), TODAY)).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [{ must: 'be absent', path: 'spent.USD' }],
      set: { 'spent.USD': spent('2026-11-20', 5n, '2026-11', 5n) },
    });
  });

  it('running counters are added to, so that two withdrawals do not exclude each other', () => {
    const merchant = spender(spent('2026-11-20', 10n, '2026-11', 70n));
    expect(countSpending(merchant, USD, minor(5n), TODAY)).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [
        { must: 'equal', path: 'spent.USD.day', value: '2026-11-20' },
        { must: 'equal', path: 'spent.USD.month', value: '2026-11' },
      ],
      set: {},
      add: { 'spent.USD.dayAmount': 5n, 'spent.USD.monthAmount': 5n },
    });
  });

  it('a new day replaces its counter and asserts both labels as read', () => {
    const merchant = spender(spent('2026-11-19', 10n, '2026-11', 70n));
    expect(countSpending(merchant, USD, minor(5n), TODAY)).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [
        { must: 'equal', path: 'spent.USD.day', value: '2026-11-19' },
        { must: 'equal', path: 'spent.USD.month', value: '2026-11' },
      ],
      set: { 'spent.USD.day': '2026-11-20', 'spent.USD.dayAmount': 5n },
      add: { 'spent.USD.monthAmount': 5n },
    });
  });

  it('a new month replaces both counters', () => {
    const merchant = spender(spent('2026-10-31', 10n, '2026-10', 70n));
    expect(countSpending(merchant, USD, minor(5n), TODAY)).toMatchObject({
      conditions: [
        { must: 'equal', path: 'spent.USD.day', value: '2026-10-31' },
        { must: 'equal', path: 'spent.USD.month', value: '2026-10' },
      ],
      set: {
        'spent.USD.day': '2026-11-20',
        'spent.USD.dayAmount': 5n,
        'spent.USD.month': '2026-11',
        'spent.USD.monthAmount': 5n,
      },
      add: {},
    });
  });
});

describe('CR-5: a label never goes back', () => {
  it.each([
    ['a stored day that is later', '2026-11-21', '2026-11', '2026-11-21', '2026-11'],
    ['a stored month that is later', '2026-12-01', '2026-12', '2026-12-01', '2026-12'],
    ['an earlier day', '2026-11-19', '2026-11', '2026-11-20', '2026-11'],
    ['an earlier month', '2026-10-31', '2026-10', '2026-11-20', '2026-11'],
  ])('spending counts on the later label, with %s', (_, day, month, countedDay, countedMonth) => {
    const merchant = spender(spent(day, 10n, month, 70n));
    expect(countingLabels(merchant, USD, NOON)).toEqual({ day: countedDay, month: countedMonth });
  });

  it('a slow clock adds to the counters that are already running', () => {
    const merchant = spender(spent('2026-12-01', 10n, '2026-12', 10n));
    const labels = countingLabels(merchant, USD, NOON);
    const change = countSpending(merchant, USD, minor(5n), labels);
    expect(applied(merchant, change)['spent']).toEqual({
      USD: spent('2026-12-01', 15n, '2026-12', 15n),
    });
  });

  it('a currency without counters goes on from the labels of the others, which a new month leaves alone', () => {
    const merchant = spender(spent('2026-12-01', 10n, '2026-12', 10n));
    const latest = { day: '2026-12-01', month: '2026-12' };
    expect(countingLabels(merchant, EUR, NOON)).toEqual(latest);
    const earlier = spender(spent('2026-10-31', 10n, '2026-10', 10n));
    expect(countingLabels(earlier, EUR, NOON)).toEqual(TODAY);
  });

  it('a currency with counters keeps its own, whatever the others have', () => {
    const { spent: usd } = spender(spent('2026-11-19', 10n, '2026-11', 10n));
    const merchant = aMerchant({
      spent: { ...usd, EUR: spent('2026-12-01', 10n, '2026-12', 10n) },
    });
    expect(countingLabels(merchant, USD, NOON)).toEqual(TODAY);
  });
});

describe('CR-5: a new month removes the counters of earlier months', () => {
  const volume = (month: string) => ({ month, amount: minor(7n) });
  const merchant = aMerchant({
    spent: {
      USD: spent('2026-10-31', 10n, '2026-10', 70n),
      EUR: spent('2026-10-30', 10n, '2026-10', 70n),
      GBP: spent('2026-11-01', 10n, '2026-11', 10n),
      BTC: spent('2025-12-31', 10n, '2025-12', 10n),
    },
    transferVolume: { USD: volume('2026-10'), EUR: volume('2026-10'), GBP: volume('2026-11') },
  });
  const appliedAll = (changes: readonly Change[]) =>
    changes.reduce((row, change) => applied(row, change) as Merchant, merchant);

  it('a withdrawal keeps its own counter and those of its month', () => {
    const after = appliedAll(countDebit(merchant, USD, minor(5n), TODAY));
    expect(Object.keys(after.spent).toSorted()).toEqual(['GBP', 'USD']);
    expect(after.transferVolume).toEqual({ GBP: volume('2026-11') });
  });

  it('a transfer keeps its own volume as well', () => {
    const bounds = { from: undefined, below: undefined };
    const after = appliedAll(countDebit(merchant, USD, minor(5n), TODAY, bounds));
    expect(Object.keys(after.spent).toSorted()).toEqual(['GBP', 'USD']);
    expect(after.transferVolume).toEqual({
      USD: { month: '2026-11', amount: 5n },
      GBP: volume('2026-11'),
    });
  });

  it('each is removed only as it was read, so that a spend in between is counted', () => {
    const [, dropped] = countDebit(merchant, USD, minor(5n), TODAY);
    expect(dropped).toEqual({
      row: { kind: 'merchant', merchantId: 'm1' },
      conditions: [
        { must: 'equal', path: 'spent.EUR.month', value: '2026-10' },
        { must: 'equal', path: 'spent.BTC.month', value: '2025-12' },
        { must: 'equal', path: 'transferVolume.USD.month', value: '2026-10' },
        { must: 'equal', path: 'transferVolume.EUR.month', value: '2026-10' },
      ],
      remove: ['spent.EUR', 'spent.BTC', 'transferVolume.USD', 'transferVolume.EUR'],
    });
  });

  it('a slow clock removes nothing', () => {
    const labels = { day: '2025-12-31', month: '2025-12' };
    expect(countDebit(merchant, USD, minor(5n), labels)).toHaveLength(1);
  });

  it('of ninety currencies in at most four writes, whose conditions stay below 4 KB', () => {
    const codes = CURRENCIES.slice(0, 90);
    const each = <Value>(value: Value) => Object.fromEntries(codes.map((code) => [code, value]));
    let row = aMerchant({
      spent: each(spent('2026-10-31', 10n, '2026-10', 70n)),
      transferVolume: each(volume('2026-10')),
    });
    const sizes: number[] = [];
    for (let debits = 0; debits < 4; debits += 1) {
      const changes = countDebit(row, USD, minor(5n), TODAY);
      const writes = post([{ txnId: 'T', name: 'accept', postings: [], guards: [], changes }]);
      for (const write of writes) {
        const { Update } = transactItem('Ledger', write);
        sizes.push(Update?.ConditionExpression?.length ?? 0, Update?.UpdateExpression?.length ?? 0);
      }
      for (const change of changes) row = { ...row, ...(applied(row, change) as Merchant) };
    }
    expect(Object.keys(row.spent)).toEqual(['USD']);
    expect(row.transferVolume).toEqual({});
    expect(Math.max(...sizes)).toBeLessThan(4_096);
  });
});

describe('the size of a merchant’s row', () => {
  /** With counters in so many currencies, and limits in at most ten of them. */
  function sizeWith(currencies: number, zones: Pick<Merchant, 'timeZone' | 'nextTimeZone'>) {
    const codes = CURRENCIES.slice(0, currencies);
    const each = <Value>(value: Value) => Object.fromEntries(codes.map((code) => [code, value]));
    const amount = minor(9_999_999_999_99n);
    const merchant = aMerchant({
      ...zones,
      id: newMerchantId(new Date()),
      name: 'a-merchant-with-a-name-of-forty-letters.',
      bankAccount: 'IR062960000000100324200001',
      limits: Object.fromEntries(
        codes.slice(0, 10).map((code) => [code, { daily: amount, monthly: amount }]),
      ),
      wallets: BigInt(currencies),
      spent: each(spent('2026-11-20', amount, '2026-11', amount)),
      transferVolume: each({ month: '2026-11', amount }),
    });
    const [write] = post([
      { txnId: 'T', name: 'accept', postings: [], guards: [], changes: registerMerchant(merchant) },
    ]).filter(({ row }) => row.kind === 'merchant');
    if (write?.action !== 'put') throw new Error('no row');
    return sizeOf({ ...keyOf(write.row), ...write.item });
  }

  it.each([
    // currencies used in one month, most bytes
    [0, 640],
    [3, 1_024],
    [10, 2_048],
    [90, 11 * 1_024],
  ])(
    'with counters in %i currencies, and limits in ten of them, it is below %i bytes',
    (currencies, most) => {
      expect(sizeWith(currencies, { timeZone: 'Asia/Tehran' })).toBeLessThan(most);
    },
  );

  it('a change of the time zone adds at most 128 bytes, with the longest names', () => {
    const timeZone = 'America/Argentina/Rio_Gallegos';
    const nextTimeZone = {
      zone: 'America/Argentina/ComodRivadavia',
      from: '2026-11-21T00:00:00.000Z',
    };
    const added =
      sizeWith(3, { timeZone, nextTimeZone }) - sizeWith(3, { timeZone: 'Asia/Tehran' });
    expect(added).toBeLessThanOrEqual(128);
  });
});

describe('WD-6: a refund lowers the counters that still count its withdrawal', () => {
  const running = spender(spent('2026-11-20', 10n, '2026-11', 70n));
  const row = { kind: 'merchant', merchantId: 'm1' };

  it('both, while day and month are still running', () => {
    const change = uncountSpending(running, USD, minor(4n), TODAY);
    expect(change).toEqual({
      row,
      conditions: [
        { must: 'equal', path: 'spent.USD.day', value: '2026-11-20' },
        { must: 'equal', path: 'spent.USD.month', value: '2026-11' },
      ],
      add: { 'spent.USD.dayAmount': -4n, 'spent.USD.monthAmount': -4n },
    });
    expect(change && applied(running, change)['spent']).toEqual({
      USD: spent('2026-11-20', 6n, '2026-11', 66n),
    });
  });

  it('only the month, once another day has begun', () => {
    const counted = { day: '2026-11-19', month: '2026-11' };
    expect(uncountSpending(running, USD, minor(4n), counted)).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'spent.USD.month', value: '2026-11' }],
      add: { 'spent.USD.monthAmount': -4n },
    });
  });

  it.each([
    ['another month has begun', running, { day: '2026-10-20', month: '2026-10' }],
    ['the withdrawal was never counted', running, { day: undefined, month: undefined }],
    ['there are no counters', spender(undefined), TODAY],
    [
      'there are neither counters nor labels',
      spender(undefined),
      { day: undefined, month: undefined },
    ],
  ])('none, where %s', (_, merchant, counted) => {
    expect(uncountSpending(merchant, USD, minor(4n), counted)).toBeUndefined();
  });

  it('none in another currency', () => {
    expect(uncountSpending(running, EUR, minor(4n), TODAY)).toBeUndefined();
  });

  it('reverses the count on the same day', () => {
    const counted = countSpending(running, USD, minor(4n), TODAY);
    const after = aMerchant({ spent: applied(running, counted)['spent'] as Merchant['spent'] });
    const change = uncountSpending(after, USD, minor(4n), TODAY);
    expect(change && applied(after, change)).toEqual(running);
  });
});

describe('WA-8: transfers count towards the month’s volume', () => {
  const NO_TIERS = { from: undefined, below: undefined };
  const row = { kind: 'merchant', merchantId: 'm1' };
  const payer = aMerchant({ transferVolume: { USD: { month: '2026-11', amount: minor(70n) } } });
  const count = (bounds = NO_TIERS as Parameters<typeof countVolume>[4], month = '2026-11') =>
    countVolume(payer, USD, minor(5n), month, bounds);

  it('a first transfer creates the volume, and only if it is still absent', () => {
    const bounds = { from: undefined, below: 100n };
    expect(countVolume(aMerchant(), USD, minor(5n), '2026-11', bounds)).toEqual({
      row,
      conditions: [{ must: 'be absent', path: 'transferVolume.USD' }],
      set: { 'transferVolume.USD': { month: '2026-11', amount: 5n } },
    });
  });

  it('a transfer of the same month adds to it', () => {
    expect(count()).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'transferVolume.USD.month', value: '2026-11' }],
      add: { 'transferVolume.USD.amount': 5n },
    });
    expect(applied(payer, count())['transferVolume']).toEqual({
      USD: { month: '2026-11', amount: 75n },
    });
  });

  it('a new month replaces it', () => {
    const change = count({ from: undefined, below: 100n }, '2026-12');
    expect(change).toEqual({
      row,
      conditions: [{ must: 'equal', path: 'transferVolume.USD.month', value: '2026-11' }],
      set: { 'transferVolume.USD.month': '2026-12', 'transferVolume.USD.amount': 5n },
    });
    expect(applied(payer, change)['transferVolume']).toEqual({
      USD: { month: '2026-12', amount: 5n },
    });
  });

  const path = 'transferVolume.USD.amount';
  it.each([
    [
      'below the first tier',
      { from: undefined, below: 100n },
      [{ must: 'be at most', path, value: 99n }],
    ],
    [
      'between two tiers',
      { from: 50n, below: 100n },
      [
        { must: 'be at least', path, value: 50n },
        { must: 'be at most', path, value: 99n },
      ],
    ],
    [
      'in the last tier',
      { from: 50n, below: undefined },
      [{ must: 'be at least', path, value: 50n }],
    ],
    ['without tiers', NO_TIERS, []],
  ])(
    'a volume %s must still be inside the tier that priced the transfer',
    (_, bounds, expected) => {
      expect(count(bounds).conditions).toEqual([
        { must: 'equal', path: 'transferVolume.USD.month', value: '2026-11' },
        ...expected,
      ]);
    },
  );

  it('the volume of another month or currency is zero', () => {
    expect(volumeIn(payer, USD, '2026-11')).toBe(70n);
    expect(volumeIn(payer, USD, '2026-12')).toBe(0n);
    expect(volumeIn(payer, EUR, '2026-11')).toBe(0n);
  });
});
