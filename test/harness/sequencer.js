import Sequencer from '@jest/test-sequencer';

/** The longest first, or a worker would have them left when the other one has nothing to do. */
const LONGEST = ['e2e/deployed', 'model/money', 'transfers/transfers', 'infrastructure/checks'];

/** Jest orders files by the time that they took, but does not know it in a fresh clone. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const found = LONGEST.findIndex((name) => path.endsWith(`${name}.test.ts`));
      return found === -1 ? LONGEST.length : found;
    };
    return super.sort(tests).toSorted((a, b) => place(a) - place(b));
  }
}
