/**
 * The client as a process: the user's own command, in a process group of its own, so that it is
 * ended with all its children and nothing else is. The one place that starts processes.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'
import type { Clock } from '../core/clock.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Client } from './client.ts'
import type { Environment } from './environment.ts'
import { Gathered } from './gathered.ts'
import type { Finished } from './seen.ts'

export interface SpawnOptions {
  readonly clock: Clock
  readonly cwd?: string
  /** What the command has besides what it is told of the server; ours unless given. */
  readonly env?: Readonly<NodeJS.ProcessEnv>
}

const keptStdoutBytes = 1024 * 1024
const keptStderrBytes = 64 * 1024

/** From a polite signal to one that cannot be refused. */
const graceMs = 1000
/** What was printed before the end is still on its way. */
const lingerMs = 500
const lookMs = 20

/** Groups that are not known to be over, by the process that leads them. */
const groups = new Set<number>()

/** Whatever happens to us, no client outlives us. */
function endAllNow(): void {
  for (const leader of groups) signal(leader, 'SIGKILL')
}

let isWatching = false

/** `{url}` in an argument is the address of the server. */
export function commandClient(command: readonly string[], options: SpawnOptions): Client {
  if (!isWatching) process.on('exit', endAllNow)
  isWatching = true
  return (told, stop) => runOnce(command, told, { ...options, stop })
}

interface Running extends SpawnOptions {
  readonly stop: AbortSignal
}

function runOnce(
  [name = '', ...given]: readonly string[],
  told: Environment,
  { clock, cwd, env = process.env, stop }: Running,
): Promise<Finished> {
  const args = given.map((arg) => arg.replaceAll('{url}', told['STUNTDOUBLE_URL'] ?? ''))
  const stdout = new Gathered('beginning', keptStdoutBytes)
  const stderr = new Gathered('end', keptStderrBytes)
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, {
      ...(cwd === undefined ? {} : { cwd }),
      // What is undefined is left out, as Node does it.
      env: { ...env, ...told },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const leader = child.pid
    if (leader !== undefined) groups.add(leader)
    child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk))
    const end = (): void => {
      if (leader !== undefined) endGroup(leader, clock)
    }
    if (stop.aborted) end()
    stop.addEventListener('abort', end)
    child.once('error', (error) => {
      stop.removeEventListener('abort', end)
      if (leader === undefined) reject(notStarted(name, given, error))
    })
    child.once('exit', (exit, by) => {
      stop.removeEventListener('abort', end)
      // Children that it left behind are no part of the next run.
      end()
      closed(child, clock).then(() => {
        const { bytes: stdoutBytes, text } = stdout
        resolve({ exit, signal: by, stdout: text, stdoutBytes, stderr: stderr.text })
      })
    })
  })
}

/** Resolves when both pipes are read to their end, or when somebody else still holds them open. */
function closed(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const alarm = clock.at(clock.now() + lingerMs + graceMs, () => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve()
    })
    child.once('close', () => {
      alarm.cancel()
      resolve()
    })
  })
}

/** First politely; what is left after a while is ended whether it wants or not. */
function endGroup(leader: number, clock: Clock): void {
  if (!signal(leader, 'SIGTERM')) {
    groups.delete(leader)
    return
  }
  const lastMs = clock.now() + graceMs
  const look = (): void => {
    if (!signal(leader, 0)) groups.delete(leader)
    else if (clock.now() < lastMs) clock.at(clock.now() + lookMs, look)
    else {
      signal(leader, 'SIGKILL')
      groups.delete(leader)
    }
  }
  clock.at(clock.now() + lookMs, look)
}

/** False where there is nobody left in the group. */
function signal(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    // A negative number is the group; Windows has none.
    process.kill(process.platform === 'win32' ? leader : -leader, name)
    return true
  } catch {
    return false
  }
}

function notStarted(name: string, args: readonly string[], error: NodeJS.ErrnoException) {
  const line = args.length === 0 && /\s/.test(name)
  const hint = line ? `; for a line of the shell write -- sh -c '${name}'` : ''
  return new StuntdoubleError('usage', `cannot run ${name}: ${whyNot(name, error)}${hint}`)
}

function whyNot(name: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such command'
  if (error.code !== 'EACCES') return messageOf(error)
  return `it is no program that may be run; chmod +x ${name}, or name what runs it: -- node ${name}`
}
