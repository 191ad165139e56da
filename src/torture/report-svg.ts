/** What server and client did, as bars and marks on one scale of time. Pure. */
import { escaped } from './report-junit.ts'
import { seconds } from './verdict.ts'

export interface Lane {
  readonly label: string
  readonly spans: readonly { fromMs: number; toMs: number; kind: string }[]
  readonly marks: readonly { atMs: number; kind: string; title: string }[]
}

const width = 1000
const left = 60
const right = 20
const laneHeight = 22
const barHeight = 10

export function timelineSvg(lanes: readonly Lane[], endMs: number): string {
  const scaleMs = Math.max(1, endMs)
  const x = (ms: number): number =>
    round(left + (Math.min(Math.max(0, ms), scaleMs) / scaleMs) * (width - left - right))
  const height = lanes.length * laneHeight + 24
  const drawn = lanes.map((lane, at) => drawLane(lane, at * laneHeight + 4, x))
  return `<svg viewBox="0 0 ${width} ${height}" role="img">${drawn.join('')}${axis(scaleMs, height, x)}</svg>`
}

function drawLane({ label, spans, marks }: Lane, top: number, x: (ms: number) => number): string {
  const bars = spans.map(
    ({ fromMs, toMs, kind }) =>
      `<rect class="${kind}" x="${x(fromMs)}" y="${top}" width="${round(Math.max(1, x(toMs) - x(fromMs)))}" height="${barHeight}" rx="2"/>`,
  )
  const ticks = marks.map(
    ({ atMs, kind, title }) =>
      `<rect class="${kind}" x="${x(atMs)}" y="${top - 2}" width="2" height="${barHeight + 4}"><title>${escaped(title)}</title></rect>`,
  )
  return `<text x="0" y="${top + barHeight - 1}">${escaped(label)}</text>${bars.join('')}${ticks.join('')}`
}

function axis(endMs: number, height: number, x: (ms: number) => number): string {
  return [0, 0.25, 0.5, 0.75, 1]
    .map((part) => {
      const anchor = part === 1 ? ' text-anchor="end"' : ''
      return `<text x="${x(part * endMs)}" y="${height - 6}"${anchor}>${seconds(part * endMs)}</text>`
    })
    .join('')
}

const round = (value: number): number => Math.round(value * 10) / 10
