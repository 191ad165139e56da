/**
 * The content of an answer in one piece: what a client would put together out of the stream. Blocks
 * that are written raw, such as those of server tools, stand in their places among the others.
 */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import { sse } from '../../framing/index.ts'
import { isObject, type JsonObject, parseObject } from '../shapes/json-body.ts'
import { callsOf, fold, type SaidPart } from '../shapes/said.ts'
import { argumentsObject } from '../shapes/whole-calls.ts'
import { type Drawn, drawnFrom, omitsThinking } from './message.ts'

export function contentOf(events: readonly Event[], reply: ReplyContext): unknown[] {
  const drawn = drawnFrom(reply)
  const isOmitted = omitsThinking(reply.request)
  // Arguments may follow after a raw block: calls are those of all the events.
  const calls = callsOf(fold(events).choices[0])
  return sectionsOf(events).flatMap(({ opened, events: said }) => {
    const parts = fold(said).choices[0].parts.filter(({ kind }) => kind !== 'refusal')
    const blocks = parts.map((part) =>
      blockOf(part.kind === 'tool' ? (calls.shift() ?? part) : part, drawn, isOmitted),
    )
    return opened ? [opened.block(), ...blocks] : blocks
  })
}

function blockOf(part: SaidPart, drawn: Drawn, withoutThinking: boolean): unknown {
  if (part.kind === 'tool') {
    const { id = drawn.callId(), name } = part
    const input = argumentsObject(part.arguments)
    return { type: 'tool_use', id, name, input, caller: { type: 'direct' } }
  }
  if (part.kind === 'reasoning') {
    const thinking = withoutThinking ? '' : part.text
    return { type: 'thinking', thinking, signature: drawn.signature() }
  }
  const { citations, text } = part
  return citations.length > 0 ? { citations, type: 'text', text } : { type: 'text', text }
}

/** What is said from one raw block to the next. */
interface Section {
  /** The block that it begins with; none at the beginning of the answer. */
  readonly opened: RawBlock | undefined
  readonly events: Event[]
}

function sectionsOf(events: readonly Event[]): Section[] {
  const sections: Section[] = [{ opened: undefined, events: [] }]
  const frames = sse().decoder()
  const read = ({ data = '' }: Frame): void => {
    const message = parseObject(data) ?? {}
    const { index, content_block: block, delta } = message
    if (message['type'] === 'content_block_start' && isObject(block)) {
      sections.push({ opened: new RawBlock(index, block), events: [] })
    } else if (message['type'] === 'content_block_delta' && isObject(delta)) {
      sections.findLast(({ opened }) => opened?.index === index)?.opened?.grow(delta)
    }
  }
  for (const event of events) {
    if (event.type === 'raw') frames.push(event.bytes).forEach(read)
    else sections.at(-1)?.events.push(event)
  }
  frames.end().forEach(read)
  return sections
}

/** Fields that grow by deltas of these types. */
const growing: Readonly<Record<string, string>> = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
}

class RawBlock {
  readonly index: unknown
  #block: JsonObject
  #input = ''

  constructor(index: unknown, block: JsonObject) {
    this.index = index
    this.#block = block
  }

  grow(delta: JsonObject): void {
    if (typeof delta['partial_json'] === 'string') this.#input += delta['partial_json']
    const field = growing[String(delta['type'])]
    if (field === undefined) return
    const text = `${this.#block[field] ?? ''}${delta[field] ?? ''}`
    this.#block = { ...this.#block, [field]: text }
  }

  block(): JsonObject {
    return this.#input === ''
      ? this.#block
      : { ...this.#block, input: argumentsObject(this.#input) }
  }
}
