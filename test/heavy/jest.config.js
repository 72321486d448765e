import jestConfig from '../../jest.config.js';

const [inProcess] = jestConfig.projects;

/** Tests under load take minutes: `npm run test:heavy` runs them, `npm test` and CI do not. */
export default {
  ...inProcess,
  displayName: 'heavy',
  rootDir: '../..',
  testMatch: ['<rootDir>/test/heavy/**/*.test.ts'],
  testPathIgnorePatterns: [],
  // A second file at the same time would change what the first one measures.
  maxWorkers: 1,
  testTimeout: 20 * 60_000,
};
