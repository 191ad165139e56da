/**
 * How many files and sockets this process may have open at once. Linux tells it in `/proc`; Node has
 * raised it to the hard limit by then. Elsewhere nobody is asked: a report of Node's takes longer
 * than the whole start.
 */
import { readFileSync } from 'node:fs'

/** Undefined where the system does not tell, or sets none. */
export function openFileLimit(): number | undefined {
  try {
    const text = readFileSync('/proc/self/limits', 'latin1')
    const soft = /^Max open files +(\d+)/m.exec(text)?.[1]
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
