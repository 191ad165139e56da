/**
 * Ten thousand open idle streams: opened, held, closed. Prints what each takes of memory, and ends
 * with 1 where one was refused or lost, or where something is left when they are gone.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    heldMs: { type: 'string', default: '3000' },
    dist: { type: 'string', default: here('../../dist') },
  },
})

const wanted = Number(values.streams)
// Node has raised it to the hard limit. What is left over is for the log, the scenario and Node.
const streams = Math.min(wanted, Math.floor(fileLimit() * 0.85))
if (streams < wanted) {
  console.log(
    `${streams} instead of ${wanted}: \`ulimit -Hn\` is ${fileLimit()}, and wants raising`,
  )
}

const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-idle-'))
const server = fork(here('server.mjs'), [values.dist, folder], { execArgv: ['--expose-gc'] })
const { port } = await new Promise((resolve, reject) => {
  server.once('message', resolve)
  server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
})

const before = await asked('measure')
const sockets = []
let refused = 0
let lost = 0
const startedMs = performance.now()
for (let opened = 0; opened < streams; opened += 200) {
  const some = Math.min(200, streams - opened)
  await Promise.all(Array.from({ length: some }, (_, at) => open(opened + at)))
}
const openedMs = performance.now() - startedMs
await new Promise((resolve) => setTimeout(resolve, Number(values.heldMs)))
const held = await asked('measure')
const lostWhileHeld = lost
for (const socket of sockets) socket.destroy()
let after = await asked('measure')
for (let left = 40; left > 0 && after.sockets > 0; left -= 1) {
  await new Promise((resolve) => setTimeout(resolve, 250))
  after = await asked('measure')
}
await asked('close')
await rm(folder, { recursive: true, force: true })

const each = (name) => ((held[name] - before[name]) / streams / 1000).toFixed(1)
console.log(
  `${streams} streams opened in ${Math.round(openedMs)} ms, half hanging, half in a stall`,
)
console.log(`open in the server: ${held.streams}; refused ${refused}, lost ${lostWhileHeld}`)
console.log(
  `kB a stream: ${each('heapUsed')} of heap, ${each('external')} beside it, ${each('rss')} resident`,
)
console.log(
  `left when they are gone: ${after.streams} streams, ${after.sockets} sockets, ${after.timers} timers`,
)
const isWell = held.streams === streams && refused === 0 && lostWhileHeld === 0
process.exitCode = isWell && after.streams + after.sockets + after.timers === 0 ? 0 : 1

/** Resolves with its first frame. */
function open(nth) {
  const content = nth % 2 === 0 ? 'hangs' : 'stalls'
  const body = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] })
  const head = [
    'POST /v1/chat/completions HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('connect', () => socket.write(`${head.join('\r\n')}\r\n\r\n${body}`))
    socket.on('data', (data) => {
      if (!data.toString('latin1').startsWith('HTTP/1.1 200') && socket.bytesRead === data.length) {
        refused += 1
      }
      if (data.includes('data:')) resolve()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      lost += 1
      resolve()
    })
  })
}

function asked(what) {
  return new Promise((resolve) => {
    const id = Math.random()
    const hear = (message) => {
      if (message.id !== id) return
      server.off('message', hear)
      resolve(message)
    }
    server.on('message', hear)
    server.send({ id, do: what })
  })
}

function fileLimit() {
  try {
    const text = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max open files +(\d+)/m.exec(text)?.[1] ?? 10_240)
  } catch {
    return 10_240
  }
}
