import fc from 'fast-check';
import type { Source } from '../../lambdas/ledger/transactions.ts';
import { MOODS, type Mood } from './fake-bank.ts';

/** Two merchants share a pool, the third has one of its own. */
export const MERCHANTS = [0, 1, 2] as const;
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export type Who = (typeof MERCHANTS)[number];
type Asks = { readonly who: Who; readonly units: bigint; readonly key: string };
type Tier = { readonly from: bigint; readonly fee: string };
/** One step for each of the names. */
type Steps<Name extends string, More> = Name extends string ? { readonly do: Name } & More : never;
export type Step =
  | Steps<'top up' | 'approve', Asks>
  /** Released so much later; at once where undefined. */
  | Steps<'deposit', Asks & { readonly aheadMs: number | undefined }>
  | Steps<'transfer' | 'preview', Asks & { readonly to: Who }>
  | Steps<
      'withdraw',
      Asks & {
        readonly source: Source;
        readonly copies: number;
        readonly aheadMs: number | undefined;
      }
    >
  | Steps<'cancel', { readonly which: number }>
  | Steps<'fire', { readonly which: number; readonly copies: number }>
  | Steps<
      'settle',
      {
        readonly which: number;
        /** A message may come again when all is done. */
        readonly late: boolean;
        readonly mood: Mood;
        readonly workers: number;
      }
    >
  | Steps<'sweep', { readonly mood: Mood }>
  | Steps<'price', { readonly who: Who; readonly fee: string; readonly tiers: readonly Tier[] }>
  | Steps<'suspend' | 'reactivate' | 'reject', { readonly who: Who }>
  | Steps<'archive', { readonly who: Who; readonly key: string }>
  | Steps<'wake', unknown>
  | Steps<'wait', { readonly ms: number }>;
export type StepOf<Name extends Step['do']> = Extract<Step, { readonly do: Name }>;

const who = fc.constantFrom(...MERCHANTS);
/** Two that can pay each other in one currency, more often than not. */
const who01 = fc.constantFrom<Who>(0, 1, 0, 1, 2);
const units = fc.bigInt({ min: 1n, max: 120n });
const few = fc.bigInt({ min: 1n, max: 40n });
/** Few enough that some are used twice, by mistake or as a repeat. */
const key = fc.nat(60).map((number) => `k${number}`);
const is = <Name extends Step['do']>(name: Name) => fc.constant(name);
const mood = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom<Mood>('pays', 'refuses') },
  { weight: 2, arbitrary: fc.constantFrom(...MOODS) },
);
const times = fc.oneof(
  { weight: 5, arbitrary: fc.constant(1) },
  { weight: 1, arbitrary: fc.constantFrom(2, 3) },
);
const late = fc.nat(7).map((roll) => roll === 0);
const source = fc.constantFrom<Source>('credit', 'credit', 'wallet');
const which = fc.nat(50);
const ms = fc.constantFrom(
  SECOND,
  100 * SECOND,
  11 * MINUTE,
  11 * MINUTE,
  20 * HOUR,
  12 * 24 * HOUR,
);
const aheadMs = fc.constantFrom(undefined, undefined, MINUTE, 11 * MINUTE, 2 * HOUR);
const releaseMs = fc.constantFrom(undefined, undefined, -MINUTE, SECOND, 11 * MINUTE, 20 * HOUR);
const fee = fc.constantFrom('0', '1.5', '2', '99.9999');
const tiers = fc.constantFrom<readonly Tier[]>(
  [],
  [{ from: 50n, fee: '1' }],
  [
    { from: 1n, fee: '10' },
    { from: 120n, fee: '0' },
  ],
);

/** Whatever merchants, admins, workers, schedules and the clock may do next. */
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: is('top up'), who, units, key }) },
  { weight: 2, arbitrary: fc.record({ do: is('approve'), who, units, key }) },
  { weight: 8, arbitrary: fc.record({ do: is('deposit'), who, units, key, aheadMs: releaseMs }) },
  { weight: 2, arbitrary: fc.record({ do: is('transfer'), who, to: who, units, key }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: is('transfer'), who: who01, to: who01, units: few, key }),
  },
  { weight: 1, arbitrary: fc.record({ do: is('preview'), who, to: who, units, key }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: is('withdraw'), who, units, key, source, copies: times, aheadMs }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('cancel'), which }) },
  { weight: 5, arbitrary: fc.record({ do: is('fire'), which, copies: times }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: is('settle'), which, late, mood, workers: times }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('sweep'), mood }) },
  { weight: 2, arbitrary: fc.record({ do: is('price'), who, fee, tiers }) },
  { weight: 1, arbitrary: fc.record({ do: is('suspend'), who }) },
  { weight: 2, arbitrary: fc.record({ do: is('reactivate'), who }) },
  { weight: 1, arbitrary: fc.record({ do: is('reject'), who }) },
  { weight: 1, arbitrary: fc.record({ do: is('archive'), who, key }) },
  { weight: 1, arbitrary: fc.record({ do: is('wake') }) },
  { weight: 6, arbitrary: fc.record({ do: is('wait'), ms }) },
);

/** A walk begins with something to walk on: a pool that is smaller than what its merchants may draw. */
const BEGINNING: readonly Step[] = [
  { do: 'top up', who: 0, units: 350n, key: 'first-0' },
  { do: 'approve', who: 0, units: 300n, key: 'first-0' },
  { do: 'approve', who: 1, units: 300n, key: 'first-1' },
  { do: 'top up', who: 2, units: 400n, key: 'first-2' },
  { do: 'deposit', who: 0, units: 150n, key: 'first-0', aheadMs: undefined },
  { do: 'deposit', who: 1, units: 150n, key: 'first-1', aheadMs: MINUTE },
];
export const steps = (length: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .array(step, { minLength: length / 2, maxLength: length })
    .map((walk) => [...BEGINNING, ...walk]);
