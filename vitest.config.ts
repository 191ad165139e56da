import { defineConfig } from 'vitest/config'

/**
 * Tests that need a process to themselves: they start processes, measure memory, count open files,
 * or take the timers away. All others share their workers, since loading modules is their cost.
 */
const alone = [
  'test/{bench,browser,cli,docs,soak,workers}/**/*.test.ts',
  'test/recording/store*.test.ts',
  'test/server/{lifecycle,http2-lifecycle,slow-readers,wire/listener}.test.ts',
  'test/sources/upstream*.test.ts',
  'test/time/clock.test.ts',
]

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/property-seed.ts'],
    // On two cores Vitest would take one, and leave the other to those tests that start processes.
    maxWorkers: 2,
    // SDKs print what they make of a fault; who fails shows it.
    silent: 'passed-only',
    projects: [
      {
        extends: true,
        test: {
          name: 'sharing',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
})
