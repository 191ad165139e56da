/** Recordings as a tape would have them, drawn or made by hand, without a file. */
import fc from 'fast-check'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Step } from '../../../src/core/timeline.ts'
import type { Exporter, ExportOptions } from '../../../src/recording/export/exporter.ts'
import {
  chunkLine,
  formatLine,
  headLine,
  type RecordedEnding,
  type RecordedRequest,
  type Recording,
} from '../../../src/recording/format.ts'
import { parseRecording } from '../../../src/recording/read.ts'

export interface Taping {
  readonly request?: Partial<RecordedRequest>
  readonly dialect?: string
  readonly note?: string
  readonly lost?: readonly ('chunks' | 'times')[]
  readonly status?: number
  readonly headers?: readonly (readonly [string, string])[]
  readonly headMs?: number
  readonly chunks: readonly (readonly [atMs: number, bytes: Uint8Array | string])[]
  /** Undefined where the file was cut off. */
  readonly ending?: RecordedEnding | undefined
  readonly endMs?: number
}

export const post: RecordedRequest = {
  method: 'POST',
  url: 'https://api.example.com/v1/chat/completions',
  headers: [['content-type', 'application/json']],
  body: '{"model":"m","stream":true,"messages":[{"role":"user","content":"hello"}]}',
}

export function taped(taping: Taping, file = 'tape.jsonl'): Recording {
  const { dialect, note, lost, status = 200, headers = [], headMs = 0, chunks } = taping
  const endMs = taping.endMs ?? chunks.at(-1)?.[0] ?? headMs
  const lines = [
    formatLine({
      recording: 1,
      by: 'a test',
      at: '2026-11-22T10:00:00.000Z',
      ...(dialect === undefined ? {} : { dialect }),
      ...(note === undefined ? {} : { note }),
      ...(lost === undefined ? {} : { lost }),
    }),
    formatLine({ request: { ...post, ...taping.request } }),
    formatLine(headLine({ atMs: headMs, do: 'head', status, headers })),
    ...chunks.map(([atMs, bytes]) =>
      formatLine(chunkLine({ atMs, do: 'write', bytes: Buffer.from(bytes) })),
    ),
    ...(taping.ending === undefined ? [] : [formatLine({ atMs: endMs, end: taping.ending })]),
  ]
  return parsed(lines, file)
}

/** A service that was never reached. */
export const unreached = (reason: string): Recording =>
  parsed(
    [
      formatLine({ recording: 1, by: 'a test', at: '2026-11-22T10:00:00.000Z' }),
      formatLine({ request: post }),
      formatLine({ atMs: 7, failed: reason }),
    ],
    'failed.jsonl',
  )

function parsed(lines: readonly string[], file: string): Recording {
  const read = parseRecording(lines, file)
  if ('mistakes' in read) throw new Error(read.mistakes.map(({ message }) => message).join())
  return read.recording
}

export const bodyOf = (steps: Iterable<Step>): Buffer =>
  Buffer.concat([...steps].flatMap((step) => (step.do === 'write' ? [step.bytes] : [])))

export interface Written {
  readonly text: string
  readonly lost: readonly string[]
  readonly leftOut: readonly string[]
  readonly told: readonly string[]
}

export function written(
  exporter: Exporter,
  recordings: readonly Recording[],
  given: { dialects?: readonly Dialect[] } & Partial<Pick<ExportOptions, 'timing'>> = {},
): Written {
  const { dialects = [], timing = 'steps' } = given
  const lost = new Set<string>()
  const leftOut: string[] = []
  const told = new Set<string>()
  const exported = recordings.map((recording) => ({
    recording,
    dialect: dialects.find(({ name }) => name === recording.dialect),
  }))
  const pieces = exporter.write(exported, {
    timing,
    dialects,
    lose: (what) => lost.add(what),
    leaveOut: (file, why) => leftOut.push(`${file}: ${why}`),
    tell: (word) => told.add(word),
  })
  return { text: [...pieces].join(''), lost: [...lost], leftOut, told: [...told] }
}

const difficult = fc.constantFrom(
  'data: {"a":"b"}\n\n',
  '\r\n',
  '\n  indented\n',
  '\u0085\u2028\u2029\ufeff\u007f\0\t',
  '日本🙂',
  '"\\\'#: - ',
)

const chunk: fc.Arbitrary<Uint8Array> = fc.oneof(
  difficult.map((text) => Buffer.from(text)),
  fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 12 }),
)

const gapMs = fc.integer({ min: 0, max: 90_000 }).map((us) => us / 1000)

/** Any exchange that was answered, text or not, in whatever pieces and however it ended. */
export const anyTaping: fc.Arbitrary<Taping> = fc
  .record({
    url: fc.constantFrom('https://h.example/a?x=1&y=%20b&x=2', 'http://h.example', post.url),
    body: fc.oneof(fc.constant(undefined), difficult, fc.string({ unit: 'grapheme' })),
    status: fc.constantFrom(200, 204, 404, 429, 500, 999),
    type: fc.constantFrom('text/event-stream', 'application/json; charset=utf-8', ''),
    parts: fc.array(fc.tuple(gapMs, chunk), { maxLength: 6 }),
    ending: fc.constantFrom('end', 'close', 'reset', 'client-left', undefined),
    headMs: gapMs,
  })
  .map(({ url, body, status, type, parts, ending, headMs }): Taping => {
    // A tape has three decimals, and sums of them are not exact.
    const later = (ms: number): number => Math.round((atMs + ms) * 1000) / 1000
    let atMs = headMs
    const chunks = parts.map(([gap, bytes]): [number, Uint8Array] => {
      atMs = later(gap)
      return [atMs, bytes]
    })
    const headers: [string, string][] = [
      ...(type === '' ? [] : [['content-type', type] as [string, string]]),
      ['x-ratelimit-a', '1'],
      ['x-ratelimit-a', 'no'],
    ]
    return { request: { url, body }, status, headers, headMs, chunks, ending, endMs: later(1) }
  })
