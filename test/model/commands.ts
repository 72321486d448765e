import fc from 'fast-check';
import type { Side } from '../../lambdas/ledger/rates.ts';
import type { Source } from '../../lambdas/ledger/transactions.ts';
import { FAULT_MODES, type FaultMode, OVERSLEEPING } from './fake-bank.ts';

/** Merchants by number. The first two share a pool, the third has one of its own. */
export const MERCHANTS = [0, 1, 2] as const;
const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export type MerchantNumber = (typeof MERCHANTS)[number];
type MoneyRequest = {
  readonly merchant: MerchantNumber;
  /** Minor units. */
  readonly amount: bigint;
  readonly key: string;
};
/** In minor units. */
type SpendingLimit = { readonly daily: bigint | undefined; readonly monthly: bigint | undefined };
type Tier = { readonly from: bigint; readonly fee: string };
/** What one merchant can send at the same time as other requests. */
type ConcurrentRequest = CommandOf<
  'deposit' | 'transfer' | 'withdraw' | 'sell' | 'repay' | 'set limit' | 'reverse' | 'convert'
>;
/** One command for each of the names. */
type Commands<Name extends string, Input> = Name extends string
  ? { readonly name: Name } & Input
  : never;
export type Command =
  | Commands<'top up' | 'approve' | 'set limit' | 'ask for credit' | 'sell', MoneyRequest>
  /** From the wallet, or through a bank and recorded by an admin. */
  | Commands<'repay', MoneyRequest & { readonly through: 'wallet' | 'bank' }>
  /** Released after this time; immediately where it is undefined. */
  | Commands<'deposit', MoneyRequest & { readonly releaseInMs: number | undefined }>
  | Commands<'transfer' | 'preview', MoneyRequest & { readonly to: MerchantNumber }>
  | Commands<
      'withdraw',
      MoneyRequest & {
        readonly source: Source;
        /** How many copies of the request arrive at once. */
        readonly copies: number;
        readonly executeInMs: number | undefined;
      }
    >
  /** `nth` selects a deposit, a top-up or anything of the merchant or its pool, modulo how many there are. */
  | Commands<
      'reverse',
      {
        readonly merchant: MerchantNumber;
        readonly of: 'deposit' | 'top_up' | 'any';
        readonly nth: number;
        readonly key: string;
      }
    >
  /** Between the merchant's own currency and another one. */
  | Commands<
      'quote',
      {
        readonly merchant: MerchantNumber;
        readonly other: 'EUR' | 'JPY';
        readonly direction: 'from own' | 'to own';
        readonly side: Side;
        readonly amount: bigint;
        /** Of a conversion at this very quote, at once. */
        readonly convertKey: string | undefined;
      }
    >
  /** `nth` selects one of the merchant's last quotes from its own currency. */
  | Commands<
      'convert',
      { readonly merchant: MerchantNumber; readonly nth: number; readonly key: string }
    >
  /** Of any of the last quotes of the run, by its merchant or by another one. */
  | Commands<
      'convert any',
      { readonly nth: number; readonly by: 'owner' | MerchantNumber; readonly key: string }
    >
  /** All requests concern one merchant and arrive at once. */
  | Commands<'send concurrently', { readonly requests: readonly ConcurrentRequest[] }>
  /** The others arrive and are answered after the first has read its rows and before it commits. */
  | Commands<'send in between', { readonly requests: readonly ConcurrentRequest[] }>
  /** `nth` selects a request for credit, modulo how many there are. */
  | Commands<
      'decide credit request',
      { readonly nth: number; readonly action: 'approve' | 'reject'; readonly key: string }
    >
  /** `nth` selects a withdrawal, modulo how many there are. */
  | Commands<'cancel', { readonly nth: number }>
  | Commands<'execute scheduled', { readonly nth: number; readonly copies: number }>
  | Commands<
      'settle',
      {
        readonly nth: number;
        /** Whether the message may belong to a withdrawal that is final: queues deliver twice. */
        readonly includesFinal: boolean;
        readonly mode: FaultMode;
        readonly workers: number;
      }
    >
  /** Something else happens to the same payout or merchant before one of the worker's commits. */
  | Commands<
      'interrupt settle',
      {
        readonly nth: number;
        readonly mode: FaultMode;
        /** The claim, or a later commit of the same worker. */
        readonly commit: number;
        readonly by: FaultMode | 'resume workers' | ConcurrentRequest['name'];
        readonly amount: bigint;
        readonly key: string;
      }
    >
  /** A worker whose payout may be sent again oversleeps its lease, and continues while another has it. */
  | Commands<
      'oversleep',
      {
        readonly nth: number;
        readonly first: FaultMode;
        readonly second: FaultMode;
        /** Whether it continues between the other's read and its claim, instead of after it. */
        readonly isBeforeClaim: boolean;
      }
    >
  | Commands<'recover', { readonly mode: FaultMode }>
  /** Over so many shards. The requests arrive while money moves within the pool. */
  | Commands<
      'spread pool',
      {
        readonly merchant: MerchantNumber;
        readonly shards: number;
        readonly key: string;
        readonly requests: readonly ConcurrentRequest[];
      }
    >
  | Commands<
      'change terms',
      {
        readonly merchant: MerchantNumber;
        readonly fee: string;
        readonly tiers: readonly Tier[];
        readonly spending: SpendingLimit | undefined;
      }
    >
  /** In a currency in which nothing else happens. */
  | Commands<'open wallet', { readonly merchant: MerchantNumber; readonly copies: number }>
  | Commands<'suspend' | 'reactivate' | 'reject', { readonly merchant: MerchantNumber }>
  | Commands<'archive', { readonly merchant: MerchantNumber; readonly key: string }>
  | Commands<'resume workers', unknown>
  | Commands<'advance clock', { readonly ms: number }>;
