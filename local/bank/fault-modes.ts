import { z } from 'zod';

/**
 * Faults that the bank can simulate (WD-9). An account whose name ends in `-<MODE>` (in any case)
 * gets the fault on the first attempt of each key. `POST /control` applies a fault to all attempts
 * until `DELETE /control`.
 *
 *   REFUSE   a definite, documented refusal (422), for every attempt
 *   503      503 without a payout
 *   RATE     429 with Retry-After, without a payout
 *   SLOW     pays at once, responds late
 *   LOST     pays, then closes the connection without a response
 *   GARBLED  pays, then responds 200 with an unreadable body
 */
const faultMode = z
  .string()
  .toUpperCase()
  .pipe(z.enum(['REFUSE', '503', 'RATE', 'SLOW', 'LOST', 'GARBLED']));
type FaultMode = z.infer<typeof faultMode>;

/** The body of POST /control. Without `times` the fault stays until DELETE /control. */
export const control = z.strictObject({
  behaviour: faultMode,
  times: z.int().positive().optional(),
});
type Control = z.infer<typeof control>;

const modeOfAccount = (account: string): FaultMode | undefined =>
  faultMode.safeParse(account.slice(account.lastIndexOf('-') + 1)).data;

export type FaultModes = {
  set(control: Control): void;
  clear(): void;
  /** The fault of this attempt, if any. `firstAttempt`: the first one of its key. */
  next(account: string, firstAttempt: boolean): FaultMode | undefined;
};

export const faultModes = (): FaultModes => {
  let current: { mode: FaultMode; left: number } | undefined;
  return {
    set({ behaviour, times = Number.POSITIVE_INFINITY }) {
      current = { mode: behaviour, left: times };
    },
    clear() {
      current = undefined;
    },
    next(account, firstAttempt) {
      if (current !== undefined && current.left > 0) {
        current.left -= 1;
        return current.mode;
      }
      const mode = modeOfAccount(account);
      // A closed account stays closed, even if the first attempt of the key failed earlier.
      return firstAttempt || mode === 'REFUSE' ? mode : undefined;
    },
  };
};
