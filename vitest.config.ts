import { defineConfig } from 'vitest/config'

/** Tests that touch no socket, file or global share their workers: loading modules is their cost. */
const pure = 'test/{dialects,faults,framing,scenario,time}/**/*.test.ts'

export default defineConfig({
  test: {
    testTimeout: 20_000,
    // SDKs print what they make of a fault; who fails shows it.
    silent: 'passed-only',
    projects: [
      { extends: true, test: { name: 'pure', include: [pure], isolate: false } },
      { extends: true, test: { name: 'live', include: ['test/**/*.test.ts'], exclude: [pure] } },
    ],
  },
})
