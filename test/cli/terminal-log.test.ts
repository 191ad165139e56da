import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { terminalStream } from '../../src/cli/terminal-log.ts'
import { temporaryFolder } from './command.ts'

const colour = '\u001b['

it.each([
  ['are coloured where NO_COLOR is not set', undefined, true],
  ['are coloured where NO_COLOR is empty', '', true],
  ['are plain where NO_COLOR is set', '1', false],
])('lines for people %s', async (_, noColor, isColoured) => {
  const file = join(temporaryFolder(), 'log')
  const log = pino({ base: null }, terminalStream(noColor, file))
  log.warn({ status: 404 }, 'GET /nope 404')
  const written = (): string => readFileSync(file, 'utf8')
  await expect.poll(written).toContain('GET /nope 404')
  expect(written()).toContain('WARN')
  expect(written()).not.toContain('{')
  expect(written().includes(colour)).toBe(isColoured)
})
