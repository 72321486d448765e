import Runner from 'jest-runner';
import { activeMutant, noted } from './noted.ts';

/** Slow test files, and the sources they are there for: other mutants get them only if nothing else reaches them. */
const SLOW = [
  [/ledger\/pending-releases\.test/, /release/],
  [/operations\/transfers\/transfers\.test/, /operations\/transfers\//],
  [/payouts\/execute-scheduled\.test/, /payouts\/(execute-scheduled|schedule)/],
  [/payouts\/recover\.test/, /payouts\/recover|next-check/],
  [/payouts\/settle\.test/, /payouts\/(settle|record-answer|advance)/],
];

/**
 * Gives a mutant the test files that reach it, quick ones first, until a test fails. Stryker would give a
 * mutant that is reached while a file loads all files, and Jest's own `bail` exits.
 */
export default class MutantRunner extends Runner {
  runTests(tests, watcher, options) {
    const mutant = activeMutant();
    if (mutant === undefined) return super.runTests(tests, watcher, options);

    const files = noted();
    const [source = ''] = this._globalConfig.nonFlagArgs;
    const reaching = tests
      .filter(({ path }) => files[path]?.mutants.includes(mutant))
      .sort((a, b) => files[a.path].ms - files[b.path].ms);
    const meant = reaching.filter(({ path }) =>
      SLOW.every(([slow, sources]) => !slow.test(path) || sources.test(source)),
    );
    // Jest's own listener came first and has counted the result.
    this.on('test-file-success', async ([, { numFailingTests }]) => {
      if (numFailingTests > 0) await watcher.setState({ interrupted: true });
    });
    return super.runTests(meant.length > 0 ? meant : reaching, watcher, options);
  }
}
