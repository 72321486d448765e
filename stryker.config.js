/** Mutation testing of what moves money: `npm run test:mutation`. */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/mutation/jest.config.js' },
  mutate: ['lambdas/ledger/**/*.ts', 'lambdas/payouts/**/*.ts', 'lambdas/operations/**/*rule.ts'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 30_000,
  timeoutFactor: 1,
  dryRunTimeoutMinutes: 15,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  // Stryker would rewrite tsconfig.json with an API that TypeScript 7 does not have; no test needs it.
  ignorePatterns: ['tsconfig.json', 'docs', 'cdk.out', '.surety', '.venv'],
  warnings: { slow: false },
};
