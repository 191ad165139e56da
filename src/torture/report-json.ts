/** What torture found, for programs. The first keys of a variant are a promise; more may follow. */
import { faultWords } from './fault-words.ts'
import { type Report, summaryOf, type VariantResult } from './report.ts'

/** The beginning of an output says enough, and hundreds of them stay readable. */
const shownCharacters = 8000

export const reportJson = (report: Report): string =>
  `${JSON.stringify({ variants: report.variants.map(variantJson), summary: summaryJson(report) }, undefined, 2)}\n`

function variantJson(result: VariantResult) {
  const { name, fault, seed, verdict, seen, group, expect, allowed, why, notes, shrunk } = result
  return {
    name,
    fault,
    seed,
    verdict,
    requests: seen.requests.length,
    ms: Math.round(seen.ms),
    exit: seen.exit,
    output: seen.stdout.slice(0, shownCharacters),
    signal: seen.signal,
    stopped: seen.stopped !== undefined,
    outputBytes: seen.stdoutBytes,
    stderr: seen.stderr.slice(-shownCharacters),
    group,
    expect,
    allowed,
    shrunk,
    why,
    notes,
    text: faultWords(fault),
    asked: seen.requests.map(({ key: _, toldMs, ...request }) => ({
      ...request,
      atMs: Math.round(request.atMs),
      ms: Math.round(request.ms),
      ...(toldMs === undefined ? {} : { retryAfterMs: toldMs }),
    })),
  }
}

function summaryJson(report: Report) {
  const { variants, failed, verdicts } = summaryOf(report)
  const {
    reply,
    dialect,
    seed,
    known,
    chosen,
    unreached,
    comparedBy,
    limitMs,
    clean,
    interrupted,
  } = report
  return {
    variants,
    failed,
    verdicts,
    known,
    chosen,
    unreached,
    interrupted,
    reply,
    dialect,
    seed,
    limitMs,
    comparedBy,
    ms: Math.round(report.ms),
    clean: {
      requests: clean.requests.length,
      ms: Math.round(clean.ms),
      output: clean.stdout.slice(0, shownCharacters),
    },
    smallest: report.smallest.map(({ result, alike, again }) => ({
      name: result.name,
      verdict: result.verdict,
      alike,
      ...(again === undefined ? {} : { again }),
    })),
  }
}
