/**
 * What torture found, as one page that needs nothing else: no script, no font and no picture from
 * anywhere. What is shown of a client is text and is never taken for markup.
 */
import { looseText } from '../core/bytes.ts'
import { faultWords } from './fault-words.ts'
import { failuresOf, groupsOf, type Report, summaryOf, type VariantResult } from './report.ts'
import { escaped } from './report-junit.ts'
import { pageStyle } from './report-style.ts'
import { type Lane, timelineSvg } from './report-svg.ts'
import { clientLines, ranWords } from './report-text.ts'
import { seconds, type Verdict, verdicts } from './verdict.ts'

/** More are in the JSON; a page of thousands of pictures would help nobody. */
const shownFailures = 200

/** @param repeat the command that runs one variant again */
export function reportHtml(report: Report, repeat: (name: string) => string): string {
  const failures = failuresOf(report)
  const smallest = new Set(report.smallest.map(({ result }) => result.name))
  const ordered = [
    ...report.smallest.map(({ result }) => result),
    ...failures.filter(({ name }) => !smallest.has(name)),
  ]
  const shown = ordered.slice(0, shownFailures)
  const more = ordered.length - shown.length
  return page(`torture: ${report.reply}`, [
    header(report),
    table(report),
    failures.length === 0 ? '' : '<h2>Failures, the smallest of each kind first</h2>',
    ...shown.map((result) => failure(result, repeat, smallest.has(result.name))),
    more > 0 ? `<p class="quiet">and ${more} more, which the JSON report has.</p>` : '',
    '<h2>All variants</h2>',
    list(report.variants),
  ])
}

const page = (title: string, parts: readonly string[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${pageStyle}</style>
<main>
${parts.filter((part) => part !== '').join('\n')}
</main>
</html>
`

function header(report: Report): string {
  const { failed } = summaryOf(report)
  const state = failed === 0 ? 'good' : 'bad'
  const result = failed === 0 ? 'none failed' : `${failed} failed`
  const facts = [
    `${report.dialect}, seed ${report.seed}`,
    `${ranWords(report)} in ${seconds(report.ms)}`,
    `a client may take ${seconds(report.limitMs)}`,
    `clean run: ${seconds(report.clean.ms)}, ${report.clean.requests.length} request(s)`,
    ...(report.comparedBy === 'all' ? [] : [`output compared: ${report.comparedBy}`]),
    ...(report.interrupted ? ['stopped before all were run'] : []),
    ...(report.unreached.length > 0 ? [`nothing was run of: ${report.unreached.join(', ')}`] : []),
  ]
  return `<h1>${escaped(report.reply)} <span class="${state}">${result}</span></h1>
<p class="quiet">${facts.map(escaped).join(' · ')}</p>`
}

function table({ variants }: Report): string {
  const head = verdicts.map((verdict) => `<th>${verdict}</th>`).join('')
  const rows = groupsOf(variants).map(({ group, variants: members }) => {
    const cells = verdicts.map((verdict) => cell(verdict, members)).join('')
    return `<tr><th scope="row">${escaped(group)}</th>${cells}</tr>`
  })
  return `<table><thead><tr><th>group</th>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function cell(verdict: Verdict, members: readonly VariantResult[]): string {
  const same = members.filter((one) => one.verdict === verdict)
  if (same.length === 0) return '<td class="none">·</td>'
  const state = same.every(({ allowed }) => allowed) ? 'good' : 'bad'
  return `<td class="${state}">${same.length}</td>`
}

function failure(result: VariantResult, repeat: (name: string) => string, isOpen: boolean): string {
  const { name, verdict, why, notes, fault, seen, timeline } = result
  return `<details${isOpen ? ' open' : ''}>
<summary><span class="bad">${verdict}</span> <b>${escaped(name)}</b> <span class="quiet">${escaped([why, ...notes].join('; '))}</span></summary>
<p>fault <code>${escaped(faultWords(fault))}</code></p>
${timelineSvg(lanesOf(result), Math.max(seen.ms, timeline.at(-1)?.atMs ?? 0))}
<pre>${escaped(clientLines(seen).join('\n'))}</pre>
<p>repeat <code>${escaped(repeat(name))}</code></p>
</details>`
}

/** What the server did for each request, and what the client did, on one scale. */
function lanesOf({ seen, timeline }: VariantResult): readonly Lane[] {
  const requests = seen.requests.slice(0, 12)
  const server = requests.map(
    (request, at): Lane => ({
      label: at === 0 ? 'server' : '',
      spans: [{ fromMs: request.atMs, toMs: request.atMs + request.ms, kind: 'answer' }],
      marks: timeline
        .filter(({ atMs }) => atMs <= request.ms + 1)
        .map((step) => ({
          atMs: request.atMs + step.atMs,
          kind: step.do,
          title: step.do === 'write' ? looseText(step.bytes).slice(0, 200) : step.do,
        })),
    }),
  )
  const client: Lane = {
    label: 'client',
    spans: [{ fromMs: 0, toMs: seen.ms, kind: 'client' }],
    marks: [
      ...requests.map(({ atMs, method, path }) => ({
        atMs,
        kind: 'request',
        title: `${method} ${path}`,
      })),
      {
        atMs: seen.ms,
        kind: seen.stopped ? 'stopped' : 'over',
        title: `after ${seconds(seen.ms)}`,
      },
    ],
  }
  return [...server, client]
}

function list(variants: readonly VariantResult[]): string {
  const rows = variants.map(({ name, verdict, allowed, seen, fault }) => {
    const state = allowed ? 'good' : 'bad'
    const figures = `<td>${seen.requests.length}</td><td>${seconds(seen.ms)}</td><td>${seen.exit ?? seen.signal}</td>`
    return `<tr><td>${escaped(name)}</td><td class="${state}">${verdict}</td>${figures}<td><code>${escaped(faultWords(fault))}</code></td></tr>`
  })
  const head = ['variant', 'verdict', 'requests', 'time', 'exit', 'fault']
  return `<table class="all"><thead><tr>${head.map((one) => `<th>${one}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}
