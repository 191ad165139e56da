/**
 * `npm run bench`: stuntdouble beside its nearest peer and beside what the machine can do at all, in
 * one run, since a figure means little without the others of the same minute. Loopback only.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { chart } from './chart.mjs'
import { shareServers, startClient, stopAll, stopClient } from './children.mjs'
import { goalsTable, judge } from './goals.mjs'
import { watchMachine, watchStolen } from './machine.mjs'
import { parts } from './sizes.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))

const help = `npm run bench -- [options]

Measures stuntdouble, its nearest peer and floors written for this in turn, on loopback only, in some
three minutes. Let nothing else run meanwhile.

  --parts a,b   only these of ${Object.keys(parts).join(', ')};
                ${optional()} is measured only when named
  --rounds N    how often each is measured, in turn; medians are reported
  --dist DIR    another build than dist/, to compare two of them
  --json FILE   where the figures go; bench/figures.json unless said otherwise
  --svg FILE    where the chart goes; bench/chart.svg unless said otherwise
  --smoke       tiny sizes, to see that the bench itself works; the figures mean nothing
  --help        this text
`

function optional() {
  return Object.keys(parts).filter((name) => parts[name].isOptional)
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      parts: { type: 'string' },
      rounds: { type: 'string' },
      dist: { type: 'string', default: resolve(root, 'dist') },
      json: { type: 'string', default: resolve(root, 'bench/figures.json') },
      svg: { type: 'string', default: resolve(root, 'bench/chart.svg') },
      smoke: { type: 'boolean', default: false },
    },
  })
  const usual = Object.keys(parts).filter((name) =>
    values.smoke ? parts[name].tiny : !parts[name].isOptional,
  )
  const asked = values.parts?.split(',') ?? usual
  const unknown = asked.find((name) => !(name in parts))
  if (unknown !== undefined) {
    throw new Error(`--parts knows no "${unknown}"; there are ${Object.keys(parts).join(', ')}`)
  }
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds takes a whole number from 1, not "${values.rounds}"`)
  }
  const dist = resolve(values.dist)
  if (!existsSync(resolve(dist, 'cli/main.js'))) {
    throw new Error(`${dist} has no cli/main.js; \`npm run bundle\` makes dist/`)
  }
  return { ...values, asked, rounds, dist }
}

/** What a part is given: its sizes, with as many rounds as were asked for. */
function optionsOf({ sizes, tiny }, { smoke, rounds, dist }) {
  const chosen = smoke ? (tiny ?? sizes) : sizes
  const again = rounds === undefined ? {} : { rounds }
  const waves = chosen.waves?.map((wave) => ({ ...wave, ...again }))
  return { ...chosen, ...again, ...(waves ? { waves } : {}), dist }
}

/** Whether the part that comes next takes over the servers of this one. */
const leaves = (name, { asked, smoke }) =>
  !smoke &&
  parts[name].leavesTo !== undefined &&
  asked[asked.indexOf(name) + 1] === parts[name].leavesTo

async function main() {
  const given = readArguments()
  const machine = watchMachine()
  const { node, cpu, cores, loadBefore } = machine.before
  console.log(`Node ${node}, ${cores} × ${cpu}, load before ${loadBefore.toFixed(1)}\n`)
  const measured = {}
  const measureOne = async (name) => {
    const options = { ...optionsOf(parts[name], given), leaves: leaves(name, given) }
    measured[name] = await measure(name, options)
  }
  // Parts would disturb each other's figures; where those mean nothing, it saves time.
  if (given.smoke) shareServers()
  if (given.smoke) await Promise.all(given.asked.map(measureOne))
  else
    for (const name of given.asked) {
      const missing = await parts[name].missing?.(given.dist)
      if (missing) console.log(`${name}: ${missing}\n`)
      else await measureOne(name)
    }
  const goals = judge(measured)
  const report = { format: 1, machine: machine.finish(), goals, parts: measured }
  if (goals.length > 0 && !given.smoke) console.log(goalsTable(goals))
  console.log(closing(report.machine))
  await save(given.json, `${JSON.stringify(report, null, 2)}\n`)
  await save(given.svg, chart(report))
  if (rowsOf(measured).some(({ errors }) => errors > 0)) process.exitCode = 1
}

async function measure(name, options) {
  const { run, print } = parts[name]
  const client = startClient()
  const startedMs = performance.now()
  const stolenPart = watchStolen()
  const figures = await run(client, options)
  await stopClient(client)
  const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
  console.log(print(figures, options))
  for (const { server, way, workers, reasons } of rowsOf({ figures })) {
    for (const reason of reasons) console.log(`  ${server ?? way ?? workers}: ${reason}`)
  }
  return { options, tookSeconds, stolenPart: stolenPart(), ...figures }
}

/** Every row that says whether there were errors. */
function rowsOf(measured) {
  const lists = Object.values(measured).flatMap((part) => Object.values(part))
  return lists.filter(Array.isArray).flatMap((rows) => rows.filter(({ reasons }) => reasons))
}

function closing({ tookSeconds, loadAfter, stolenPart }) {
  const stolen =
    stolenPart === null ? '' : `; the host gave ${Math.round(stolenPart * 100)} % of it to others`
  return `${tookSeconds} s, load after ${loadAfter.toFixed(1)}${stolen}`
}

async function save(file, text) {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  console.log(file)
}

try {
  if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
    console.log(help)
  } else await main()
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await stopAll()
}
