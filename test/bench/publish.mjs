/**
 * Writes the figures of a run of the bench into `docs/performance.md`, between its markers, so that
 * no figure there is ever typed by hand, and draws its chart:
 *
 *   npm run bench && node test/bench/publish.mjs [FIGURES]
 *
 * What the run has not measured is said to be so: figures of two runs never stand side by side.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { chart } from './chart.mjs'
import { verdict } from './goals.mjs'
import { change, number, percent, times, titleOf } from './table.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = resolve(root, 'docs/performance.md')
const drawing = resolve(root, 'docs/performance.svg')

/** Each takes its place between `<!-- from the bench: NAME -->` and `<!-- until here -->`. */
const sections = {
  machine: ({ machine }) => {
    const { at, node, cpu, cores, tookSeconds, loadBefore, loadAfter, stolenPart } = machine
    const stolen = stolenPart === null ? '' : `, ${percent(stolenPart)} taken by its host`
    const load = `load ${number(loadBefore)} before and ${number(loadAfter)} after`
    const day = String(at).slice(0, 10)
    return `Measured on ${day} with Node ${node} on ${cores} × ${cpu} in ${number(tookSeconds)} s; ${load}${stolen}.`
  },
  goals: ({ goals = [] }) =>
    table(
      ['what', 'wanted', 'measured', 'reached'],
      goals.map((goal) => [
        goal.goal,
        goal.wanted,
        goal.shown,
        goal.reached ? 'yes' : `**${verdict(goal)}**`,
      ]),
    ),
  'full-speed': ({ parts }) =>
    table(
      [
        'server',
        'connections',
        'replies/s',
        'frames/s',
        'ours over its',
        'CPU a reply',
        'our CPU over its',
        'load client busy',
        'rounds',
      ],
      rowsOf(parts, 'full-speed').map((row) => [
        titleOf(row.server),
        row.connections,
        row.repliesPerSecond,
        row.framesPerSecond,
        over(row, row.speedRatio),
        micros(row.cpuMicrosPerReply),
        over(row, row.cpuRatio),
        percent(row.clientBusy ?? null),
        row.rounds,
      ]),
    ),
  cold: ({ parts }) =>
    table(
      ['server', 'replies', 'CPU a reply', 'our CPU over its'],
      (parts['full-speed']?.cold ?? []).map((row) => [
        titleOf(row.server),
        row.replies,
        micros(row.cpuMicrosPerReply),
        row.server === 'stuntdouble' ? '' : `${number(row.cpuRatio.median)} ×`,
      ]),
    ),
  ttft: ({ parts }) =>
    table(
      ['server', 'load', 'p50', 'p99', 'p50 over bare net', 'p99 over bare net', 'rounds'],
      rowsOf(parts, 'ttft').map((row) => [
        titleOf(row.server),
        row.load,
        ...[row.p50Ms, row.p99Ms, row.addedP50Ms?.median, row.addedP99Ms?.median].map(millis),
        row.rounds,
      ]),
    ),
  paced: ({ parts }) =>
    table(
      [
        'server',
        'streams',
        'lag seen by the client: p50, p99, max',
        'of first frames: p99',
        'seen by the server: p50, p99, max',
        "the client's own at most: p99",
        'longer than the script, p99',
        'CPU a frame',
        'our CPU over its',
        'rounds',
        'errors',
      ],
      rowsOf(parts, 'paced').map((row) => [
        titleOf(row.server),
        row.streams,
        lag(row.clientLagMs),
        millis(row.firstLagMs?.p99),
        lag(row.serverLagMs),
        millis(row.ownLagMs?.p99),
        change(row.lengthOver.p99),
        micros(row.cpuMicrosPerFrame),
        over(row, row.cpuRatio),
        row.rounds,
        row.errors,
      ]),
    ),
  memory: ({ parts }) =>
    table(
      [
        'server',
        'streams in flight',
        'heap a stream',
        'of that its connection',
        'RSS a stream',
        'heap, the first of a process',
      ],
      (parts['paced']?.memory ?? []).map((row) => [
        titleOf(row.server),
        row.streams,
        ...[row.liveBytesPerStream, row.ofThatConnection].map(kilobytes),
        ...[row.rssBytesPerStream, row.firstBytesPerStream].map(kilobytes),
      ]),
    ),
  taping: ({ parts }) =>
    table(
      ['way', 'to a chunk: p50', 'p99', 'added: p50', 'p99', 'rounds'],
      (parts['taping']?.chunks ?? []).map((row) => [
        titleOf(row.way),
        ...[row.p50Micros, row.p99Micros, row.addedP50Micros, row.addedP99Micros].map(micros),
        row.rounds,
      ]),
    ),
  throughput: ({ parts }) =>
    table(
      ['way', 'replies/s', 'MB/s', 'CPU a reply', 'our CPU over its', 'rounds'],
      (parts['taping']?.throughput ?? []).map((row) => [
        titleOf(row.way),
        row.repliesPerSecond,
        row.megabytesPerSecond,
        micros(row.cpuMicrosPerReply),
        row.way === 'stuntdouble' ? '' : ratio(row.cpuRatio),
        row.rounds,
      ]),
    ),
  'start-up': ({ parts }) =>
    table(
      ['server', 'until it listens', 'CPU', 'our time over its', 'rounds'],
      rowsOf(parts, 'start-up').map((row) => [
        titleOf(row.server),
        millis(row.medianMs),
        millis(row.cpuMs),
        over(row, row.ratio),
        row.rounds,
      ]),
    ),
  replay: ({ parts }) =>
    table(
      ['server', 'MB/s', 'peak memory', 'CPU a megabyte', 'rounds'],
      rowsOf(parts, 'replay').map((row) => [
        titleOf(row.server),
        row.megabytesPerSecond,
        `${number(row.peakMegabytes)} MB`,
        millis(row.cpuMsPerMegabyte),
        row.rounds,
      ]),
    ),
  workers: ({ parts }) =>
    table(
      [
        'workers',
        'load client',
        'replies/s',
        'CPU a reply',
        'CPU over one process',
        'over two apart',
        'speed over one',
        'load client busy',
        'rounds',
      ],
      rowsOf(parts, 'workers').map((row) => [
        row.workers,
        row.isAwake ? 'never sleeps' : 'sleeps',
        row.repliesPerSecond,
        micros(row.cpuMicrosPerReply),
        ratio(row.cpuRatio),
        ratio(row.cpuOverApart),
        ratio(row.speedRatio),
        percent(row.clientBusy ?? null),
        row.rounds,
      ]),
    ),
  million: ({ parts }) => million(parts),
}