export type CommandOf<Name extends Command['name']> = Extract<Command, { readonly name: Name }>;

const merchant = fc.constantFrom(...MERCHANTS);
/** Usually one of the two that can pay each other in one currency. */
const payer = fc.constantFrom<MerchantNumber>(0, 1, 0, 1, 2);
const amount = fc.bigInt({ min: 1n, max: 120n });
const smallAmount = fc.bigInt({ min: 1n, max: 40n });
/** Few enough that some are used twice, by mistake or as a repeat. */
const key = fc.nat(60).map((number) => `k${number}`);
const is = <Name extends Command['name']>(name: Name) => fc.constant(name);
const mode = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<FaultMode>('pays', 'refuses') },
  { weight: 2, arbitrary: fc.constantFrom(...FAULT_MODES) },
);
const copies = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.constantFrom(2, 3) },
);
const includesFinal = fc.nat(7).map((roll) => roll === 0);
const source = fc.constantFrom<Source>('credit', 'credit', 'wallet');
const nth = fc.nat(50);
const ms = fc.constantFrom(
  SECOND,
  100 * SECOND,
  11 * MINUTE,
  11 * MINUTE,
  20 * HOUR,
  12 * 24 * HOUR,
);
const executeInMs = fc.constantFrom(undefined, undefined, SECOND, 11 * MINUTE, 2 * HOUR);
const releaseInMs = fc.constantFrom(undefined, undefined, -MINUTE, SECOND, 11 * MINUTE, 20 * HOUR);
const fee = fc.constantFrom('0', '1.5', '2', '99.9999');
/** Few days end without a refusal by the first two. */
const spending = fc.constantFrom<SpendingLimit | undefined>(
  { daily: 60n, monthly: undefined },
  { daily: 150n, monthly: 250n },
  { daily: undefined, monthly: 700n },
  { daily: 1_000n, monthly: 1_000n },
  undefined,
  undefined,
);
const tiers = fc.constantFrom<readonly Tier[]>(
  [],
  [{ from: 50n, fee: '1' }],
  [
    { from: 1n, fee: '10' },
    { from: 120n, fee: '0' },
  ],
);

