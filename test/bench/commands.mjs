/** Starts commands and waits for their first line, which is when a test can begin. */
import { spawn } from 'node:child_process'
import process from 'node:process'

const limitMs = 60_000

/** @param command what follows `node` */
export const startCommand = (command) =>
  spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })

/** @returns its first output, or what went wrong, and the moment */
export function firstLine(child) {
  return new Promise((resolve) => {
    let stderr = ''
    const finish = (found) => {
      clearTimeout(timer)
      resolve({ ...found, atMs: performance.now() })
    }
    const timer = setTimeout(() => finish({ problem: 'no line in time' }), limitMs)
    child.stdout.once('data', (data) => finish({ line: `${data}` }))
    child.stderr.on('data', (data) => {
      stderr = (stderr + data).slice(-2000)
    })
    child.once('close', () => finish({ problem: `ended without a line: ${stderr}` }))
  })
}
