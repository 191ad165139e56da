/** From the command to its first line on stdout, which is when a test can begin. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { median, ratio, rounded } from '../figures.mjs'
import { text } from '../reply.mjs'
import { table, times } from '../table.mjs'

const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
const limitMs = 20_000

export async function startUp(_client, { rounds, warmUps }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const commands = {
    stuntdouble: [cli, 'serve', '--port', '0'],
    aimock: await aimockCommand(folder),
    'bare node': ['-e', 'console.log("ready")'],
  }
  const tookMs = Object.fromEntries(Object.keys(commands).map((name) => [name, []]))
  const reasons = []
  try {
    // A first round, which fills the file cache, counts for nothing.
    for (let round = -warmUps; round < rounds; round += 1) {
      for (const [name, command] of Object.entries(commands)) {
        const { ms, problem } = await untilFirstLine(command)
        if (problem) reasons.push(`${name}: ${problem}`)
        else if (round >= 0) tookMs[name].push(ms)
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return {
    servers: Object.entries(tookMs).map(([server, each]) => ({
      server,
      medianMs: rounded(median(each)),
      oursOverIt: ratio(tookMs['stuntdouble'], each),
    })),
    errors: reasons.length,
    reasons,
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

function untilFirstLine(command) {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    let result
    let stderr = ''
    const finish = (found) => {
      result ??= found
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => finish({ problem: 'no line in time' }), limitMs)
    child.stdout.once('data', () => finish({ ms: performance.now() - startedMs }))
    child.stderr.on('data', (data) => {
      stderr += data
    })
    child.on('close', () => {
      clearTimeout(timer)
      resolve(result ?? { problem: `ended without a line: ${stderr}` })
    })
  })
}

export function startUpTable({ servers, errors }) {
  return table(
    'Start-up: from the command to its first line',
    ['command', 'ms', 'stuntdouble is', 'errors'],
    servers.map(({ server, medianMs, oursOverIt }) => [
      server,
      medianMs,
      server === 'stuntdouble' ? '' : times(oursOverIt),
      errors,
    ]),
  )
}
