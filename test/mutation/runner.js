import Runner from 'jest-runner';
import { activeMutant, noted } from './noted.ts';

/**
 * Test files that take long, and the sources that they are there for. Mutants of others are not given them:
 * pure modules and rules have tables of their own.
 */
const MEANT_FOR = [
  [/ledger\/post\./, /ledger\/(accounts|balances|post|row-writes)\./],
  [/history\/history\./, /rows\/(history|status-index|transactions)|ledger\/table/],
  [/transfers\/transfers\./, /rows\/(history|merchants|transactions)/],
  [/merchants\/merchants\./, /rows\/(merchants|status-index)|run-change/],
  [/merchants\/archive\./, /rows\/transactions/],
  [/withdrawals\/withdrawals\./, /rows\/(in-flight|pool)|run-operation|responses|idempotency/],
  [/wallets\/wallets\./, /rows\/wallets/],
  [/stored-refusals\./, /run-operation|responses|idempotency/],
  [/lost-answers\./, /run-operation|ledger\/commit|until-committed|responses/],
  [/change-before-commit\./, /until-committed/],
  [/credit\/repayment\./, /operations\/credit/],
  [/ledger\/pending-releases\./, /release|rows\/(wallets|next-check)|ledger\/table/],
  [/payouts\/settle\./, /payouts\/(settle|record-answer|advance|transitions)|rows\/transactions/],
  [/payouts\/execute-scheduled\./, /payouts\/(execute-scheduled|schedule|recover)/],
  [/payouts\/recover\./, /payouts\/recover|rows\/(next-check|transactions)/],
];
/** Of the other files, the quickest that together take this long, in milliseconds. */
const BUDGET_MS = 2_500;

/** `lambdas/ledger/post.ts` has its tests in `test/ledger/post.test.ts`. */
const ownTests = (source) => source.replace(/^.*lambdas/, 'test').replace(/\.ts$/, '.test.ts');

/** The test files of a mutant of `source`: its own, those that are meant for it, and quick ones. */
function chosen(source, reaching, msOf) {
  let spent = 0;
  return reaching.filter((test) => {
    if (test.path.endsWith(ownTests(source))) return true;
    const meant = MEANT_FOR.find(([file]) => file.test(test.path));
    if (meant !== undefined) return meant[1].test(source);
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
    // Jest's own listener came first and has counted the result.
    this.on('test-file-success', async ([, { numFailingTests }]) => {
      if (numFailingTests > 0) await watcher.setState({ interrupted: true });
    });
    return super.runTests(chosen(source, reaching, msOf), watcher, options);
  }
}