const deposit = fc.record({ name: is('deposit'), merchant, amount, key, releaseInMs });
const transfer = fc.record({
  name: is('transfer'),
  merchant: payer,
  to: payer,
  amount: smallAmount,
  key,
});
const withdrawal = fc.record({
  name: is('withdraw'),
  merchant,
  amount,
  key,
  source,
  copies,
  executeInMs,
});
const sale = fc.record({ name: is('sell'), merchant, amount: smallAmount, key });
const through = fc.constantFrom('wallet', 'wallet', 'bank');
const repayment = fc.record({
  name: is('repay'),
  merchant,
  // Usually no more than what is utilised.
  amount: fc.oneof(
    { weight: 4, arbitrary: smallAmount },
    { weight: 1, arbitrary: fc.constantFrom(80n, 120n) },
  ),
  key,
  through,
});
/** Also nothing, and less than what is utilised. */
const limit = fc.record({
  name: is('set limit'),
  merchant,
  amount: fc.bigInt({ min: 0n, max: 400n }),
  key,
});
const reversal = fc.record({
  name: is('reverse'),
  merchant,
  of: fc.constantFrom('deposit', 'deposit', 'deposit', 'top_up', 'any'),
  nth,
  key,
});
const quote = fc.record({
  name: is('quote'),
  merchant: payer,
  other: fc.constantFrom('EUR', 'JPY'),
  direction: fc.constantFrom('from own', 'from own', 'to own'),
  side: fc.constantFrom<Side>('sell', 'sell', 'buy'),
  amount: smallAmount,
  convertKey: fc.option(key, { nil: undefined }),
});
const conversion = fc.record({ name: is('convert'), merchant: payer, nth, key });
/** Different requests on the same wallet and credit line. */
const mixedRequests = fc
  .tuple(
    payer,
    fc.array(
      fc.oneof(
        { weight: 1, arbitrary: deposit },
        { weight: 2, arbitrary: transfer },
        { weight: 3, arbitrary: withdrawal.map((each) => ({ ...each, copies: 1 })) },
        { weight: 3, arbitrary: sale },
        { weight: 2, arbitrary: repayment },
        { weight: 1, arbitrary: limit },
        { weight: 2, arbitrary: reversal },
        { weight: 2, arbitrary: conversion },
        // Large enough that two of them rarely have funds.
        { weight: 2, arbitrary: fc.record({ name: is('repay'), merchant, amount, key, through }) },
        {
          weight: 3,
          arbitrary: fc.record({
            name: is('withdraw'),
            merchant,
            amount: fc.bigInt({ min: 80n, max: 180n }),
            key,
            source,
            copies: fc.constant(1),
            executeInMs: fc.constant(undefined),
          }),
        },
      ),
      { minLength: 2, maxLength: 4 },
    ),
  )
  .map(([sender, list]) => list.map((each) => ({ ...each, merchant: sender })));
/** Two requests to reverse the same. */
const twice = fc.tuple(reversal, fc.nat(1), key).map(([first, newest, other]) => [
  { ...first, nth: newest },
  { ...first, nth: newest, key: other },
]);
const concurrentRequests = fc.oneof(
  { weight: 5, arbitrary: mixedRequests },
  { weight: 1, arbitrary: twice },
);

