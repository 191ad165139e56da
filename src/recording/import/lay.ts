/**
 * An answer in one piece, laid out as steps: borders where its source has them, or else at frames,
 * and times as far as the source tells them. Pure. The steps' bytes, joined, are the body.
 */
import type { Dialect } from '../../core/dialect.ts'
import { type Headers, header } from '../../core/http.ts'
import type { Step } from '../../core/timeline.ts'
import type { LostPart } from '../format.ts'
import { framesOf, framingOf } from './frames.ts'
import type { Answered, Exact } from './imported.ts'

interface Laid {
  readonly steps: readonly Step[]
  readonly lost: readonly LostPart[]
  readonly words: readonly string[]
}

interface Piece {
  readonly bytes: Uint8Array
  /** It has data, so that a source with times has one for it. */
  readonly isTimed: boolean
}

export function lay(answered: Answered, dialect: Dialect | undefined, method: string): Laid {
  const { status, timing, ending = 'end' } = answered
  const { headers, words } = countedHeaders(answered, method)
  const pieces = piecesOf(answered, dialect)
  const timed = pieces.filter(({ isTimed }) => isTimed).length
  const given = timing?.frameMs
  const frameMs = given?.length === timed ? given : undefined
  const endMs = timing?.endMs ?? 0
  // What is one piece is there when all of it is.
  const times = frameMs ?? (pieces.length === 1 ? [endMs] : [])
  const headMs = Math.min(timing?.headMs ?? 0, times[0] ?? Number.POSITIVE_INFINITY)
  const writes = writesOf(pieces, times, headMs)
  const lastMs = writes.at(-1)?.atMs ?? headMs
  const isKnown = frameMs !== undefined || (timing !== undefined && pieces.length <= 1)
  return {
    steps: [
      { atMs: headMs, do: 'head', status, headers },
      ...writes,
      { atMs: Math.max(lastMs, endMs), do: ending },
    ],
    lost: [...lostChunks(answered), ...(isKnown ? [] : (['times'] as const))],
    words:
      given && !frameMs
        ? [...words, `it has ${given.length} times for ${timed} frames: they are left out`]
        : words,
  }
}

/** Just as it was taped. */
export function layExact({ status, headers, body }: Answered, exact: Exact): Laid {
  let to = 0
  const head: Step[] =
    exact.headMs === undefined ? [] : [{ atMs: exact.headMs, do: 'head', status, headers }]
  const writes = exact.chunks.map(([atMs, length]): Step => {
    to += length
    return { atMs, do: 'write', bytes: body.subarray(to - length, to) }
  })
  const { ending = 'close', endMs } = exact
  const over = ending === 'client-left' ? 'hang' : ending
  return { steps: [...head, ...writes, { atMs: endMs, do: over }], lost: exact.lost, words: [] }
}

const lostChunks = ({ chunks, body }: Answered): LostPart[] =>
  chunks || body.length === 0 ? [] : ['chunks']

function writesOf(
  pieces: readonly Piece[],
  times: readonly number[],
  headMs: number,
): (Step & { readonly do: 'write' })[] {
  let atMs = headMs
  let next = 0
  return pieces.map(({ bytes, isTimed }) => {
    if (isTimed || pieces.length === 1) atMs = Math.max(atMs, times[next++] ?? 0)
    return { atMs, do: 'write', bytes }
  })
}

function piecesOf(answered: Answered, dialect: Dialect | undefined): Piece[] {
  const { body, chunks, headers } = answered
  if (chunks) {
    let to = 0
    return chunks.map((length) => {
      to += length
      return { bytes: body.subarray(to - length, to), isTimed: true }
    })
  }
  const framing = framingOf(dialect, header(headers, 'content-type'), body)
  return framesOf(body, framing).map(({ bytes, data }) => ({ bytes, isTimed: data !== undefined }))
}

/** Statuses whose answers have no body by definition (RFC 9110, section 6.4.1). */
const bodiless = new Set([204, 205, 304])

/** A length that is not that of the body would make a client wait, or cut it short. */
function countedHeaders(
  { headers, body, status, ending }: Answered,
  method: string,
): { headers: Headers; words: readonly string[] } {
  const length = header(headers, 'content-length')
  const isOther = method === 'HEAD' || bodiless.has(status) || ending === 'close'
  if (length === undefined || isOther || Number(length) === body.length) {
    return { headers, words: [] }
  }
  return {
    headers: headers.filter(([name]) => name.toLowerCase() !== 'content-length'),
    words: [`content-length says ${length}, the body has ${body.length} bytes: it is left out`],
  }
}
