import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // SDKs print what they make of a fault; who fails shows it.
    silent: 'passed-only',
  },
})
