import { z } from 'zod';

/**
 * How the bank may misbehave (WD-9). An account whose name ends in `-<BEHAVIOUR>` (any case) gets
 * it for its first try under each key; `POST /control` gives it to every try, until taken back.
 *
 *   REFUSE   a definite, documented refusal (422), for every try
 *   503      503, nothing done
 *   RATE     429 with Retry-After, nothing done
 *   SLOW     done at once, answered late
 *   LOST     done, then the connection breaks without an answer
 *   GARBLED  done, answered 200 with a body nobody can read
 */
const behaviour = z
  .string()
  .toUpperCase()
  .pipe(z.enum(['REFUSE', '503', 'RATE', 'SLOW', 'LOST', 'GARBLED']));
type Behaviour = z.infer<typeof behaviour>;

/** `times` tries get the behaviour; without it, all of them until DELETE /control. */
export const control = z.strictObject({ behaviour, times: z.int().positive().optional() });
type Control = z.infer<typeof control>;

const ofAccount = (account: string): Behaviour | undefined =>
  behaviour.safeParse(account.slice(account.lastIndexOf('-') + 1)).data;

export type Moods = {
  order(control: Control): void;
  calm(): void;
  /** How this try is treated; the caller says whether it is the first under its key. */
  next(account: string, firstTry: boolean): Behaviour | undefined;
};

export const moods = (): Moods => {
  let ordered: { behaviour: Behaviour; left: number } | undefined;
  return {
    order({ behaviour, times = Number.POSITIVE_INFINITY }) {
      ordered = { behaviour, left: times };
    },
    calm() {
      ordered = undefined;
    },
    next(account, firstTry) {
      if (ordered !== undefined && ordered.left > 0) {
        ordered.left -= 1;
        return ordered.behaviour;
      }
      const own = ofAccount(account);
      // A closed account stays closed, also when the first try under the key did not get through.
      return firstTry || own === 'REFUSE' ? own : undefined;
    },
  };
};
