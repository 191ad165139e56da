/** Requests for tests of matching, and the same requests as they stand on a tape. */
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import { defaultSettings, type MatchSettings } from '../../src/core/recording-settings.ts'
import type { Recording, RecordingInfo } from '../../src/recording/format.ts'
import { keysOf, likeness, Matching } from '../../src/recording/match/match.ts'
import { parseRecording } from '../../src/recording/read.ts'
import { Transcriber } from '../../src/recording/transcribe.ts'

export const jsonType: Headers = [['content-type', 'application/json']]

export function request(
  body: string | Uint8Array | object,
  url = '/v1/chat',
  headers = jsonType,
): HttpRequest {
  const at = new URL(url, 'http://x')
  const isPlain = typeof body === 'string' || body instanceof Uint8Array
  return {
    ...{ method: 'POST', url, headers, params: {} },
    path: at.pathname,
    query: at.searchParams,
    body: Buffer.from(isPlain ? body : JSON.stringify(body)),
  }
}

/** When requests of these tests are taped, unless they say otherwise. */
export const tapedAtMs = Date.UTC(2026, 10, 22, 10, 0, 0)

/** The request as it would be read back from a tape. */
export function taped(
  asked: HttpRequest,
  more: Partial<RecordingInfo> & { atMs?: number; base?: string } = {},
): Recording {
  const { atMs = tapedAtMs, base = 'https://api.example.com', ...info } = more
  const { opening } = new Transcriber({
    ...{ by: 'test', arrivedMs: atMs, request: asked, url: base + asked.url },
    keep: ['x-tenant'],
  })
  const parsed = parseRecording([...opening, ...answer], 'r.jsonl')
  if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
  return { ...parsed.recording, ...info }
}

const answer = [
  '{"atMs":1,"head":{"status":200,"headers":[]}}',
  '{"atMs":2,"text":"a"}',
  '{"atMs":3,"end":"end"}',
]

export const withMatch = (more: Partial<MatchSettings>): MatchSettings => ({
  ...defaultSettings.match,
  ...more,
})

/** How two requests compare: the first as it was taped. */
export function compared(
  first: HttpRequest | Recording,
  second: HttpRequest,
  {
    settings = defaultSettings.match,
    askedAtMs = tapedAtMs,
  }: { settings?: MatchSettings; askedAtMs?: number } = {},
): 'exact' | 'masked' | 'other' {
  const matching = new Matching({ ...defaultSettings, match: settings })
  const recording = 'timeline' in first ? first : taped(first)
  const asked = matching.asked(second, askedAtMs)
  const [left, right] = [matching.keysOf(recording), keysOf(asked)]
  if (left.exact === right.exact) return 'exact'
  if (left.masked !== right.masked) return 'other'
  return likeness(matching.taped(recording), asked) ? 'masked' : 'other'
}
