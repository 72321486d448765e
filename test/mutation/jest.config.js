import jestConfig from '../../jest.config.js';

const [inProcess] = jestConfig.projects;

/** The tests that mutants are given. What is left out takes long, and reaches nothing that the others do not. */
export default {
  ...inProcess,
  rootDir: '../..',
  testEnvironment: `${import.meta.dirname}/environment.ts`,
  runner: `${import.meta.dirname}/runner.js`,
  // A mutant that waits forever costs this long.
  testTimeout: 15_000,
  testMatch: ['<rootDir>/test/{ledger,operations,payouts,http,platform}/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/ledger/apply\\.',
    '/operations/(busy-merchant|concurrency|merchants/change)\\.',
  ],
};
