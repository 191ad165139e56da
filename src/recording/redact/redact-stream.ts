/**
 * The whole way of a body's chunks to the tape: first what is dealt out over frames, then what stands
 * in one place, then checksums. Which of them there are follows from the content type.
 */
import type { Push } from '../../core/push.ts'
import type { WriteStep } from '../../core/timeline.ts'
import { RightChecksums } from './redact-checksums.ts'
import { RedactedChunks } from './redact-chunks.ts'
import { type Joining, RedactedDeltas, RedactedMessages } from './redact-deltas.ts'
import type { Finder } from './redact-finder.ts'

interface StreamOptions {
  /** Its texts are told at once and not dealt out, as those of a request. */
  readonly isWhole?: boolean
}

export function redactedStream(
  finder: Finder,
  contentType: string | undefined,
  { isWhole = false }: StreamOptions = {},
): Push<WriteStep, WriteStep> {
  const chunks = new RedactedChunks(finder)
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/vnd.amazon.eventstream') {
    return new RightChecksums(inOrder(new RedactedMessages(finder), chunks))
  }
  if (isWhole) {
    // Without patterns there is nothing in its texts that is not found in its bytes.
    const isPlain = finder.patterns.isEmpty || /multipart|urlencoded/.test(type)
    return isPlain ? chunks : inOrder(new RedactedDeltas(finder, 'none'), chunks)
  }
  const joining = joiningOf(type)
  return joining ? inOrder(new RedactedDeltas(finder, joining), chunks) : chunks
}

/** Undefined where no texts are to be expected. */
function joiningOf(type: string): Joining | undefined {
  if (/^application\/(?:[\w.+-]+\+)?json$/.test(type)) return 'document'
  if (/^text\/(?:event-stream|plain)$|ndjson|jsonl|json-seq|stream\+json/.test(type))
    return 'frames'
  return type === '' ? 'frames' : undefined
}

const inOrder = (
  first: Push<WriteStep, WriteStep>,
  second: Push<WriteStep, WriteStep>,
): Push<WriteStep, WriteStep> => ({
  push: (step) => {
    const steps = first.push(step)
    const [only] = steps
    // Nearly always; a list of lists would only be made to be thrown away.
    return only && steps.length === 1 ? second.push(only) : steps.flatMap((one) => second.push(one))
  },
  end: () => [...first.end().flatMap((one) => second.push(one)), ...second.end()],
})
