/** A reply far larger than any buffer on its way; read from its file as it is played. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hugeBytes = 30_000_000
const chunkBytes = 100_000

export function hugeReply(bytes = hugeBytes): {
  readonly recording: string
  readonly pacing: 'instant'
} {
  const recording = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'huge.jsonl')
  const chunk = JSON.stringify({ atMs: 1, text: 'x'.repeat(chunkBytes) })
  writeFileSync(
    recording,
    [
      '{"recording":1,"by":"a test","at":"2026-01-01T00:00:00.000Z"}',
      '{"request":{"method":"POST","url":"http://localhost/","headers":[],"body":"{}"}}',
      '{"atMs":1,"head":{"status":200,"headers":[["content-type","text/plain"]]}}',
      ...Array.from({ length: bytes / chunkBytes }, () => chunk),
      '{"atMs":1,"end":"end"}',
    ].join('\n'),
  )
  return { recording, pacing: 'instant' }
}
