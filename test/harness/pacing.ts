import { type Pacing, pacing } from '../../lambdas/platform/retry.ts';

/** In real time, for as long as a worker repeats. */
export const REAL: Pacing = pacing(2_500);

/** Time stands still and pauses take none: only the number of tries ends a repetition. */
export const TIMELESS: Pacing = {
  clock: () => 0,
  pause: async () => {},
  random: () => 0,
  deadlineMs: 2_500,
};
