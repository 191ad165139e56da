/**
 * Starts the bundle in the folder that is given, lets it begin an answer, and keeps what V8 has compiled
 * till then beside the code: no start has to compile it again. A scenario that the bundle does not
 * know is read as well, since most are such.
 */
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import process from 'node:process'

const [, , folder, scenario] = process.argv
const { compiled, compiledFile, loadCompiled } = createRequire(import.meta.url)(
  resolve(folder, 'load.cjs'),
)

const nothing = () => undefined
const command = ['serve', scenario, '--port', '0', '--log-level', 'silent']
process.argv.splice(1, Number.POSITIVE_INFINITY, 'stuntdouble', ...command)
const listening = new Promise((resolve) => {
  process.stdout.write = (text, ...rest) => {
    resolve(/http:\S+/.exec(text)?.[0])
    rest.at(-1)?.()
    return true
  }
})
loadCompiled('command.cjs', nothing)
loadCompiled('library.cjs', nothing)
const url = await listening
const reply = await fetch(`${url}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  }),
})
await reply.body.getReader().read()
for (const [name, data] of compiled()) writeFileSync(compiledFile(name), data)
process.exit()
