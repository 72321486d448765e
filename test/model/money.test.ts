import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type FaultRates, ROUGH } from '../harness/faults.ts';
import { type Harness, startHarness } from '../harness/harness.ts';
import { type Command, commands } from './commands.ts';
import { ModelRun } from './model-run.ts';

let harness: Harness;
beforeEach(() => {
  oversized = [];
  // No jitter: tries follow each other at once, and a failing run can be repeated.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
  harness.close();
});

/** Rows of a kilobyte or more: the cost of a write is counted in kilobytes. */
let oversized: ModelRun['oversized'][number][];
async function runModel(list: readonly Command[]): Promise<void> {
  const run = await ModelRun.start(harness);
  for (const command of list) {
    await run.execute(command);
    await run.check();
  }
  await run.finish();
  await run.repeatEverything();
  oversized.push(...run.oversized);
}

const runs = (
  numRuns: number,
  seed: number,
  options: fc.Parameters<[readonly Command[]]> = {},
): Promise<void> =>
  fc.assert(fc.asyncProperty(commands(100), runModel), { seed, numRuns, ...options });
/** Faults do not repeat in the same places, so a failing run cannot be shrunk. */
const WITHOUT_SHRINKING = { endOnFailure: true };

/** Far worse than any real store: every fifth answer is lost. */
const DREADFUL: FaultRates = { conflict: 0.2, throttle: 0.06, lostBefore: 0.1, lostAfter: 0.2 };

describe('CR-2 LE-1 WD-6 AP-1: under random requests, settlements, schedules and clock changes', () => {
  it('no money is made or lost, no balance is negative, the bank pays exactly what the Ledger says, and repeats change nothing', async () => {
    harness = await startHarness();
    await runs(12, 31, { interruptAfterTimeLimit: 60_000 });
    expect(oversized).toEqual([]);
  }, 180_000);

  it('the same holds on a store that conflicts, throttles and loses answers', async () => {
    harness = await startHarness(32, ROUGH);
    await runs(6, 32, WITHOUT_SHRINKING);
    expect(oversized).toEqual([]);
    expect(harness.faults.conflicts).toBeGreaterThan(20);
    expect(harness.faults.lostAfter).toBeGreaterThan(10);
  }, 180_000);

  it('the same holds on a store that loses every fifth answer', async () => {
    harness = await startHarness(33, DREADFUL);
    await runs(6, 33, WITHOUT_SHRINKING);
    expect(oversized).toEqual([]);
    expect(harness.faults.lostAfter).toBeGreaterThan(50);
  }, 180_000);
});
