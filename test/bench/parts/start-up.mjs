/** From the command to its first line on stdout, which is when a test can begin. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstLine, startCommand } from '../commands.mjs'
import { errorsOf, median, ratio, rounded } from '../figures.mjs'
import { cpuMicrosOf } from '../processes.mjs'
import { text } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { table, times } from '../table.mjs'

export async function startUp(_client, { dist, rounds, warmUps, servers }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const all = [
    { name: 'stuntdouble', command: [`${dist}/cli/main.js`, 'serve', '--port', '0'] },
    { name: 'aimock', command: await aimockCommand(folder) },
    { name: 'bare node', command: ['-e', 'console.log("ready"); setTimeout(() => {}, 1000)'] },
  ]
  const commands = all.filter(({ name }) => servers?.includes(name) ?? true)
  try {
    // Rounds that fill the file cache, and count for nothing.
    await inTurn(commands, { rounds: warmUps }, untilFirstLine)
    const seen = await inTurn(commands, { rounds }, untilFirstLine)
    return { rows: commands.map(({ name }) => figures(name, seen)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function aimockCommand(folder) {
  const entry = import.meta.resolve('@copilotkit/aimock')
  const fixtures = join(folder, 'fixtures.json')
  const config = join(folder, 'aimock.json')
  const fixture = { match: { userMessage: 'Count' }, response: { content: text } }
  await writeFile(fixtures, JSON.stringify({ fixtures: [fixture] }))
  await writeFile(config, JSON.stringify({ llm: { fixtures } }))
  return [fileURLToPath(new URL('./aimock-cli.js', entry)), '--config', config, '--port', '0']
}

async function untilFirstLine({ command }) {
  const startedMs = performance.now()
  const child = startCommand(command)
  const closed = new Promise((resolve) => child.once('close', resolve))
  const { atMs, problem } = await firstLine(child)
  const cpuMicros = cpuMicrosOf(child.pid)
  child.kill('SIGKILL')
  await closed
  const reasons = problem ? [problem] : []
  return { tookMs: atMs - startedMs, cpuMicros, errors: reasons.length, reasons }
}

const tookMs = (round) => round.tookMs

function figures(server, seen) {
  const rounds = seen.get(server)
  return {
    server,
    medianMs: rounded(median(rounds.map(tookMs))),
    cpuMs: rounded(median(rounds.map(({ cpuMicros }) => cpuMicros / 1000))),
    ratio: ratio(seen.get('stuntdouble').map(tookMs), rounds.map(tookMs)),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function startUpTable({ rows }) {
  return table(
    'Start-up: from the command to its first line',
    ['command', 'ms', 'ms CPU', 'ours takes', 'errors'],
    rows.map((row) => [
      row.server,
      row.medianMs,
      row.cpuMs,
      row.server === 'stuntdouble' ? '' : times(row.ratio),
      row.errors,
    ]),
  )
}
