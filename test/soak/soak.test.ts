/** The soak in small: what is counted must be exact; what memory does, only the long one tells. */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const soak = fileURLToPath(new URL('main.mjs', import.meta.url))
const run = promisify(execFile)

/** The figures of a line of the table, from the first look to the last. */
const figuresOf = (table: string, name: string): number[] => {
  const line = table.split('\n').find((one) => one.startsWith(`${name} `)) ?? ''
  return line.trim().split(/\s+/).slice(1).map(Number)
}

it('leaves no stream, socket, timer, file or fault behind, however the clients left', async () => {
  const { stdout } = await run(process.execPath, [soak, '--counts', '--streams', '400'])
  const nothing = [0, 0, 0]
  const left = ['streams', 'listed', 'faults', 'sockets', 'timers'].map((name) => [
    name,
    figuresOf(stdout, name),
  ])
  expect(Object.fromEntries(left)).toEqual({
    streams: nothing,
    listed: nothing,
    faults: nothing,
    sockets: nothing,
    timers: nothing,
  })
  const files = figuresOf(stdout, 'files')
  expect(files.at(-1)).toBeLessThanOrEqual(files[0] ?? 0)
  const [journal, limit] = ['journal', 'journalLimit'].map((name) => figuresOf(stdout, name))
  expect(journal?.at(-1)).toBe(limit?.at(-1))
}, 120_000)
