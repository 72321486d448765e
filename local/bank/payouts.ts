import { z } from 'zod';
import { type ModeOf, modeOfAccount, modeOfNumber } from './fault-modes.ts';

/** What one provider calls things. */
export type Words = {
  /** Its routes: `/payouts`, `/payouts/{key}`. */
  readonly path: string;
  /** The field that says whom it pays. */
  readonly destination: string;
  readonly destinationText: z.ZodString;
  readonly notFound: string;
  /** The code of a refusal. */
  readonly refusal: string;
  readonly referencePrefix: string;
  readonly modeOf: ModeOf;
};

export const BANK: Words = {
  path: '/payouts',
  destination: 'account',
  destinationText: z.string().min(1).max(128),
  notFound: 'payout_not_found',
  refusal: 'account_closed',
  referencePrefix: 'BANK',
  modeOf: modeOfAccount,
};
export const OPERATOR: Words = {
  path: '/charges',
  destination: 'phone_number',
  destinationText: z.string().regex(/^\+\d{7,15}$/),
  notFound: 'charge_not_found',
  refusal: 'number_not_in_service',
  referencePrefix: 'OPERATOR',
  modeOf: modeOfNumber,
};

const money = {
  amount: z
    .string()
    .regex(/^(0|[1-9]\d{0,17})(\.\d{1,8})?$/)
    .refine((amount) => /[1-9]/.test(amount), 'must be more than zero'),
  currency: z.string().regex(/^[A-Z]{3}$/),
};

type Order = {
  readonly destination: string;
  readonly amount: string;
  readonly currency: string;
};

/** An order in the words of its provider. */
export const orderIn = ({ destination, destinationText }: Words) =>
  z.strictObject({ ...money, [destination]: destinationText }).transform(
    (order): Order => ({
      destination: z.string().parse(Reflect.get(order, destination)),
      amount: z.string().parse(order.amount),
      currency: z.string().parse(order.currency),
    }),
  );

/** The final decision for a key. It is the body of the response and of every inquiry. */
type Payout = Order & { readonly key: string } & (
    | { readonly status: 'SUCCEEDED'; readonly reference: string }
    | { readonly status: 'REFUSED'; readonly code: string }
  );

/** In the words of its provider. */
export const stated = ({ destination: field }: Words, { key, destination, ...payout }: Payout) => ({
  key,
  [field]: destination,
  ...payout,
});

export type PayoutStore = {
  /** True for the first attempt of a key, whatever its result. */
  firstAttempt(key: string): boolean;
  /** Returns the earlier decision of the key, or stores this one. `reused`: the order differs. */
  decide(key: string, order: Order, refuse: boolean): Payout | 'reused';
  find(key: string): Payout | undefined;
  all(): Payout[];
};

const sameOrder = (a: Order, b: Order): boolean =>
  a.destination === b.destination && a.amount === b.amount && a.currency === b.currency;

/** Synchronous, so two concurrent requests cannot both find the same key new. */
export const payoutStore = ({ refusal, referencePrefix }: Words): PayoutStore => {
  const attempted = new Set<string>();
  const decided = new Map<string, Payout>();
  return {
    firstAttempt(key) {
      const first = !attempted.has(key);
      attempted.add(key);
      return first;
    },
    decide(key, order, refuse) {
      const earlier = decided.get(key);
      if (earlier !== undefined) return sameOrder(earlier, order) ? earlier : 'reused';
      const reference = `${referencePrefix}-${String(decided.size + 1).padStart(8, '0')}`;
      const payout: Payout = refuse
        ? { key, ...order, status: 'REFUSED', code: refusal }
        : { key, ...order, status: 'SUCCEEDED', reference };
      decided.set(key, payout);
      return payout;
    },
    find: (key) => decided.get(key),
    all: () => [...decided.values()],
  };
};
