import { z } from 'zod';

/**
 * Faults that a provider can simulate (WD-9, SA-1). A destination selects one for the first attempt of each key:
 * a bank account by its ending `-<MODE>` (in any case), a phone number by its last three digits. `POST /control`
 * applies a fault to all attempts until `DELETE /control`.
 *
 *   REFUSE   901  a definite, documented refusal (422), for every attempt
 *   503      902  503 without a payout
 *   RATE     903  429 with Retry-After, without a payout
 *   SLOW     904  pays at once, responds late
 *   LOST     905  pays, then closes the connection without a response
 *   GARBLED  906  pays, then responds 200 with an unreadable body
 */
const MODES = ['REFUSE', '503', 'RATE', 'SLOW', 'LOST', 'GARBLED'] as const;
const faultMode = z.string().toUpperCase().pipe(z.enum(MODES));
type FaultMode = z.infer<typeof faultMode>;

/** The body of POST /control. Without `times` the fault stays until DELETE /control. */
export const control = z.strictObject({
  behaviour: faultMode,
  times: z.int().positive().optional(),
});
type Control = z.infer<typeof control>;

export type ModeOf = (destination: string) => FaultMode | undefined;
export const modeOfAccount: ModeOf = (account) =>
  faultMode.safeParse(account.slice(account.lastIndexOf('-') + 1)).data;

const FIRST_NUMBER = 901;
export const modeOfNumber: ModeOf = (number) => MODES[Number(number.slice(-3)) - FIRST_NUMBER];

export type FaultModes = {
  set(control: Control): void;
  clear(): void;
  /** The fault of this attempt, if any. `firstAttempt`: the first one of its key. */
  next(destination: string, firstAttempt: boolean): FaultMode | undefined;
};

export const faultModes = (modeOf: ModeOf): FaultModes => {
  let current: { mode: FaultMode; left: number } | undefined;
  return {
    set({ behaviour, times = Number.POSITIVE_INFINITY }) {
      current = { mode: behaviour, left: times };
    },
    clear() {
      current = undefined;
    },
    next(destination, firstAttempt) {
      if (current !== undefined && current.left > 0) {
        current.left -= 1;
        return current.mode;
      }
      const mode = modeOf(destination);
      // What is refused stays refused, even if the first attempt of the key failed earlier.
      return firstAttempt || mode === 'REFUSE' ? mode : undefined;
    },
  };
};