const streams = 1_000_000
/** The rest is for peaks: a core that is full is late. */
const fullness = 0.6
const coresEach = 16

/** A frame that is later than this comes with the next, as after which the journal calls a stream late. */
const lateMs = 20

/** What a million streams need, from what one was measured to cost; each line follows from those above. */
function million(parts) {
  const rows = rowsOf(parts, 'paced').filter(({ server }) => server === 'stuntdouble')
  // A server that is late joins writes and looks cheaper than one that is in time.
  const row = rows.findLast(({ errors, clientLagMs }) => errors === 0 && clientLagMs.p99 <= lateMs)
  const memory = parts['paced']?.memory?.find(({ server }) => server === 'stuntdouble')
  if (!row || !memory) return notMeasured
  const gapMs = parts['paced'].options.gapMs
  const micro = row.cpuMicrosPerFrame
  const bytes = Math.max(memory.liveBytesPerStream, memory.rssBytesPerStream ?? 0)
  const perSecond = 1000 / gapMs
  const busy = (streams * perSecond * micro) / 1e6
  const cores = busy / fullness
  const machines = Math.ceil(cores / coresEach)
  const each = Math.ceil(streams / machines)
  return [
    table(
      ['step', 'arithmetic', 'result'],
      [
        [
          'frames a second',
          `${number(streams)} streams × 1,000 ms / ${gapMs} ms`,
          number(streams * perSecond),
        ],
        [
          'CPU',
          `× ${number(micro)} µs a frame, measured with ${number(row.streams)} streams in time`,
          `${number(busy)} cores`,
        ],
        ['with room for peaks', `/ ${fullness}`, `${number(Math.ceil(cores))} cores`],
        [`machines of ${coresEach} cores`, `/ ${coresEach}, a worker a core`, `**${machines}**`],
        ['streams on each', `${number(streams)} / ${machines}`, number(each)],
        [
          "streams' memory on each",
          `× ${kilobytes(bytes)} a stream`,
          `${number((each * bytes) / 1e9)} GB`,
        ],
        ['open files on each', 'a socket a stream', number(each)],
      ],
    ),
    '',
    `At a frame every 100 ms, which is nearer to what people read, it is ${gapMs} / 100 of the CPU: ${Math.ceil((machines * gapMs) / 100)} machines.`,
  ].join('\n')
}

const notMeasured = 'Not measured in this run.'

const rowsOf = (parts, name) => parts[name]?.rows ?? []
const unit = (value, name) => (Number.isFinite(value ?? null) ? `${number(value)} ${name}` : '–')
const micros = (value) => unit(value?.median ?? value, 'µs')
const millis = (value) => unit(value, 'ms')
const lag = (value) =>
  value ? ['p50', 'p99', 'max'].map((key) => millis(value[key])).join(', ') : '–'
const kilobytes = (value) => unit(value / 1000, 'kB')
const ratio = (value) => (value && value.median !== null ? times(value) : '–')
const over = ({ server }, value) => (server === 'stuntdouble' ? '' : ratio(value))

function table(columns, rows) {
  if (rows.length === 0) return notMeasured
  const shown = rows.map((row) =>
    row.map((cell) =>
      (typeof cell === 'number' ? number(cell) : String(cell)).replaceAll('|', '\\|'),
    ),
  )
  const line = (cells) => `| ${cells.join(' | ')} |`
  const marks = columns.map((_, at) => (at === 0 ? '---' : '--:'))
  return [line(columns), line(marks), ...shown.map(line)].join('\n')
}

/** The page with these figures in it. Throws where it has a place for what nobody knows, or lacks one. */
export function published(text, figures) {
  if (figures.format !== 1) throw new Error(`figures of format ${figures.format} are not known`)
  const seen = new Set()
  const filled = text.replace(
    /(<!-- from the bench: (\S+) -->\n).*?(<!-- until here -->)/gs,
    (_, begin, name, end) => {
      if (!(name in sections)) throw new Error(`the page wants "${name}", which no bench measures`)
      seen.add(name)
      return `${begin}${sections[name](figures)}\n${end}`
    },
  )
  const missing = Object.keys(sections).filter((name) => !seen.has(name))
  if (missing.length > 0) throw new Error(`the page has no place for ${missing.join(', ')}`)
  return filled
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? resolve(root, 'bench/figures.json')
  const figures = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(page, published(readFileSync(page, 'utf8'), figures))
  writeFileSync(drawing, chart(figures))
}
