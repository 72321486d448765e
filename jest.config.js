const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/harness/silence-logs.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};

/** A run without e2e tests starts no cloud. */
export default {
  // End-to-end tests mostly wait: a second worker uses that time, also on two cores.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/harness/sequencer.js',
  // A first run compiles everything and starts engines: a limit is for what hangs, not for what is cold.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'in-process',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/e2e/', '<rootDir>/test/heavy/'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      globalSetup: '<rootDir>/test/harness/local-cloud.ts',
      globalTeardown: '<rootDir>/test/harness/local-cloud-down.ts',
    },
  ],
};
