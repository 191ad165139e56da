/** What the figures were measured on, and how much of it was really there to measure with. */
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import process from 'node:process'

/** @returns what is known now, and a function for what is known at the end. */
export function watchMachine() {
  const before = {
    at: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadBefore: loadavg()[0],
  }
  const startedMs = performance.now()
  const stolen = watchStolen()
  const finish = () => ({
    ...before,
    loadAfter: loadavg()[0],
    tookSeconds: Math.round((performance.now() - startedMs) / 1000),
    stolenPart: stolen(),
  })
  return { before, finish }
}

/**
 * On a rented machine, the part of the time since now that its host gave to others; null where that is
 * not known, for Linux alone tells.
 */
export function watchStolen() {
  const before = cpuTicks()
  return () => {
    const after = cpuTicks()
    if (!before || !after) return null
    const total = after.total - before.total
    return total > 0 ? (after.stolen - before.stolen) / total : 0
  }
}

function cpuTicks() {
  let line
  try {
    line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]
  } catch {
    return undefined
  }
  // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  return { total: ticks.reduce((sum, one) => sum + one, 0), stolen: ticks[7] ?? 0 }
}
