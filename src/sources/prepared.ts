/**
 * A script whose frames are encoded once, for all replies that differ in their own ids alone: 67
 * frames cost 6 µs instead of 300. What is kept is the body as it stands on an HTTP/1.1 connection,
 * with the places of those ids; a reply is a copy of it, at times that are drawn anew.
 *
 * Must never guess: a script is told twice, as two replies, and what differs between the two has to
 * be what their dialect calls their own, or it is not prepared.
 */
import type { Alike, ReplyContext } from '../core/dialect.ts'
import { chunkEnd, sizeLine } from '../core/http-chunks.ts'
import type { Ending } from '../core/timeline.ts'
import type { Pacer } from '../time/pacing.ts'
import { type OwnBlock, type OwnPlace, ownBlocks, ownPlaces } from './own-places.ts'
import { scriptEvents } from './script-events.ts'
import { framesOf, type Script, telling } from './script-told.ts'

/** What lies between one thing that happens and the next. */
export interface Between {
  /** Told by the script. */
  readonly waitMs: number
  /** How many deltas are waited for. */
  readonly gaps: number
}

interface PreparedChunk extends Between {
  /** Where it begins and ends in the body, its framing included. */
  readonly from: number
  readonly to: number
  /** Of the chunk alone. */
  readonly bytes: number
}

export interface Prepared {
  /** With the strings of the reply that it was told as. */
  readonly body: Buffer
  readonly chunks: readonly PreparedChunk[]
  /** Each kind once, as it stands first. */
  readonly blocks: readonly OwnBlock[]
  /** Where in the body they stand, in ascending order. */
  readonly places: readonly BlockPlace[]
  /** The length that each of the reply's own strings must have, of those that are used. */
  readonly ownLengths: readonly (number | undefined)[]
  readonly ending: Between & { readonly do: Ending }
}

interface BlockPlace {
  readonly at: number
  /** In `blocks`. */
  readonly index: number
}

/** A longer body would keep more memory than it saves time. */
const mostBytes = 256 * 1024

/** Ways of asking that are remembered of one script. */
const mostKinds = 32

type Known = Prepared | 'seen once' | 'never'

/** By the script's steps, so that what is kept goes with the scenario. */
const known = new WeakMap<Script['steps'], Map<string, Known>>()

/** For a reply that is like one that was told before; made at the second that is asked for. */
export function preparedFor(script: Script, alike: Alike): Prepared | undefined {
  const kinds = known.get(script.steps) ?? beginKnowing(script.steps)
  const { dialect, reply } = script
  const key = `${dialect.name} ${reply.request.choices} ${alike.key}`
  let kind = kinds.get(key)
  if (kind === undefined) remember(kinds, key)
  if (kind === 'seen once') {
    kind = prepare(script, alike)
    kinds.set(key, kind)
  }
  if (typeof kind !== 'object') return undefined
  const { ownLengths } = kind
  for (let index = 0; index < ownLengths.length; index++) {
    const length = ownLengths[index]
    if (length !== undefined && alike.own[index]?.length !== length) return undefined
  }
  return kind
}

function beginKnowing(steps: Script['steps']): Map<string, Known> {
  const kinds = new Map<string, Known>()
  known.set(steps, kinds)
  return kinds
}

function remember(kinds: Map<string, Known>, key: string): void {
  kinds.set(key, 'seen once')
  if (kinds.size <= mostKinds) return
  for (const oldest of kinds.keys()) {
    kinds.delete(oldest)
    return
  }
}

function prepare(script: Script, alike: Alike): Prepared | 'never' {
  const other = elsewhere(script.reply)
  const otherAlike = script.dialect.alike?.(other)
  const one = tell(script)
  if (!one || otherAlike?.key !== alike.key) return 'never'
  const told = tell({ ...script, reply: other })
  const own =
    told && ownPlaces({ body: one.body, own: alike.own }, { body: told.body, own: otherAlike.own })
  if (!own) return 'never'
  const ownLengths: (number | undefined)[] = []
  for (const { index, length } of own) ownLengths[index] = length
  return { ...one, ...joined(one, own), ownLengths }
}

/** Blocks of the same bytes are one, since the reply's own strings would be the same in both. */
function joined(
  { body, chunks }: Pick<Prepared, 'body' | 'chunks'>,
  own: readonly OwnPlace[],
): Pick<Prepared, 'blocks' | 'places'> {
  const ends = chunks.map(({ to }) => to)
  const blocks: OwnBlock[] = []
  const known = new Map<string, number>()
  const places = ownBlocks(own, ends).map((block): BlockPlace => {
    const { at, length } = block
    const text = body.toString('latin1', at, at + length)
    const shape = JSON.stringify([text, block.places])
    const index = known.get(shape) ?? blocks.push(block) - 1
    known.set(shape, index)
    return { at, index }
  })
  return { blocks, places }
}

const dayMs = 86_400_000

/** The same reply as another: of other chance, on another day. */
const elsewhere = (reply: ReplyContext): ReplyContext => ({
  ...reply,
  random: reply.random.fork('elsewhere'),
  createdMs: reply.createdMs + 97 * dayMs,
})

/** Undefined where it is too long. */
function tell(script: Script): Pick<Prepared, 'body' | 'chunks' | 'ending'> | undefined {
  const { dialect, reply } = script
  const encoder = dialect.encoder(reply)
  const body = new FramedBody()
  let passedMs = 0
  let gaps = 0
  let begun = false
  const count = (): number => {
    gaps += 1
    return 0
  }
  const between = (atMs: number): Between => {
    const lies = { waitMs: atMs - passedMs, gaps }
    passedMs = atMs
    gaps = 0
    return lies
  }
  for (const timed of scriptEvents({ ...telling(script), pacer: countingPacer(count) })) {
    if (!('ending' in timed)) begun ||= timed.event.type === 'start'
    for (const { bytes } of framesOf(timed, encoder, begun)) {
      if (bytes.length > 0) body.add(bytes, between(timed.atMs))
    }
    if (body.length > mostBytes) return undefined
    if ('ending' in timed)
      return { ...body.all, ending: { ...between(timed.atMs), do: timed.ending } }
  }
  return undefined
}

class FramedBody {
  readonly #parts: Uint8Array[] = []
  readonly #chunks: PreparedChunk[] = []
  length = 0

  add(bytes: Uint8Array, between: Between): void {
    const framed = [sizeLine(bytes.length), bytes, chunkEnd]
    const from = this.length
    for (const part of framed) this.length += part.length
    this.#parts.push(...framed)
    this.#chunks.push({ ...between, from, to: this.length, bytes: bytes.length })
  }

  get all(): Pick<Prepared, 'body' | 'chunks'> {
    return { body: Buffer.concat(this.#parts), chunks: this.#chunks }
  }
}

/** A pacer whose deltas come at once, and are counted. */
const countingPacer = (count: () => number): Pacer => ({
  headMs: 0,
  get ttftMs() {
    return count()
  },
  gapMs: count,
})
