/**
 * Chunks of `streamGenerateContent`, elements of its array and whole replies back to events. Of a
 * chunk with anything that has a name, the rest is passed over; one without stays raw.
 */
import { looseText } from '../../core/bytes.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import { type Push, through } from '../../core/push.ts'
import { jsonArray } from '../../framing/index.ts'
import { isObject, type JsonObject, objectsIn, parseObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { argumentsText, finishReason, isBlockWord } from './chunk.ts'
import { readGoogleError } from './error.ts'

export const googleDecoder = (): Push<Frame, Event> => new FrameDecoder()

/** Also takes the array of a stream that was recorded as one body. */
export function decodeWhole(body: Uint8Array): Event[] {
  const frames = through([body], jsonArray().decoder())
  return [...through(frames, googleDecoder())].filter(({ type }) => type !== 'raw')
}

/** Frames that are no JSON message of their own: the end of an array, and an error without form. */
class FrameDecoder implements Push<Frame, Event> {
  readonly #reader = new ReplyReader()
  readonly #decoder = jsonDecoder({
    read: (message) => this.#reader.read(message),
    end: () => this.#reader.end(),
  })

  push(frame: Frame): Event[] {
    if (frame.data !== undefined) return this.#decoder.push(frame)
    const text = looseText(frame.bytes).trim()
    if (this.#reader.hasRead && (text === '' || text === ']')) return []
    const bare = text.startsWith('{') ? parseObject(text) : undefined
    const error = bare && readGoogleError(bare)
    return error ? [{ type: 'error', error }] : this.#decoder.push(frame)
  }

  end(): Event[] {
    return this.#decoder.end()
  }
}

class ReplyReader {
  hasRead = false
  /** Of the latest message; told where the reply finishes, or where it stops. */
  #usage: Usage | undefined
  readonly #calls = new Map<number, number>()
  #started = false

  /** Undefined for a message that is not of this format. */
  read(message: JsonObject): Event[] | undefined {
    const events = this.#read(message)
    this.hasRead ||= events !== undefined
    return events
  }

  end(): Event[] {
    const usage = this.#usage
    this.#usage = undefined
    return usage ? [{ type: 'usage', usage }] : []
  }

  #read(message: JsonObject): Event[] | undefined {
    const error = readGoogleError(message)
    if (error) return [{ type: 'error', error }]
    const candidates = objectsIn(message['candidates'])
    const blocked = readFeedback(message['promptFeedback'])
    const usage = readUsage(message['usageMetadata'])
    if (candidates.length === 0 && blocked.length === 0 && !usage) return undefined
    const read = candidates.map((candidate) => this.#readCandidate(candidate))
    if (read.length > 0 && read.every((events) => events === undefined)) return undefined
    if (usage) this.#usage = usage
    const said = [...read.flatMap((events) => events ?? []), ...blocked]
    const isOver = candidates.length === 0 || said.some(({ type }) => type === 'finish')
    return [...this.#start(), ...said, ...(isOver ? this.end() : [])]
  }

  #start(): Event[] {
    const isFirst = !this.#started
    this.#started = true
    return isFirst ? [{ type: 'start' }] : []
  }

  /** Undefined where there is something in it, and none of it has a name. */
  #readCandidate(candidate: JsonObject): Event[] | undefined {
    const choice = typeof candidate['index'] === 'number' ? candidate['index'] : 0
    const content = isObject(candidate['content']) ? candidate['content'] : {}
    const parts = objectsIn(content['parts'])
    const said = parts.flatMap((part) => this.#readPart(part, choice))
    const events = [...said, ...readMetadata(candidate), ...readFinish(candidate)]
    if (events.length === 0 && !parts.every(isEmpty)) return undefined
    return choice === 0 ? events : events.map((event) => ({ ...event, choice }))
  }

  #readPart(part: JsonObject, choice: number): Event[] {
    const { text, functionCall } = part
    if (typeof text === 'string' && text !== '') {
      return [{ type: part['thought'] === true ? 'reasoning' : 'text', text }]
    }
    return isObject(functionCall) ? this.#readCall(functionCall, choice) : []
  }

  /** A call that comes in pieces has no name in most of them, and stays raw. */
  #readCall({ name, args, id, willContinue }: JsonObject, choice: number): Event[] {
    if (typeof name !== 'string' || willContinue === true) return []
    const index = this.#calls.get(choice) ?? 0
    this.#calls.set(choice, index + 1)
    const text = argumentsText(args)
    return [
      { type: 'tool-start', index, name, ...(typeof id === 'string' ? { id } : {}) },
      ...(text === '' ? [] : [{ type: 'tool-arguments', index, text } as const]),
      { type: 'tool-end', index },
    ]
  }
}

/** Text without text, which only brings a signature. */
const isEmpty = ({ text }: JsonObject): boolean => text === ''

function readMetadata({ citationMetadata, groundingMetadata }: JsonObject): Event[] {
  const cited = isObject(citationMetadata)
    ? objectsIn(citationMetadata['citationSources'] ?? citationMetadata['citations'])
    : []
  const grounding =
    isObject(groundingMetadata) && Object.keys(groundingMetadata).length > 0
      ? [groundingMetadata]
      : []
  return [...cited, ...grounding].map((citation) => ({ type: 'citation', citation }))
}

function readFinish({ finishReason: word, finishMessage }: JsonObject): Event[] {
  if (typeof word !== 'string') return []
  const reason = finishReason(word)
  const refuses = isBlockWord(word) && typeof finishMessage === 'string' && finishMessage !== ''
  const refusal = refuses ? [{ type: 'refusal', text: finishMessage } as const] : []
  return [...refusal, { type: 'finish', reason }]
}

function readFeedback(feedback: unknown): Event[] {
  if (!isObject(feedback) || typeof feedback['blockReason'] !== 'string') return []
  const message = feedback['blockReasonMessage']
  const refusal = typeof message === 'string' ? [{ type: 'refusal', text: message } as const] : []
  return [...refusal, { type: 'finish', reason: finishReason(feedback['blockReason']) }]
}

function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value) || typeof value['promptTokenCount'] !== 'number') return undefined
  const count = (name: string): number => {
    const number = value[name]
    return typeof number === 'number' ? number : 0
  }
  const [thoughts, cached] = [count('thoughtsTokenCount'), count('cachedContentTokenCount')]
  return {
    inputTokens: value['promptTokenCount'],
    outputTokens: count('candidatesTokenCount') + thoughts,
    ...(thoughts > 0 ? { reasoningTokens: thoughts } : {}),
    ...(cached > 0 ? { cachedTokens: cached } : {}),
  }
}
