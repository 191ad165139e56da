/** What a start reads; how long it takes is for the benchmark to say. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const loader = fileURLToPath(new URL('../../dist/load.cjs', import.meta.url))

/**
 * Starts the command, and instead of its first line writes which files of the bundle it has read.
 * Given as code, it has its arguments right behind Node's own name.
 */
const telling = `
  const { compiled, loadCompiled } = require(${JSON.stringify(loader)})
  process.argv.splice(1, 0, 'serve', '--port', '0')
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = () => write(JSON.stringify(compiled().map(([name]) => name)), process.exit)
  loadCompiled('command.cjs', () => undefined)
`

it('a start with the demo reads no package that the demo does not need', () => {
  const told = execFileSync(process.execPath, ['-e', telling], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  const read: readonly unknown[] = JSON.parse(told)
  // Its templates are what it needs.
  expect(read).toEqual([
    'command.cjs',
    'rolldown-runtime.cjs',
    'common.cjs',
    'serve.cjs',
    'templates.cjs',
  ])
})
