/** The differences of two recordings as plain JSON for programs. Pure. */
import { wholeText } from '../../core/bytes.ts'
import type { RecordingDiff } from './diff.ts'

export function diffJson(diff: RecordingDiff): object {
  const { body, ...rest } = diff
  return {
    same: diff.differ.length === 0,
    ...rest,
    body: body && {
      byte: body.byte,
      frame: body.frame,
      before: bytesJson(body.before),
      a: bytesJson(body.a),
      b: bytesJson(body.b),
    },
  }
}

const bytesJson = (bytes: Uint8Array): object => {
  const text = wholeText(bytes)
  return text === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { text }
}
