import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
// @ts-expect-error: a script without types
import { published as publish } from './publish.mjs'

const published: (text: string, figures: object) => string = publish
const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8')

const ratio = { median: 1.1, low: 1.05, high: 1.2 }
const row = {
  ...{
    server: 'stuntdouble',
    streams: 3000,
    cpuMicrosPerFrame: 12,
    cpuRatio: ratio,
    rounds: 3,
    errors: 0,
  },
  clientLagMs: { p50: 0.4, p99: 2.1, max: 8 },
  serverLagMs: { p50: 0.2, p99: 1.5, max: 6 },
  firstLagMs: { p50: 0.2, p99: 1.2, max: 3 },
  ownLagMs: { p50: 0.1, p99: 0.7, max: 2 },
  lengthOver: { p50: 0.001, p99: 0.008, max: 0.02 },
}
const figures = {
  format: 1,
  machine: {
    ...{ at: '2026-11-22T10:00:00.000Z', node: '20.20.2', cpu: 'Some CPU', cores: 2 },
    ...{ loadBefore: 0.1, loadAfter: 1.5, tookSeconds: 160, stolenPart: 0.02 },
  },
  goals: [{ goal: 'a goal', wanted: 'at most 1.20', shown: '1.10', reached: true }],
  parts: {
    paced: {
      options: { gapMs: 20 },
      rows: [row, { ...row, server: 'bare-net', cpuMicrosPerFrame: 10 }],
      memory: [
        {
          ...{ server: 'stuntdouble', streams: 3000, liveBytesPerStream: 9000 },
          ...{ ofThatConnection: 4000, rssBytesPerStream: 20_000 },
        },
      ],
    },
  },
}

it('fills the page with the figures of one run, and tells what it has not measured', () => {
  const filled = published(page, figures)
  expect(filled).toContain('Measured on 2026-11-22 with Node 20.20.2 on 2 × Some CPU')
  expect(filled).toContain('| a goal | at most 1.20 | 1.10 | yes |')
  expect(filled).toMatch(
    /^\| bare net \| 3,000 \| 0\.40 ms, 2\.10 ms, 8 ms \| 1\.20 ms \| 0\.20 ms, 1\.50 ms, 6 ms \| 0\.70 ms \| \+0\.8 %/m,
  )
  expect(filled).toMatch(/full-speed -->\nNot measured in this run\.\n<!-- until here -->/)
  expect(published(filled, figures)).toBe(filled)
})

it('computes the machines of a million streams from what one costs', () => {
  const filled = published(page, figures)
  // 1,000,000 × 50 × 12 µs = 600 cores, 1,000 at 60 %, 63 machines of 16.
  expect(filled).toContain('| 600 cores |')
  expect(filled).toContain('| machines of 16 cores | / 16, a worker a core | **63** |')
  expect(filled).toContain('15,874 |')
})

it('refuses a page that lacks a place for a table, or has one for none', () => {
  expect(() => published('', figures)).toThrow('the page has no place for machine, goals')
  const odd = '<!-- from the bench: luck -->\n<!-- until here -->'
  expect(() => published(odd, figures)).toThrow('the page wants "luck", which no bench measures')
  expect(() => published(page, { ...figures, format: 2 })).toThrow('format 2')
})
