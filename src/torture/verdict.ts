/** What is thought of a client, from what one run showed beside the clean one. Pure. */

import { type Verdict, verdicts } from '../sweep/verdict.ts'
import { type Comparing, differenceOf } from './output.ts'
import { pausesOf, type Seen } from './seen.ts'
import { stormOf } from './storm.ts'

export { type Verdict, verdicts }

export interface Judged {
  readonly verdict: Verdict
  /** In one sentence, for people. */
  readonly why: string
  /** What is worth knowing besides. */
  readonly notes: readonly string[]
}

export interface Standard {
  readonly clean: Seen
  readonly comparing: Comparing
  /** How long a client may take. */
  readonly limitMs: number
}

/**
 * The first that fits: a signal of somebody else's is a crash; then asking too often, then not being
 * done in time; what ended by itself is judged by its exit code, and a success by its output.
 */
export function judge(seen: Seen, standard: Standard): Judged {
  return { ...verdictOf(seen, standard), notes: notesOf(seen) }
}

function verdictOf(seen: Seen, standard: Standard): Omit<Judged, 'notes'> {
  const { clean, limitMs } = standard
  const signal = seen.stopped ? undefined : signalOf(seen)
  if (signal) return { verdict: 'crash', why: `killed by ${signal}${memoryNote(seen)}` }
  const storm = stormOf(seen.requests, clean.requests)
  if (storm !== undefined) return { verdict: 'retry storm', why: storm }
  if (seen.stopped) {
    return { verdict: 'hang', why: `not done within ${seconds(limitMs)}, and had to be stopped` }
  }
  if (seen.exit !== 0) {
    const quick = seen.requests.length === 0 ? ', without having asked anything' : ''
    return {
      verdict: 'clean error',
      why: `exit code ${seen.exit} after ${seconds(seen.ms)}${quick}`,
    }
  }
  return byOutput(seen, standard)
}

function byOutput(seen: Seen, { clean, comparing }: Standard): Omit<Judged, 'notes'> {
  const output = comparing.view(seen.stdout)
  const whole = comparing.view(clean.stdout)
  const lost = clean.stdoutBytes - seen.stdoutBytes
  switch (differenceOf(output, whole)) {
    case 'same':
      return { verdict: 'same output', why: 'printed what the clean run printed' }
    case 'less': {
      const how = output.trim() === '' ? 'printed nothing' : `printed ${count(lost, 'byte')} less`
      return { verdict: 'silent truncation', why: `exit code 0, and ${how}` }
    }
    default:
      return { verdict: 'wrong output', why: 'exit code 0, and printed something else' }
  }
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/**
 * Shells pass a signal on as 128 and its number. SIGINT, SIGPIPE and SIGTERM are left out: programs
 * exit so of their own will.
 */
const signalByExit: ReadonlyMap<number, string> = new Map([
  [132, 'SIGILL'],
  [133, 'SIGTRAP'],
  [134, 'SIGABRT'],
  [135, 'SIGBUS'],
  [136, 'SIGFPE'],
  [137, 'SIGKILL'],
  [139, 'SIGSEGV'],
])

const signalOf = ({ exit, signal }: Seen): string | undefined =>
  signal ?? (exit === null ? undefined : signalByExit.get(exit))

/** The line in which a runtime says that its memory is used up; a stack may follow it. */
export const memoryLine = ({ stderr }: Pick<Seen, 'stderr'>): string | undefined =>
  /^.*(?:MemoryError|std::bad_alloc|OutOfMemoryError|out of memory).*$/im.exec(stderr)?.[0]

const memoryNote = (seen: Seen): string => (memoryLine(seen) === undefined ? '' : ', out of memory')

/** The last words of a program that nobody caught the error of. */
const uncaughtForms: readonly RegExp[] = [
  /^Node\.js v\d+\.\d+/m,
  /^Traceback \(most recent call last\):/m,
  /^panic: /m,
  /^Exception in thread /m,
  /^thread '.*' panicked at/m,
]

function notesOf(seen: Seen): readonly string[] {
  const notes: string[] = []
  const isUncaught = seen.exit !== 0 && uncaughtForms.some((form) => form.test(seen.stderr))
  if (isUncaught) notes.push('by an exception that nobody caught')
  const hasty = pausesOf(seen.requests).find(({ heeded }) => heeded === false)
  if (hasty) notes.push(`came back after ${seconds(hasty.ms)}, sooner than retry-after said`)
  if (seen.exit === 0 && seen.stderr.trim() !== '') notes.push('something on stderr')
  return notes
}

export const seconds = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
