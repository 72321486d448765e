import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { type FaultRates, ROUGH } from '../harness/faults.ts';
import { startWorld, type World } from '../harness/harness.ts';
import { type Step, steps } from './commands.ts';
import { Walk } from './model-run.ts';

let world: World;
beforeEach(() => {
  // No jitter: tries follow each other at once, and a failing walk can be repeated.
  jest.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  jest.restoreAllMocks();
  world.close();
});

const CHECK_EVERY = 5;

async function walk(taken: readonly Step[]): Promise<void> {
  const walker = await Walk.begin(world);
  for (const [index, step] of taken.entries()) {
    await walker.take(step);
    if (index % CHECK_EVERY === 0) await walker.check();
  }
  await walker.check();
  await walker.finish();
  await walker.repeatEverything();
}

const walks = (
  numRuns: number,
  seed: number,
  more: fc.Parameters<[readonly Step[]]> = {},
): Promise<void> => fc.assert(fc.asyncProperty(steps(100), walk), { seed, numRuns, ...more });
/** Faults do not come again in the same places, so a failing walk cannot be made shorter. */
const AS_IT_WAS = { endOnFailure: true };

/** Far worse than any real store, so that answers are lost at every turn. */
const DREADFUL: FaultRates = { conflict: 0.2, throttle: 0.06, lostBefore: 0.1, lostAfter: 0.2 };

describe('CR-2 LE-1 WD-6 AP-1: whatever merchants, admins, workers, bank and clock do, in any order', () => {
  it('no money is made or lost, no balance is ever negative, the bank pays exactly what we say, and repeats change nothing', async () => {
    world = await startWorld();
    await walks(12, 31, { interruptAfterTimeLimit: 60_000 });
  }, 180_000);

  it('nor on a store that conflicts, throttles and loses answers', async () => {
    world = await startWorld(32, ROUGH);
    await walks(6, 32, AS_IT_WAS);
    expect(world.faults.conflicts).toBeGreaterThan(20);
    expect(world.faults.lostAfter).toBeGreaterThan(10);
  }, 180_000);

  it('nor on one that loses every fifth answer', async () => {
    world = await startWorld(33, DREADFUL);
    await walks(6, 33, AS_IT_WAS);
    expect(world.faults.lostAfter).toBeGreaterThan(50);
  }, 180_000);
});
