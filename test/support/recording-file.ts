/** Recordings as files, for tests that need many of them, or broken ones. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'stuntdouble-'))

export interface RecordingText {
  readonly question?: string
  readonly chunks?: readonly string[]
  /** The last line; `null` for none. */
  readonly end?: string | null
}

/** The lines of a recording of one question at `/ask`. */
export function recordingLines({
  question = 'q',
  chunks = ['a', 'b'],
  end = '{"atMs":9,"end":"end"}',
}: RecordingText = {}): string[] {
  const body = JSON.stringify({ question })
  const request = { method: 'POST', url: 'http://127.0.0.1/ask', headers: [], body }
  return [
    '{"recording":1,"by":"a test","at":"2026-01-01T00:00:00.000Z"}',
    JSON.stringify({ request }),
    '{"atMs":1,"head":{"status":200,"headers":[["content-type","text/plain"]]}}',
    ...chunks.map((text, i) => JSON.stringify({ atMs: i + 2, text })),
    ...(end === null ? [] : [end]),
  ]
}

/** Writes it, or lines that somebody has changed; gives its path. */
export function writeRecording(
  folder: string,
  name: string,
  given: RecordingText | readonly string[] = {},
): string {
  const file = join(folder, name)
  const lines = isLines(given) ? given : recordingLines(given)
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  return file
}

const isLines = (given: RecordingText | readonly string[]): given is readonly string[] =>
  Array.isArray(given)

/** So many sound ones, named by three digits. */
export function writeRecordings(folder: string, count: number): void {
  for (let i = 0; i < count; i++) {
    writeRecording(folder, `${String(i).padStart(3, '0')}.jsonl`, { question: `q${i}` })
  }
}
