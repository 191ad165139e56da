/**
 * A plot of a recording as an SVG that needs nothing else: what had arrived by when, and how the
 * gaps are distributed. Light or dark as the reader's system is. Pure.
 */
import { type Bin, fineBuckets, type Plot } from './plot.ts'
import { counted, duration, grouped, shortMs } from './printable.ts'
import type { Summary } from './sample.ts'
import { countMark, ticks, timeMark } from './scale.ts'
import type { Statistics } from './statistics.ts'

/** So many slices of time are drawn: one for each unit of the drawing's width. */
export const svgBins = 860

const size = { width: 960, height: 620 }
const upper = { left: 70, top: 102, width: svgBins, height: 252 }

/** Room above the curve, for the labels of the marks. */
const headroom = 1.14
const lower = { left: 70, top: 450, width: svgBins, height: 110 }

const style = `
.p{--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--back:#fff;--main:#0969da;--warm:#bc4c00;--bad:#cf222e}
@media(prefers-color-scheme:dark){.p{--ink:#f0f6fc;--soft:#9198a1;--line:#3d444d;--back:#0d1117;--main:#4493f8;--warm:#db6d28;--bad:#f85149}}
.p text{font:12px system-ui,sans-serif;fill:var(--soft)}
.p .title{font-size:16px;font-weight:600;fill:var(--ink)}
.p .back{fill:var(--back)}
.p .grid{stroke:var(--line);stroke-width:1}
.p .curve{fill:none;stroke:var(--main);stroke-width:2;stroke-linejoin:round}
.p .under{fill:var(--main);opacity:.12}
.p .chunk{stroke:var(--main);stroke-width:1;opacity:.55}
.p .bar{fill:var(--main);opacity:.75}
.p .mark{stroke:var(--warm);stroke-width:1.5;stroke-dasharray:4 3}
.p .broken{stroke:var(--bad)}
.p .stall{fill:var(--bad);opacity:.14}
.p text.marked{fill:var(--warm);paint-order:stroke;stroke:var(--back);stroke-width:4px}`

