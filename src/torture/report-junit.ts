/** What torture found as JUnit XML, as build servers read it: a suite for each group. */
import { faultWords } from './fault-words.ts'
import { groupsOf, type Report, summaryOf, type VariantResult } from './report.ts'
import { clientLines } from './report-text.ts'

export function reportJunit(report: Report): string {
  const { variants, failed } = summaryOf(report)
  const suites = groupsOf(report.variants).map(({ group, variants: members }) =>
    suite(group, members),
  )
  const counts = attributes({
    name: `stuntdouble torture: ${report.reply}`,
    tests: variants,
    failures: failed,
    errors: 0,
    time: inSeconds(report.ms),
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${counts}>\n${suites.join('')}</testsuites>\n`
}

function suite(group: string, members: readonly VariantResult[]): string {
  const counts = attributes({
    name: group,
    tests: members.length,
    failures: members.filter(({ allowed }) => !allowed).length,
    errors: 0,
    skipped: 0,
    time: inSeconds(members.reduce((sum, { seen }) => sum + seen.ms, 0)),
  })
  return `  <testsuite${counts}>\n${members.map(testcase).join('')}  </testsuite>\n`
}

function testcase(result: VariantResult): string {
  const { name, group, verdict, why, allowed, seen } = result
  const about = attributes({ name, classname: `torture.${group}`, time: inSeconds(seen.ms) })
  if (allowed) return `    <testcase${about}/>\n`
  const failure = attributes({ message: `${verdict}: ${why}`, type: verdict })
  const text = [`fault: ${faultWords(result.fault)}`, `seed: ${result.seed}`, ...clientLines(seen)]
  return `    <testcase${about}>\n      <failure${failure}>${escaped(text.join('\n'))}</failure>\n    </testcase>\n`
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(3)

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('')

/** XML 1.0 has no form at all for most control characters, nor for half a character. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
