/** The figures as bars, in an SVG that stands by itself and is readable on light and on dark. Pure. */
import { number, titleOf } from './table.mjs'

const panelWidth = 440
const columnGap = 40
const margin = 24
const barHeight = 18
const barPitch = 26
const labelWidth = 178
const valueWidth = 64
const titleHeight = 46
const panelGap = 26
const top = 74

/** Each gives bars of `[server, value]`, and where the goal is, if there is one. */
const panels = [
  {
    title: 'Replies a second, 32 connections',
    note: '67 frames each, no delays; more is better',
    find: (parts) => bars(rowsOf(parts, 'full-speed', { connections: 32 }), 'repliesPerSecond'),
  },
  {
    title: 'CPU a reply in µs, 32 connections',
    note: 'all processes of the server; less is better',
    find: (parts) => bars(rowsOf(parts, 'full-speed', { connections: 32 }), 'cpuMicrosPerReply'),
  },
  {
    title: 'CPU a frame in µs, 2,000 streams',
    note: 'one frame every 20 ms; less is better',
    find: (parts) => bars(rowsOf(parts, 'paced', { streams: 2000 }), 'cpuMicrosPerFrame'),
  },
  {
    title: 'Lag of a frame in ms, p99, 500 streams',
    note: 'read by the client, against the schedule; less is better',
    find: (parts) =>
      rowsOf(parts, 'paced', { streams: 500 }).map(({ server, clientLagMs }) => [
        server,
        clientLagMs.p99,
      ]),
  },
  {
    title: 'Memory a stream in flight, in kB',
    note: 'live bytes after a forced collection; the line is the goal',
    goal: 10,
    find: (parts) =>
      (parts['paced']?.memory ?? []).map(({ server, liveBytesPerStream }) => [
        server,
        liveBytesPerStream / 1000,
      ]),
  },
  {
    title: 'Added to a chunk by taping, in ms, p99',
    note: 'over the same without a proxy; the line is the goal',
    goal: 1,
    find: (parts) =>
      (parts['taping']?.chunks ?? [])
        .filter(({ way }) => way !== 'direct')
        .map(({ way, addedP99Micros }) => [way, addedP99Micros.median / 1000]),
  },
  {
    title: 'Start-up in ms',
    note: 'from the command to its first line; less is better',
    find: (parts) => bars(rowsOf(parts, 'start-up'), 'medianMs'),
  },
  {
    title: 'Replay of a large recording, in MB/s',
    note: 'one stream, no delays; more is better',
    find: (parts) => bars(rowsOf(parts, 'replay'), 'megabytesPerSecond'),
  },
]

const rowsOf = (parts, part, where = {}) =>
  (parts[part]?.rows ?? []).filter((row) =>
    Object.entries(where).every(([key, value]) => row[key] === value),
  )

const bars = (rows, key) => rows.map((row) => [row.server, row[key]])

const style = `
  svg { --paper: #ffffff; --ink: #1f2430; --faint: #667085; --ours: #c2410c; --theirs: #98a2b3; --goal: #15803d; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14171f; --ink: #e6e8ee; --faint: #9aa3b2; --ours: #fb923c; --theirs: #566072; --goal: #4ade80; }
  }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: var(--ink); }
  .value { stroke: var(--paper); stroke-width: 4; paint-order: stroke; }
  .head { font-size: 18px; font-weight: 600; }
  .title { font-size: 13px; font-weight: 600; }
  .faint { fill: var(--faint); }
  .ours { fill: var(--ours); }
  .theirs { fill: var(--theirs); }
  .goal { stroke: var(--goal); stroke-width: 2; stroke-dasharray: 4 3; }`

export function chart({ machine, parts }) {
  const drawn = panels
    .map((panel) => ({ ...panel, rows: panel.find(parts).filter(([, value]) => value !== null) }))
    .filter(({ rows }) => rows.length > 0)
  const bottoms = [top, top]
  const pieces = drawn.map((panel) => {
    const column = bottoms[0] <= bottoms[1] ? 0 : 1
    const y = bottoms[column]
    bottoms[column] += titleHeight + panel.rows.length * barPitch + panelGap
    return panelAt(panel, margin + column * (panelWidth + columnGap), y)
  })
  const width = 2 * (panelWidth + margin) + columnGap
  const height = Math.max(...bottoms)
  const { node, cores, cpu, at } = machine
  const where = `Node ${node}, ${cores} × ${cpu}, ${at.slice(0, 10)}; medians of alternating runs`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="stuntdouble beside its peers">`,
    `<style>${style}\n</style>`,
    `<rect width="${width}" height="${height}" style="fill: var(--paper)"/>`,
    `<text class="head" x="${margin}" y="34">stuntdouble beside its peers</text>`,
    `<text class="faint" x="${margin}" y="54">${escaped(where)}</text>`,
    ...pieces,
    '</svg>\n',
  ].join('\n')
}

function panelAt({ title, note, goal, rows }, x, y) {
  const most = Math.max(goal ?? 0, ...rows.map(([, value]) => value)) || 1
  const scale = (panelWidth - labelWidth - valueWidth) / most
  const lines = rows.map(([server, value], index) => {
    const lineY = y + titleHeight + index * barPitch
    const textY = lineY + barHeight - 5
    const length = Math.max(1, value * scale).toFixed(1)
    const kind = server.startsWith('stuntdouble') ? 'ours' : 'theirs'
    const end = (x + labelWidth + Number(length) + 6).toFixed(1)
    return {
      bar: `<rect class="${kind}" x="${x + labelWidth}" y="${lineY}" width="${length}" height="${barHeight}" rx="2"/>`,
      text: [
        `<text x="${x}" y="${textY}">${escaped(titleOf(server))}</text>`,
        `<text class="value" x="${end}" y="${textY}">${number(value)}</text>`,
      ].join(''),
    }
  })
  return [
    `<text class="title" x="${x}" y="${y + 14}">${escaped(title)}</text>`,
    `<text class="faint" x="${x}" y="${y + 31}">${escaped(note)}</text>`,
    ...lines.map(({ bar }) => bar),
    ...(goal === undefined ? [] : [goalLine(x + labelWidth + goal * scale, y, rows.length)]),
    ...lines.map(({ text }) => text),
  ].join('\n')
}

function goalLine(x, y, rows) {
  const from = y + titleHeight - 4
  const to = from + rows * barPitch
  return `<line class="goal" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${from}" y2="${to}"/>`
}

const escaped = (text) => `${text}`.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
