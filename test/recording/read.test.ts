import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Step } from '../../src/core/timeline.ts'
import {
  chunkLine,
  formatLine,
  headLine,
  type RecordingLine,
  recordedEndings,
  roundMs,
} from '../../src/recording/format.ts'
import { parseRecording } from '../../src/recording/read.ts'

const about: RecordingLine = { recording: 1, by: 'stuntdouble 0.1.0', at: '2026-11-22T10:00:00Z' }
const asked: RecordingLine = {
  request: { method: 'POST', url: 'https://x/v1', headers: [], body: '{}' },
}
const opening = [formatLine(about), formatLine(asked)]
const head = '{"atMs":1,"head":{"status":200,"headers":[]}}'

function mistakesOf(lines: readonly string[]): string[] {
  const parsed = parseRecording(lines, 'r.jsonl')
  if (!('mistakes' in parsed)) return []
  return parsed.mistakes.map(({ line, column, message }) => `${line}:${column} ${message}`)
}

const headers = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 })

test('what is written down is read back: bytes, borders, times, status, headers and ending', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.string({ unit: 'binary' }).map((text) => Uint8Array.from(Buffer.from(text, 'utf8'))),
  )
  const gap = fc.double({ min: 0, max: 1000, noNaN: true })
  const ending = fc.constantFrom(...recordedEndings)
  fc.assert(
    fc.property(headers, fc.array(fc.tuple(gap, chunk)), ending, (names, chunks, end) => {
      let atMs = 0
      const steps: Step[] = [{ atMs, do: 'head', status: 429, headers: names }]
      for (const [gapMs, bytes] of chunks) {
        atMs = roundMs(atMs + gapMs)
        steps.push({ atMs, do: 'write', bytes })
      }
      const lines = steps.map((step) => {
        if (step.do === 'head') return formatLine(headLine(step))
        return step.do === 'write' ? formatLine(chunkLine(step)) : ''
      })
      const parsed = parseRecording([...opening, ...lines, formatLine({ atMs, end })], 'r.jsonl')
      if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
      const { recording } = parsed
      const plain = (step: Step) =>
        step.do === 'write' ? { ...step, bytes: [...step.bytes] } : step
      const last: Step = { atMs, do: end === 'client-left' ? 'hang' : end }
      expect(recording.steps.map(plain)).toEqual([...steps, last].map(plain))
      expect(recording.ending).toBe(end)
      expect(recording.status).toBe(429)
    }),
  )
})

test('no line holds a line break, so that every line is one', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(formatLine(chunkLine({ atMs: 0, do: 'write', bytes }))).not.toMatch(/[\r\n]/)
    }),
  )
})

describe('a mistake says where it is and what would be right', () => {
  const withOpening = (...lines: string[]): string[] => [...opening, ...lines]
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['nothing at all', [], '1:1 no recording: it must begin with'],
    ['another JSON file', ['{"name":"x"}'], '1:1 a line holds one of recording, request'],
    [
      'a later version',
      ['{"recording":2,"by":"x","at":"y"}'],
      '1:2 this program reads recordings of',
    ],
    ['no request', [...opening.slice(0, 1), head], '2:1 the second line must be'],
    ['a key misspelt', withOpening(head, '{"atMs":1,"txet":"a"}'), '4:1 a line holds one of'],
    ['a suggestion for it', withOpening(head, '{"atMs":1,"txt":"a"}'), 'did you mean "text"?'],
    [
      'a key too many',
      withOpening('{"atMs":1,"head":{"status":200,"headers":[]},"x":1}'),
      '3:46 unknown key "x"',
    ],
    ['no time', withOpening('{"head":{"status":200,"headers":[]}}'), '"atMs" must be milliseconds'],
    [
      'time running backwards',
      withOpening(head, '{"atMs":0.5,"text":"a"}'),
      '4:2 "atMs" goes back in time',
    ],
    [
      'a status that is none',
      withOpening('{"atMs":1,"head":{"status":20,"headers":[]}}'),
      '3:19 "status" must',
    ],
    [
      'headers that are none',
      withOpening('{"atMs":1,"head":{"status":200,"headers":{}}}'),
      'list of [name, value]',
    ],
    [
      'bytes that are none',
      withOpening(head, '{"atMs":1,"base64":"a"}'),
      '4:11 "base64" must be base64',
    ],
    ['two heads', withOpening(head, head), '4:11 a second "head"'],
    [
      'a chunk before the head',
      withOpening('{"atMs":1,"text":"a"}'),
      '3:1 a chunk before the "head"',
    ],
    [
      'an ending that is none',
      withOpening(head, '{"atMs":1,"end":"fin"}'),
      '4:11 "end" must be one of end, close',
    ],
    [
      'more after the ending',
      withOpening(head, '{"atMs":1,"end":"end"}', '{"atMs":2,"text":"a"}'),
      '5:1 nothing may',
    ],
    ['no JSON in the middle', withOpening(head, '{"atMs":1,"te', '{"atMs":2,"end":"end"}'), '4:'],
  ]
  for (const [name, lines, expected] of cases) {
    test(name, () => {
      expect(mistakesOf(lines).join('\n')).toContain(expected)
    })
  }
})

test('a recording that was cut off, also within a line, is read as far as it goes, and closes', () => {
  for (const rest of [[], ['{"atMs":9,"tex']]) {
    const parsed = parseRecording([...opening, head, '{"atMs":7,"text":"a"}', ...rest], 'r.jsonl')
    if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
    expect(parsed.recording.ending).toBeUndefined()
    expect(parsed.recording.steps.map((step) => step.do)).toEqual(['head', 'write', 'close'])
    expect(parsed.recording.steps.at(-1)).toEqual({ atMs: 7, do: 'close' })
  }
})
