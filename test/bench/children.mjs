/**
 * Starts the processes that are measured and the one that measures, and ends them again: by their
 * own handle, never by name. Each also leaves by itself when its parent does.
 */
import { fork } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const running = new Set()

const askLimitMs = 90_000
const leaveLimitMs = 2000

/** A child that answers one message at a time. */
class Child {
  #process
  #name
  #stderr = ''
  #last = Promise.resolve()

  constructor(name, file, settings) {
    this.#name = name
    // Options of Node are handed on, so that `node --cpu-prof test/bench/main.mjs` profiles all.
    this.#process = fork(
      fileURLToPath(new URL(file, import.meta.url)),
      [JSON.stringify(settings)],
      {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: ['--expose-gc', ...process.execArgv],
      },
    )
    running.add(this)
    this.#process.stderr.on('data', (data) => {
      this.#stderr = (this.#stderr + data).slice(-4000)
    })
    this.#process.on('exit', () => running.delete(this))
  }

  /** Rejects where the child dies, fails or says nothing for long. */
  ask(message, limitMs = askLimitMs) {
    const answer = this.#last.then(() => this.#askNow(message, limitMs))
    this.#last = answer.catch(() => {})
    return answer
  }

  #askNow(message, limitMs) {
    return new Promise((resolve, reject) => {
      const child = this.#process
      const settle = (how, value) => {
        clearTimeout(timer)
        child.off('message', onMessage)
        child.off('exit', onExit)
        how(value)
      }
      const fail = (why) => settle(reject, new Error(`${this.#name}: ${why}\n${this.#stderr}`))
      const onMessage = (reply) =>
        'error' in reply ? fail(reply.error) : settle(resolve, reply.value)
      const onExit = () => fail(`ended while asked to ${message.do}`)
      const timer = setTimeout(() => fail(`no answer to ${message.do}`), limitMs)
      child.on('message', onMessage)
      child.on('exit', onExit)
      if (child.connected) child.send(message)
      else onExit()
    })
  }

  /** A child leaves when its parent hangs up; one that does not is ended. */
  stop() {
    const child = this.#process
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => child.kill('SIGKILL'), leaveLimitMs)
      child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      if (child.connected) child.disconnect()
    })
  }
}

export const stopAll = () => Promise.all([...running].map((child) => child.stop()))

/** Where parts may share servers, those that run, by what they were started with. */
let shared

/** From now on a server that was started before is taken again, as long as it is the same. */
export function shareServers() {
  shared = new Map()
}

/** A server, listening, with its port. */
export function startServer(name, settings = {}) {
  const key = JSON.stringify([name, settings])
  const running = shared?.get(key) ?? startAlone(name, settings)
  shared?.set(key, running)
  return running
}

async function startAlone(name, settings) {
  const child = new Child(name, `./servers/${name}.mjs`, settings)
  const port = await child.ask({ do: 'listen' })
  return { name, child, port }
}

/** Several of them at once, each with the same settings. */
export const startServers = (names, settings) =>
  Promise.all(names.map((name) => startServer(name, settings)))

/** Servers that are shared stop with the bench. */
export const stopServers = (servers) =>
  shared ? Promise.resolve() : Promise.all(servers.map(({ child }) => child.stop()))

/** What `ask` gives, and how much CPU all processes of the server took meanwhile. */
export async function withCpuOf({ child }, ask) {
  const before = await child.ask({ do: 'usage' })
  const measured = await ask()
  const after = await child.ask({ do: 'usage' })
  return { ...measured, cpuMicros: after.cpuMicros - before.cpuMicros }
}

/** One that nobody shares; to be stopped by whoever started it. */
export const startOwnClient = () => new Child('client', './client.mjs', {})

export function startClient() {
  if (shared?.has('client')) return shared.get('client')
  const client = startOwnClient()
  shared?.set('client', client)
  return client
}

export const stopClient = (client) => (shared ? Promise.resolve() : client.stop())