/** Everything that merchants, admins, workers, schedules and the clock can do next. */
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ name: is('top up'), merchant, amount, key }) },
  { weight: 2, arbitrary: fc.record({ name: is('approve'), merchant, amount, key }) },
  { weight: 8, arbitrary: deposit },
  {
    weight: 2,
    arbitrary: fc.record({ name: is('transfer'), merchant, to: merchant, amount, key }),
  },
  { weight: 10, arbitrary: transfer },
  { weight: 1, arbitrary: fc.record({ name: is('preview'), merchant, to: merchant, amount, key }) },
  { weight: 14, arbitrary: withdrawal },
  { weight: 8, arbitrary: sale },
  { weight: 8, arbitrary: repayment },
  { weight: 4, arbitrary: reversal },
  { weight: 2, arbitrary: limit },
  { weight: 8, arbitrary: quote },
  { weight: 5, arbitrary: conversion },
  {
    weight: 4,
    arbitrary: fc.record({
      name: is('convert any'),
      nth,
      by: fc.constantFrom<'owner' | MerchantNumber>('owner', 'owner', 'owner', 0, 2),
      key,
    }),
  },
  { weight: 2, arbitrary: fc.record({ name: is('ask for credit'), merchant, amount, key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      name: is('decide credit request'),
      nth,
      action: fc.constantFrom('approve', 'approve', 'reject'),
      key,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ name: is('send concurrently'), requests: concurrentRequests }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ name: is('send in between'), requests: concurrentRequests }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      name: is('interrupt settle'),
      nth,
      mode,
      commit: fc.nat(2),
      by: fc.oneof(
        mode,
        fc.constant('resume workers' as const),
        fc.constantFrom<ConcurrentRequest['name']>(
          'deposit',
          'transfer',
          'withdraw',
          'sell',
          'repay',
          'reverse',
        ),
      ),
      amount: smallAmount,
      key,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      name: is('oversleep'),
      nth,
      first: fc.constantFrom(...OVERSLEEPING),
      second: fc.oneof(mode, fc.constantFrom<FaultMode>('pays, answer lost', 'pays late')),
      isBeforeClaim: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ name: is('cancel'), nth }) },
  { weight: 5, arbitrary: fc.record({ name: is('execute scheduled'), nth, copies }) },
  {
    weight: 14,
    arbitrary: fc.record({ name: is('settle'), nth, includesFinal, mode, workers: copies }),
  },
  { weight: 2, arbitrary: fc.record({ name: is('recover'), mode }) },
  {
    weight: 4,
    arbitrary: fc.record({
      name: is('spread pool'),
      merchant,
      shards: fc.nat(5),
      key,
      requests: concurrentRequests,
    }),
  },
  { weight: 6, arbitrary: fc.record({ name: is('change terms'), merchant, fee, tiers, spending }) },
  { weight: 2, arbitrary: fc.record({ name: is('open wallet'), merchant, copies }) },
  { weight: 1, arbitrary: fc.record({ name: is('suspend'), merchant }) },
  { weight: 2, arbitrary: fc.record({ name: is('reactivate'), merchant }) },
  { weight: 1, arbitrary: fc.record({ name: is('reject'), merchant }) },
  { weight: 1, arbitrary: fc.record({ name: is('archive'), merchant, key }) },
  { weight: 1, arbitrary: fc.record({ name: is('resume workers') }) },
  { weight: 6, arbitrary: fc.record({ name: is('advance clock'), ms }) },
);

const FROM_CREDIT = { source: 'credit', copies: 1, executeInMs: undefined } as const;

/** Funds to start from. The pool holds less than its merchants may draw together. */
const SETUP: readonly Command[] = [
  { name: 'top up', merchant: 0, amount: 480n, key: 'first-0' },
  { name: 'approve', merchant: 0, amount: 300n, key: 'first-0' },
  { name: 'approve', merchant: 1, amount: 300n, key: 'first-1' },
  { name: 'top up', merchant: 2, amount: 400n, key: 'first-2' },
  { name: 'spread pool', merchant: 0, shards: 3, key: 'first-0', requests: [] },
  { name: 'deposit', merchant: 0, amount: 150n, key: 'first-0', releaseInMs: undefined },
  { name: 'deposit', merchant: 1, amount: 150n, key: 'first-1', releaseInMs: MINUTE },
  // Something to repay.
  { name: 'withdraw', merchant: 0, amount: 120n, key: 'first-0', ...FROM_CREDIT },
  { name: 'withdraw', merchant: 1, amount: 80n, key: 'first-1', ...FROM_CREDIT },
  // Less than its wallet and its credit together.
  {
    name: 'change terms',
    merchant: 1,
    fee: '2',
    tiers: [],
    spending: { daily: 220n, monthly: 600n },
  },
];
export const commands = (length: number): fc.Arbitrary<readonly Command[]> =>
  fc
    .array(command, { minLength: length / 2, maxLength: length })
    .map((list) => [...SETUP, ...list]);
