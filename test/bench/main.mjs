/**
 * `npm run bench`: stuntdouble beside its nearest peer and beside what the machine can do at all, in
 * one run, since a figure means little without the others of the same minute. Loopback only.
 *
 *   --json FILE     also write the figures as JSON
 *   --parts a,b     only these: full-speed, paced, taping, start-up, recordings
 *   --rounds N      how often each is measured, alternating; medians are reported
 *   --smoke         tiny sizes, to see that the bench itself works; the figures mean nothing
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { startClient, stopAll } from './children.mjs'
import { watchMachine } from './machine.mjs'
import { fullSpeed, fullSpeedTable } from './parts/full-speed.mjs'
import { paced, pacedTable } from './parts/paced.mjs'
import { recordings, recordingsTable } from './parts/recordings.mjs'
import { startUp, startUpTable } from './parts/start-up.mjs'
import { taping, tapingTable } from './parts/taping.mjs'

const limitMs = 30_000

const parts = {
  'full-speed': {
    run: fullSpeed,
    print: fullSpeedTable,
    sizes: { rounds: 3, warmUpMs: 600, forMs: 600, connections: [1, 32] },
    tiny: { rounds: 1, warmUpMs: 20, forMs: 50, connections: [1, 4] },
  },
  paced: {
    run: paced,
    print: pacedTable,
    sizes: {
      rounds: 2,
      waves: [
        { streams: 500, repeats: 2 },
        { streams: 2000, repeats: 1 },
      ],
      gapMs: 20,
      rampMs: 500,
      limitMs,
    },
    tiny: { rounds: 1, waves: [{ streams: 10, repeats: 1 }], gapMs: 2, rampMs: 20, limitMs },
  },
  taping: {
    run: taping,
    print: tapingTable,
    sizes: { rounds: 3, connections: 16, gapMs: 20, rampMs: 100, limitMs },
    tiny: { rounds: 1, connections: 2, gapMs: 2, rampMs: 10, limitMs },
  },
  'start-up': {
    run: startUp,
    print: startUpTable,
    sizes: { rounds: 5, warmUps: 1 },
    tiny: { rounds: 1, warmUps: 0 },
  },
  recordings: {
    run: recordings,
    print: recordingsTable,
    sizes: { rounds: 3, files: 10_000, megabytes: 1000 },
    tiny: { rounds: 1, files: 120, megabytes: 2 },
  },
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      parts: { type: 'string' },
      rounds: { type: 'string' },
      smoke: { type: 'boolean', default: false },
    },
  })
  const asked = values.parts?.split(',') ?? Object.keys(parts)
  const unknown = asked.find((name) => !(name in parts))
  if (unknown !== undefined) {
    throw new Error(`--parts knows no "${unknown}"; there are ${Object.keys(parts).join(', ')}`)
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds takes a whole number from 1, not "${values.rounds}"`)
  }
  return { asked, rounds, json: values.json, smoke: values.smoke }
}

async function main() {
  const { asked, rounds, json, smoke } = readArguments()
  if (!existsSync(new URL('../../dist/cli/main.js', import.meta.url))) {
    throw new Error('dist/ is missing; `npm run build` makes it')
  }
  const machine = watchMachine()
  const { node, cpu, cores, loadBefore } = machine.before
  console.log(`Node ${node}, ${cores} × ${cpu}, load before ${loadBefore.toFixed(1)}\n`)
  const optionsOf = ({ sizes, tiny }) => ({
    ...(smoke ? tiny : sizes),
    ...(rounds === undefined ? {} : { rounds }),
  })
  const measured = {}
  const measureOne = async (name) => {
    measured[name] = await measure(name, optionsOf(parts[name]))
  }
  // Parts would disturb each other's figures; where those mean nothing, it saves time.
  if (smoke) await Promise.all(asked.map(measureOne))
  else for (const name of asked) await measureOne(name)
  const report = { machine: machine.finish(), parts: measured }
  console.log(closing(report.machine))
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  const rows = Object.values(measured).flatMap(({ figures }) => figures)
  if (rows.some(({ errors }) => errors > 0)) process.exitCode = 1
}

async function measure(name, options) {
  const { run, print } = parts[name]
  const client = startClient()
  const figures = await run(client, options)
  await client.stop()
  console.log(print(figures, options))
  for (const { server, reasons } of [figures].flat()) {
    for (const reason of reasons) console.log(`  ${server ?? name}: ${reason}`)
  }
  return { options, figures }
}

function closing({ tookSeconds, loadAfter, stolenPart }) {
  const stolen =
    stolenPart === null ? '' : `; the host gave ${Math.round(stolenPart * 100)} % of it to others`
  return `${tookSeconds} s, load after ${loadAfter.toFixed(1)}${stolen}`
}

try {
  await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await stopAll()
}
