/** What Linux tells of other processes, which a server with workers is made of; elsewhere nothing. */
import { readdirSync, readFileSync } from 'node:fs'

/** The kernel counts a process's time in hundredths of a second, on every Linux there is. */
const microsPerTick = 10_000

/** All that the processes started by `pid`, and by those, have used so far. */
export function cpuMicrosBelow(pid) {
  const processes = allProcesses()
  const within = new Set([pid])
  let ticks = 0
  // A process may have a lower number than its parent, so one look is not enough.
  for (let grown = true; grown; ) {
    grown = false
    for (const one of processes) {
      if (within.has(one.pid) || !within.has(one.parent)) continue
      within.add(one.pid)
      ticks += one.ticks
      grown = true
    }
  }
  return ticks * microsPerTick
}

/** What one process has used so far; 0 where that is not known. */
export function cpuMicrosOf(pid) {
  return (readProcess(pid)?.ticks ?? 0) * microsPerTick
}

/** The most memory that a process ever had, in bytes; 0 where that is not known. */
export function peakBytesOf(pid) {
  const status = read(`/proc/${pid}/status`)
  return Number(/VmHWM:\s+(\d+)/.exec(status ?? '')?.[1] ?? 0) * 1024
}

function allProcesses() {
  let names
  try {
    names = readdirSync('/proc')
  } catch {
    return []
  }
  const numbers = names.filter((name) => /^\d+$/.test(name))
  return numbers.map((name) => readProcess(Number(name))).filter((found) => found !== undefined)
}

function readProcess(pid) {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // The name may hold spaces and brackets; what counts stands behind its last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
