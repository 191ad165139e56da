import { defineConfig } from 'vitest/config'

/** Tests that leave no global changed share their workers: loading modules is their cost. */
const sharing = 'test/{clients,dialects,faults,framing,scenario}/**/*.test.ts'

export default defineConfig({
  test: {
    testTimeout: 20_000,
    // SDKs print what they make of a fault; who fails shows it.
    silent: 'passed-only',
    projects: [
      { extends: true, test: { name: 'sharing', include: [sharing], isolate: false } },
      {
        extends: true,
        test: { name: 'alone', include: ['test/**/*.test.ts'], exclude: [sharing] },
      },
    ],
  },
})
