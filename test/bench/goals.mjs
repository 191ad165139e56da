/** What the design promises, held against what was measured beside it in the same run. Pure. */
import { change, number, percent, table } from './table.mjs'

const bytes = (value) => `${number(value / 1000)} kB`
const factor = (value) => `${number(value)} ×`
const millis = (value) => `${number(value / 1000)} ms`

/** Each finds its figure in its part, as `{ median, low, high }`; undefined where it was not measured. */
const goals = [
  {
    goal: 'replies/s at 32 connections, over aimock',
    atLeast: 5,
    show: factor,
    part: 'full-speed',
    find: (part) => rowOf(part, 'aimock', { connections: 32 })?.speedRatio,
  },
  {
    goal: 'replies/s at 32 connections, over Koa with one buffer',
    atLeast: 0.9,
    show: factor,
    part: 'full-speed',
    find: (part) => rowOf(part, 'koa', { connections: 32 })?.speedRatio,
  },
  {
    goal: 'CPU a reply at 32 connections, over Koa with one buffer',
    atMost: 1 / 0.9,
    show: factor,
    part: 'full-speed',
    find: (part) => rowOf(part, 'koa', { connections: 32 })?.cpuRatio,
  },
  {
    goal: 'CPU a frame, 3,000 streams, over bare net',
    atMost: 1.2,
    show: factor,
    part: 'paced',
    find: (part) => rowOf(part, 'bare-net', { streams: 3000 })?.cpuRatio,
  },
  {
    goal: 'length of a stream over its script, p99, 500 streams',
    atMost: 0.01,
    show: change,
    part: 'paced',
    find: (part) => alone(rowOf(part, 'stuntdouble', { streams: 500 })?.lengthOver.p99),
  },
  {
    goal: "the same, 3,000 streams, beyond bare net's",
    atMost: 0,
    show: change,
    part: 'paced',
    find: (part) => rowOf(part, 'bare-net', { streams: 3000 })?.lengthP99Over,
  },
  {
    goal: 'memory a stream in flight',
    atMost: 10_000,
    show: bytes,
    part: 'paced',
    find: ({ memory }) =>
      alone(memory.find(({ server }) => server === 'stuntdouble')?.liveBytesPerStream),
  },
  {
    goal: 'taping: added to a chunk, p99',
    atMost: 1000,
    show: millis,
    part: 'taping',
    find: ({ chunks }) => chunks.find(({ way }) => way === 'stuntdouble')?.addedP99Micros,
  },
  {
    goal: 'start-up, over aimock',
    atMost: 1,
    show: factor,
    part: 'start-up',
    find: (part) => rowOf(part, 'aimock')?.ratio,
  },
  {
    goal: 'CPU a reply with two workers, over one, with a client that sleeps',
    atMost: 1.1,
    show: factor,
    part: 'workers',
    find: ({ rows }) => rows.find(({ workers, isAwake }) => workers === 2 && !isAwake)?.cpuRatio,
  },
]

function rowOf({ rows }, server, where = {}) {
  return rows.find(
    (row) =>
      row.server === server && Object.entries(where).every(([key, value]) => row[key] === value),
  )
}

/** What does not work is fast for nothing. */
const errorsIn = (part) =>
  Object.values(part)
    .filter(Array.isArray)
    .flat()
    .reduce((sum, { errors = 0 }) => sum + errors, 0)

const alone = (value) =>
  value === undefined ? undefined : { median: value, low: value, high: value }

/** Those goals of which this run says something. */
export function judge(parts) {
  return goals.flatMap(({ goal, part, atLeast, atMost, show, find }) => {
    const measuredPart = parts[part]
    const found = measuredPart && find(measuredPart)
    if (!found || found.median === null) return []
    const { median: measured, low, high } = found
    const errors = errorsIn(measuredPart)
    const reached =
      errors === 0 && (atLeast === undefined ? measured <= atMost : measured >= atLeast)
    const wanted = atLeast === undefined ? `at most ${show(atMost)}` : `at least ${show(atLeast)}`
    const better = atLeast === undefined ? 'less' : 'more'
    const shown =
      low === high ? show(measured) : `${show(measured)} (${show(low)} to ${show(high)})`
    const { stolenPart } = measuredPart
    return [{ goal, wanted, better, measured, low, high, shown, reached, stolenPart, errors }]
  })
}

/** From here on, what the host took makes figures worse that nobody measured well enough. */
const disturbedPart = 0.01

/** A goal that was missed while the host gave the machine to others may be reached on a quiet one. */
export function verdict({ reached, stolenPart, errors }) {
  if (reached) return 'reached'
  if (errors > 0) return 'NOT reached: there were errors'
  if (!(stolenPart >= disturbedPart)) return 'NOT reached'
  return `not certain: the host took ${percent(stolenPart)} meanwhile`
}

export function goalsTable(judged) {
  return table(
    'Goals',
    ['what', 'wanted', 'measured', ''],
    judged.map((one) => [one.goal, one.wanted, one.shown, verdict(one)]),
  )
}
