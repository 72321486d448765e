const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/quiet.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
};
const folders = ['unit', 'property', 'integration', 'infrastructure', 'architecture'];

/** A run without e2e tests starts no cloud. */
export default {
  // End-to-end tests mostly wait: a second worker uses that time, also on two cores.
  maxWorkers: 2,
  // A first run compiles everything and starts engines: a limit is for what hangs, not for what is cold.
  testTimeout: 60_000,
  projects: [
    {
      ...shared,
      displayName: 'in-process',
      testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/local-cloud.ts',
      globalTeardown: '<rootDir>/test/support/local-cloud-down.ts',
    },
  ],
};
