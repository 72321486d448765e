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

/** What the bank decided about one key, for ever: the body of its answer and of every inquiry. */
type Payout = PayoutOrder & { readonly key: string } & (
    | { readonly status: 'SUCCEEDED'; readonly reference: string }
    | { readonly status: 'REFUSED'; readonly code: 'account_closed' }
  );

export type PayoutBook = {
  /** True once per key, whatever came of it. */
  firstTry(key: string): boolean;
  /** The earlier decision if there is one, else this one; `reused` is another order under an old key. */
  decide(key: string, order: PayoutOrder, refuse: boolean): Payout | 'reused';
  find(key: string): Payout | undefined;
  all(): Payout[];
};

const sameOrder = (a: PayoutOrder, b: PayoutOrder): boolean =>
  a.account === b.account && a.amount === b.amount && a.currency === b.currency;

/** Nothing here waits, so two requests with one key can never both find it new. */
export const payoutBook = (): PayoutBook => {
  const tried = new Set<string>();
  const decided = new Map<string, Payout>();
  return {
    firstTry(key) {
      const first = !tried.has(key);
      tried.add(key);
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