export function renderSvg(plot: Plot): string {
  const { width, height } = size
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="plot-title plot-text" class="p">`,
    `<title id="plot-title">${escaped(titleOf(plot))}</title>`,
    `<desc id="plot-text">${escaped(describe(plot))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="back" width="${width}" height="${height}"/>`,
    text(upper.left, 34, titleOf(plot), 'title'),
    text(upper.left, 54, summaryOf(plot)),
    ...arrival(plot),
    ...distribution(plot),
    '</svg>',
    '',
  ].join('\n')
}

/** Text of XML 1.0, which has no form at all for most control characters. */
const escaped = (raw: string): string =>
  raw
    .replaceAll(/[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

type Anchor = 'start' | 'middle' | 'end'

function text(x: number, y: number, content: string, kind = '', anchor: Anchor = 'start'): string {
  const kindOf = kind === '' ? '' : ` class="${kind}"`
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text x="${round(x)}" y="${round(y)}"${kindOf}${anchored}>${escaped(content)}</text>`
}

const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`

const round = (value: number): number => Math.round(value * 10) / 10

const titleOf = ({ file, dialect }: Plot): string =>
  dialect === undefined ? file : `${file} (${dialect})`

const endingWords: Readonly<Record<Statistics['ending'], string>> = {
  end: 'ended cleanly',
  close: 'closed too early',
  reset: 'reset',
  'client-left': 'client left',
  failed: 'never reached',
  'cut-off': 'cut off while taping',
}

function summaryOf({ statistics, timing }: Plot): string {
  const { status, chunks, bytes, tokens, ending } = statistics
  const rate = tokens?.perSecond === undefined ? '' : `, ${shortMs(tokens.perSecond)} tokens/s`
  const ttft = timing.ttftMs === undefined ? '' : `, TTFT ${duration(timing.ttftMs)}`
  return `${status ?? 'no head'}${ttft}${rate}, ${counted(chunks, 'chunk')}, ${grouped(bytes)} bytes, ${endingWords[ending]} after ${duration(timing.durationMs)}`
}

/** The same in words, for those who cannot see it. */
function describe(plot: Plot): string {
  const { gaps, stalls } = plot.timing
  const between = gaps
    ? ` Gaps: median ${shortMs(gaps.p50)} ms, 90 % below ${shortMs(gaps.p90)} ms, longest ${shortMs(gaps.max)} ms.`
    : ''
  const silent = stalls.length > 0 ? ` ${counted(stalls.length, 'stall')}.` : ''
  return `What had arrived by when, and the distribution of the gaps. ${summaryOf(plot)}.${between}${silent}`
}

/** What the curve counts: text where there is any, bytes otherwise. */
function measureOf({ statistics }: Plot): { name: string; of: (bin: Bin) => number } {
  return statistics.characters > 0
    ? { name: 'characters of generated text', of: ({ characters }) => characters }
    : { name: 'bytes of the body', of: ({ bytes }) => bytes }
}

/** The upper part: the curve, the chunks below it, and the marks above. */
function* arrival(plot: Plot): Generator<string> {
  const { left, top, width, height } = upper
  const { name, of } = measureOf(plot)
  const most =
    Math.max(
      1,
      plot.bins.reduce((sum, bin) => sum + of(bin), 0),
    ) * headroom
  const bottom = top + height
  const xOf = (atMs: number): number => left + (atMs / plot.spanMs) * width
  yield text(left, top - 14, `${name}, cumulative`)
  for (const value of ticks(most, 5)) {
    const y = bottom - (value / most) * height
    yield line(left, y, left + width, y, 'grid')
    yield text(left - 8, y + 4, countMark(value), '', 'end')
  }
  for (const { atMs, forMs } of plot.timing.stalls) {
    const x = xOf(atMs)
    yield `<rect class="stall" x="${round(x)}" y="${top}" width="${round(xOf(atMs + forMs) - x)}" height="${height}"/>`
  }
  yield* curve(plot, of, most)
  yield `<path class="chunk" d="${chunkTicks(plot.bins, left, bottom)}"/>`
  yield* timeAxis(plot, xOf, bottom + 12)
  yield* marks(plot, xOf)
}

function* curve({ bins }: Plot, of: (bin: Bin) => number, most: number): Generator<string> {
  const { left, top, height } = upper
  const bottom = top + height
  let path = `M${left} ${bottom}`
  let sum = 0
  for (const [at, bin] of bins.entries()) {
    const more = of(bin)
    if (more === 0) continue
    sum += more
    path += `H${left + at}V${round(bottom - (sum / most) * height)}`
  }
  path += `H${left + bins.length}`
  yield `<path class="under" d="${path}V${bottom}Z"/>`
  yield `<path class="curve" d="${path}"/>`
}

const chunkTicks = (bins: readonly Bin[], left: number, bottom: number): string =>
  bins.map(({ chunks }, at) => (chunks > 0 ? `M${left + at + 0.5} ${bottom + 2}v7` : '')).join('')

function* timeAxis({ spanMs }: Plot, xOf: (atMs: number) => number, y: number): Generator<string> {
  const { left, width } = upper
  for (const atMs of ticks(spanMs, 10)) {
    yield line(xOf(atMs), y, xOf(atMs), y + 5, 'grid')
    yield text(xOf(atMs), y + 19, timeMark(atMs, spanMs), '', 'middle')
  }
  yield text(left + width, y + 37, 'time since the request; a tick above is a chunk', '', 'end')
}

/** Head, first content and ending: a broken line each, and labels that do not meet. */
function* marks(
  { timing, spanMs, statistics }: Plot,
  xOf: (ms: number) => number,
): Generator<string> {
  const { top, height, left, width } = upper
  const first = timing.ttftOf === 'content' ? 'first content' : 'first byte'
  const isBroken = statistics.ending !== 'end'
  const all = [
    { atMs: timing.headMs, name: 'head', kind: 'mark' },
    { atMs: timing.ttftMs, name: first, kind: 'mark' },
    { atMs: spanMs, name: endingWords[statistics.ending], kind: isBroken ? 'mark broken' : 'mark' },
  ]
  const shown = all.flatMap(({ atMs, ...mark }) =>
    atMs === undefined ? [] : [{ ...mark, x: xOf(atMs), label: `${mark.name} ${duration(atMs)}` }],
  )
  let row = 0
  for (const [at, { x, kind, label }] of shown.entries()) {
    const after = (shown[at + 1]?.x ?? left + width) - x
    // To the left where there is no room to the right; below the one before if it is in the way.
    const isLeft = after < labelWidth && x - left > labelWidth
    const before = at === 0 ? Number.POSITIVE_INFINITY : x - (shown[at - 1]?.x ?? 0)
    row = before < labelWidth * (isLeft ? 2 : 1) ? row + 1 : 0
    yield line(x, top, x, top + height, kind)
    yield text(
      x + (isLeft ? -5 : 5),
      top + 14 + row * 15,
      label,
      'marked',
      isLeft ? 'end' : 'start',
    )
  }
}

const labelWidth = 140

/** The lower part: a bar for each range of gaps, on a logarithmic axis. */
function* distribution({ gaps, timing, statistics }: Plot): Generator<string> {
  const { left, top, width, height } = lower
  const of = statistics.deltasAre === 'content' ? 'deltas' : 'frames'
  const buckets = fineBuckets(gaps)
  yield text(left, top - 16, `gaps between ${of}, how many of each length (logarithmic)`)
  yield line(left, top + height, left + width, top + height, 'grid')
  if (buckets.length === 0) {
    yield text(left, top + 24, 'There are no gaps: less than two deltas came.')
    return
  }
  const lowMs = Math.max(0.1, buckets[0]?.fromMs ?? 0.1) / 10 ** 0.1
  const highMs = Math.max(buckets.at(-1)?.toMs ?? 1, lowMs * 10)
  const xOf = (ms: number): number =>
    left + (Math.log(Math.max(ms, lowMs) / lowMs) / Math.log(highMs / lowMs)) * width
  const most = buckets.reduce((left, { count }) => Math.max(left, count), 0)
  for (const count of ticks(most, 3)) {
    yield text(left - 8, top + height - (count / most) * height + 4, countMark(count), '', 'end')
  }
  for (const { fromMs, toMs, count } of buckets) {
    if (count === 0) continue
    const [x, tall] = [xOf(fromMs), (count / most) * height]
    yield `<rect class="bar" x="${round(x)}" y="${round(top + height - tall)}" width="${round(Math.max(1, xOf(toMs) - x - 1))}" height="${round(tall)}"/>`
  }
  yield* gapAxis(lowMs, highMs, xOf)
  yield* quantileMarks(timing.gaps, xOf)
}

function* quantileMarks(gaps: Summary | undefined, xOf: (ms: number) => number): Generator<string> {
  const { left, top, width, height } = lower
  let row = 0
  let lastX = Number.NEGATIVE_INFINITY
  for (const [name, ms] of Object.entries(gaps ?? {}).filter(([key]) => /^p\d/.test(key))) {
    const x = xOf(ms)
    const isLeft = x > left + width - 70
    row = x - lastX < 140 ? row + 1 : 0
    lastX = x
    yield line(x, top - 6, x, top + height, 'mark')
    const label = `${name} ${shortMs(ms)}`
    yield text(x + (isLeft ? -4 : 4), top + 4 + row * 15, label, 'marked', isLeft ? 'end' : 'start')
  }
}

function* gapAxis(lowMs: number, highMs: number, xOf: (ms: number) => number): Generator<string> {
  const { left, top, width, height } = lower
  for (let power = Math.ceil(Math.log10(lowMs)); 10 ** power <= highMs; power++) {
    const ms = 10 ** power
    yield line(xOf(ms), top + height, xOf(ms), top + height + 5, 'grid')
    yield text(xOf(ms), top + height + 19, duration(ms), '', 'middle')
  }
  yield text(left + width, top + height + 37, 'length of a gap', '', 'end')
}
