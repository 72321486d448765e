import { z } from 'zod';

export const payoutOrder = z.strictObject({
  account: z.string().min(1).max(128),
  amount: z
    .string()
    .regex(/^(0|[1-9]\d{0,17})(\.\d{1,8})?$/)
    .refine((amount) => /[1-9]/.test(amount), 'must be more than zero'),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
export type PayoutOrder = z.infer<typeof payoutOrder>;

/** The final decision for a key. It is the body of the response and of every inquiry. */
type Payout = PayoutOrder & { readonly key: string } & (
    | { readonly status: 'SUCCEEDED'; readonly reference: string }
    | { readonly status: 'REFUSED'; readonly code: 'account_closed' }
  );

export type PayoutStore = {
  /** True for the first attempt of a key, whatever its result. */
  firstAttempt(key: string): boolean;
  /** Returns the earlier decision of the key, or stores this one. `reused`: the order differs. */
  decide(key: string, order: PayoutOrder, refuse: boolean): Payout | 'reused';
  find(key: string): Payout | undefined;
  all(): Payout[];
};

const sameOrder = (a: PayoutOrder, b: PayoutOrder): boolean =>
  a.account === b.account && a.amount === b.amount && a.currency === b.currency;

/** Synchronous, so two concurrent requests cannot both find the same key new. */
export const payoutStore = (): PayoutStore => {
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
      const reference = `BANK-${String(decided.size + 1).padStart(8, '0')}`;
      const payout: Payout = refuse
        ? { key, ...order, status: 'REFUSED', code: 'account_closed' }
        : { key, ...order, status: 'SUCCEEDED', reference };
      decided.set(key, payout);
      return payout;
    },
    find: (key) => decided.get(key),
    all: () => [...decided.values()],
  };
};
