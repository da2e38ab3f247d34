const shared = {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/packages'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.stack/', '/dist/'],
};

/** Unit tests touch no I/O; integration tests run on the real parts, which their global set-up starts. */
export default {
  // Bounds a hang, on a machine that may be busy; it says nothing about speed.
  testTimeout: 120_000,
  // Modules loaded by a finished test file stay in the memory of the process that ran it, so it is replaced in time.
  workerIdleMemoryLimit: '1GB',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['\\.int\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['**/*.int.test.ts'],
      globalSetup: '<rootDir>/packages/stack/src/testing/global-setup.ts',
      globalTeardown: '<rootDir>/packages/stack/src/testing/global-teardown.ts',
    },
  ],
};
