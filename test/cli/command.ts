/** The built command as a child process: what it says, and how it ends, is all that is known of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.setMaxListeners(0)
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Finished {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Child {
  readonly process: ChildProcess
  readonly said: { stdout: string; stderr: string }
  readonly finished: Promise<Finished>
}

interface Surroundings {
  readonly env?: Record<string, string> | undefined
  /** What a shell says before it becomes the command, such as `ulimit -n 64`. */
  readonly limits?: string | undefined
}

function start(args: readonly string[], { env = {}, limits }: Surroundings = {}): Child {
  const command = [process.execPath, main, ...args]
  const limited = ['sh', '-c', `${limits}; exec "$@"`, 'sh', ...command]
  const [file = '', ...rest] = limits === undefined ? command : limited
  const child = spawn(file, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  // A test that times out never comes to its end, and must leave no server behind.
  process.once('exit', () => child.kill('SIGKILL'))
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const finished = once(child, 'close').then(([code]) => ({ code, ...said }))
  return { process: child, said, finished }
}

/** Runs a command to its end. */
export const run = (args: readonly string[], env?: Record<string, string>): Promise<Finished> =>
  start(args, { env }).finished

/** The same for a reader that leaves after the first words, as `head` does. */
export async function runForHead(args: readonly string[]): Promise<Finished> {
  const { process: child, finished } = start(args)
  child.stdout?.once('data', () => child.stdout?.destroy())
  return await finished
}

/** The same for a reader that has left before the first word. */
export async function runForNobody(args: readonly string[]): Promise<Finished> {
  const { process: child, finished } = start(args)
  child.stdout?.destroy()
  return await finished
}

export interface Running extends AsyncDisposable {
  readonly firstLine: string
  readonly port: number
  url(path?: string): string
  /** So far. */
  readonly stdout: string
  readonly stderr: string
  readonly finished: Promise<Finished>
  signal(name: NodeJS.Signals): void
}

/** Starts a command with a server on a free port; resolves when its banner is complete. */
export const launch = (...args: readonly string[]): Promise<Running> => launchUnder(undefined, args)

/** The same in a shell that has said `limits` before. */
export async function launchUnder(
  limits: string | undefined,
  args: readonly string[],
): Promise<Running> {
  const { process: child, said, finished } = start([...args, '--port', '0'], { limits })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (said.stdout.endsWith('\n\n')) resolve()
    })
    finished.then(({ stderr }) => reject(new Error(`it ended at once: ${stderr}`)))
  })
  const [firstLine = ''] = said.stdout.split('\n', 1)
  const base = firstLine.slice(firstLine.indexOf('http'))
  return {
    firstLine,
    port: Number(new URL(base).port),
    url: (path = '') => base + path,
    get stdout() {
      return said.stdout
    },
    get stderr() {
      return said.stderr
    },
    finished,
    signal: (name) => child.kill(name),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await finished
    },
  }
}

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'stuntdouble-cli-'))
