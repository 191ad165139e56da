/**
 * Enough of curl to run the commands of the pages on a machine that has none: the flags they use,
 * and curl's exit codes for a connection that breaks (56 for a reset, 18 for a body cut short).
 */
import { openSync, writeSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    'no-buffer': { type: 'boolean', short: 'N' },
    header: { type: 'string', short: 'H', multiple: true },
    data: { type: 'string', short: 'd' },
    output: { type: 'string', short: 'o' },
    request: { type: 'string', short: 'X' },
  },
})

const [url] = positionals
const form = values.data === undefined ? [] : ['content-type: application/x-www-form-urlencoded']
const headers = Object.fromEntries(
  [...form, ...(values.header ?? [])].map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }),
)
/** Written at once, so that nothing is lost when a broken connection ends the process. */
const out = values.output === undefined ? 1 : openSync(values.output, 'w')
const method = values.request ?? (values.data === undefined ? 'GET' : 'POST')

const { port, hostname } = new URL(url)
// Node takes a reset that arrives together with data for an end; the kernel refuses a write after
// it, and takes one after a FIN, for which our own half must be left open.
const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
let broken = 18
let isAnswered = false
socket.on('end', () => {
  socket.write('\r\n', (error) => {
    if (error) broken = 56
  })
})
socket.on('error', () => {
  broken = 56
})

request(url, { method, headers, createConnection: () => socket }, (reply) => {
  isAnswered = true
  reply.on('error', () => setImmediate(() => process.exit(broken)))
  reply.on('data', (bytes) => writeSync(out, bytes))
  reply.on('end', () => socket.destroy())
})
  .on('error', (error) => {
    if (!isAnswered) process.exit(error.code === 'ECONNREFUSED' ? 7 : 52)
  })
  .end(values.data)
