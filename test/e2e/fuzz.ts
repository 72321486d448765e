import { expect, it } from '@jest/globals';
import { fuzz } from '../fuzz/fuzz.ts';
import { summary } from '../fuzz/report.ts';
import { localCloud } from '../harness/local-cloud.ts';

/** Fixed, so that a run of CI fails for a change only. `npm run fuzz` uses a random one. */
const SEED = 20_261_121;
const REQUESTS = 1_000;

it('AP-1 AP-2 AP-3 CR-2: 1,000 generated requests of all routes get an answer in the envelope, and wallets equal their history', async () => {
  const report = (line: string) => process.stderr.write(`  fuzz: ${line}\n`);
  report(`${REQUESTS} requests with seed ${SEED}`);
  const outcome = await fuzz(localCloud(), { requests: REQUESTS, seed: SEED, report });
  report(`\n${summary(outcome)}`);
  expect(outcome.findings).toEqual([]);
  // Otherwise the requests are refused before they reach the ledger, and the run proves little.
  expect(outcome.changes).toBeGreaterThan(REQUESTS / 3);
}, 180_000);
