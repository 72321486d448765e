/** Mutation testing of what moves money: `npm run test:mutation`. */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { configFile: 'test/mutation/jest.config.js' },
  mutate: ['lambdas/ledger/**/*.ts', 'lambdas/payouts/**/*.ts', 'lambdas/operations/**/*rule.ts'],
  // They empty a whole function or value, and fail in the first test that reaches it.
  mutator: { excludedMutations: ['ArrowFunction', 'BlockStatement', 'ObjectLiteral'] },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Several times what the slowest choice of test files takes.
  timeoutMS: 25_000,
  // Stryker would add the time of all test files, although a mutant is given few.
  timeoutFactor: 0.01,
  dryRunTimeoutMinutes: 15,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  // Stryker would rewrite tsconfig.json with an API that TypeScript 7 does not have; no test needs it.
  ignorePatterns: ['tsconfig.json', 'docs', 'cdk.out', '.surety', '.venv', '.venv-check'],
  warnings: { slow: false },
};
