/** How many whole replies a second, without any delay, and what one costs. */
import { stopServers } from '../children.mjs'
import { errorsOf, medianOf, ratio, rounded } from '../figures.mjs'
import { framesPerReply } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { number, percent, table, times, titleOf } from '../table.mjs'
import { leaveWarm, load, startWarm } from '../warm.mjs'

const all = ['stuntdouble', 'koa', 'aimock', 'node-http', 'bare-net']

/** stuntdouble again, asked each time what it was never asked before. */
const newPrompts = 'stuntdouble-new'

export async function fullSpeed(client, options) {
  const { dist, waves, firstReplies, warmUp, forMs, leaves, servers = all } = options
  const first = []
  const cold = async (server) => {
    const { connections, forMs } = warmUp
    const asked = { connections, forMs, mostReplies: firstReplies }
    first.push({ server: server.name, ...(await load(client, server, asked)) })
  }
  const running = await startWarm(client, servers, { settings: { dist }, warmUp, cold })
  const rows = []
  for (const wave of waves) {
    const { connections } = wave
    const measured = connections === warmUp.connections ? withNewPrompts(running) : running
    const seen = await inTurn(measured, wave, (server) =>
      load(client, server, { connections, forMs, prompts: server.prompts, awake: true }),
    )
    rows.push(...measured.map(({ name }) => figures(name, connections, seen)))
  }
  if (leaves) leaveWarm(running)
  else await stopServers(running)
  return { rows, cold: first.map((one) => coldFigures(one, first[0])) }
}

/** In the same turns as the others; behind the floor that a goal is held against. */
function withNewPrompts([stuntdouble, koa, ...others]) {
  return [stuntdouble, koa, { ...stuntdouble, name: newPrompts, prompts: 'new' }, ...others]
}

function coldFigures({ server, replies, errors, reasons, ...measured }, stuntdouble) {
  const cpuMicrosPerReply = rounded(cpuMicros({ replies, ...measured }))
  const cpuRatio = ratio([cpuMicros(stuntdouble)], [cpuMicros({ replies, ...measured })])
  return { server, replies, cpuMicrosPerReply, cpuRatio, errors, reasons }
}

const cpuMicros = ({ cpuMicros, replies }) => cpuMicros / replies

function figures(server, connections, seen) {
  const rounds = seen.get(server)
  const ours = seen.get('stuntdouble')
  const perSecond = ({ perSecond }) => perSecond
  return {
    server,
    connections,
    repliesPerSecond: medianOf(rounds, perSecond),
    framesPerSecond: medianOf(rounds, (round) => round.perSecond * framesPerReply),
    cpuMicrosPerReply: medianOf(rounds, cpuMicros),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    speedRatio: ratio(ours.map(perSecond), rounds.map(perSecond)),
    cpuRatio: ratio(ours.map(cpuMicros), rounds.map(cpuMicros)),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function fullSpeedTable({ rows, cold }) {
  return `${speedsTable(rows)}\n${coldTable(cold)}`
}

function speedsTable(rows) {
  return table(
    `Full speed: ${framesPerReply} frames a reply, no delays`,
    [
      'server',
      'connections',
      'replies/s',
      'frames/s',
      'ours is',
      'µs CPU/reply',
      'ours takes',
      'client busy',
      'errors',
    ],
    rows.map((row) => [
      titleOf(row.server),
      row.connections,
      row.repliesPerSecond,
      row.framesPerSecond,
      row.server === 'stuntdouble' ? '' : times(row.speedRatio),
      row.cpuMicrosPerReply,
      row.server === 'stuntdouble' ? '' : times(row.cpuRatio),
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}

function coldTable(cold) {
  return table(
    'Cold: the first replies of a process that has not answered anything yet, one sample',
    ['server', 'replies', 'µs CPU/reply', 'ours takes', 'errors'],
    cold.map((row) => [
      titleOf(row.server),
      row.replies,
      row.cpuMicrosPerReply,
      row.server === 'stuntdouble' ? '' : number(row.cpuRatio.median),
      row.errors,
    ]),
  )
}
