import Runner from 'jest-runner';
import { activeMutant, noted } from './noted.ts';

/** Slow test files, and the sources they are there for. Mutants of other sources are not given them. */
const SLOW = [
  [/ledger\/pending-releases\.test/, /release/],
  [/payouts\/execute-scheduled\.test/, /payouts\/(execute-scheduled|schedule)/],
  [/payouts\/recover\.test/, /payouts\/recover|next-check/],
  [
    /payouts\/settle\.test/,
    /payouts\/(settle|record-answer|advance|transitions)|rows\/transactions/,
  ],
];
/** A mutant that survives this much of the quick files survives the rest as well, as a rule. */
const BUDGET_MS = 15_000;

const isMeantFor =
  (source) =>
  ({ path }) =>
    SLOW.find(([slow]) => slow.test(path))?.[1].test(source) ?? 'quick';

/** The slow files that are meant for a source, and the quickest others that fit into the budget. */
function chosen(source, reaching, msOf) {
  let spent = 0;
  return reaching.filter((test) => {
    const meant = isMeantFor(source)(test);
    if (meant !== 'quick') return meant;
    spent += msOf(test);
    return spent <= BUDGET_MS;
  });
}

/**
 * Gives a mutant the test files that reach it, quick ones first, until a test fails. Stryker would give a
 * mutant that is reached while a file loads all files, and Jest's own `bail` exits.
 */
export default class MutantRunner extends Runner {
  runTests(tests, watcher, options) {
    const mutant = activeMutant();
    if (mutant === undefined) return super.runTests(tests, watcher, options);

    const files = noted();
    const msOf = ({ path }) => files[path]?.ms ?? 0;
    const [source = ''] = this._globalConfig.nonFlagArgs;
    const reaching = tests
      .filter(({ path }) => files[path]?.mutants.includes(mutant))
      .sort((a, b) => msOf(a) - msOf(b));
    const given = chosen(source, reaching, msOf);
    // Jest's own listener came first and has counted the result.
    this.on('test-file-success', async ([, { numFailingTests }]) => {
      if (numFailingTests > 0) await watcher.setState({ interrupted: true });
    });
    return super.runTests(given, watcher, options);
  }
}
