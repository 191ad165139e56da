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

/** Who is told so late of what the host took that it may be some of what was read before. */
const toldLateMs = 20

/**
 * Notes when the host gave the machine to others, as far as can be told by looking every 50 ms.
 *
 * @returns a function that ends it, and gives one that says of a moment whether it was ours
 */
export function watchQuiet(now = () => performance.now(), everyMs = 50) {
  const disturbed = []
  let [sinceMs, stolen] = [now(), cpuTicks()?.stolen]
  const look = () => {
    const [nowMs, nowStolen] = [now(), cpuTicks()?.stolen]
    if (nowStolen !== stolen) disturbed.push([sinceMs - toldLateMs, nowMs + toldLateMs])
    sinceMs = nowMs
    stolen = nowStolen
  }
  const timer = setInterval(look, everyMs)
  return () => {
    clearInterval(timer)
    look()
    return (ms) => !disturbed.some(([fromMs, toMs]) => ms >= fromMs && ms <= toMs)
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
