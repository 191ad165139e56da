/**
 * The messages of a reply: what the chunks of a stream and a whole answer have in common. Ids come
 * from forks of the reply's chance by name, so that both have the same.
 */

import type { ReplyContext } from '../../core/dialect.ts'
import type { FinishReason, Usage } from '../../core/event.ts'
import { integer, type Random } from '../../core/random.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { isObject, type JsonObject, parseObject } from '../shapes/json-body.ts'
import type { Candidate, ReplyParts, Surface } from './surface.ts'

const finishes = finishWords({
  stop: 'STOP',
  // A call is a part like any other here, and the model stops after it.
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
})

export const finishReason = finishes.reason

/** The words with which a prompt is blocked before anything is said. */
const blockWords = new Set([
  'SAFETY',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'IMAGE_SAFETY',
  'MODEL_ARMOR',
  'JAILBREAK',
])

export const isBlockWord = (word: string): boolean => blockWords.has(word)

const otherHarms = ['SEXUALLY_EXPLICIT', 'HATE_SPEECH', 'HARASSMENT']

const safetyRatings: readonly JsonObject[] = [
  { category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true },
  ...otherHarms.map((harm) => ({ category: `HARM_CATEGORY_${harm}`, probability: 'NEGLIGIBLE' })),
]

export interface Call {
  readonly id: string | undefined
  readonly index: number
  readonly name: string
  readonly arguments: string
}

/** How one of the answers ends. */
export interface Ending {
  readonly choice: number
  readonly reason: FinishReason
  /** Whether it said anything that is not a refusal. */
  readonly spoke: boolean
  readonly refusal: string
  readonly called: boolean
}

/** Writes the messages of one reply. */
export class Chunks {
  readonly #surface: Surface
  readonly #random: Random
  readonly #identity: Pick<ReplyParts, 'model' | 'createTime' | 'responseId'>
  /** Models that give their calls an id, and sign the first of them. */
  readonly #namesCalls: boolean
  /** Choices that have thought, and have not signed their thoughts yet. */
  readonly #unsigned = new Set<number>()
  readonly #signed = new Set<number>()

  constructor(surface: Surface, reply: ReplyContext) {
    const model = reply.request.model ?? 'gemini-2.5-flash'
    this.#surface = surface
    this.#random = reply.random
    this.#namesCalls = !/gemini-[12]\b/.test(model)
    this.#identity = {
      model,
      createTime: new Date(reply.createdMs).toISOString().replace('Z', '000Z'),
      responseId: Buffer.from(randomBytes(reply.random.fork('id'), 17)).toString('base64url'),
    }
  }

  text = (text: string): JsonObject => ({ text })

  thought(text: string, choice: number): JsonObject {
    if (!this.#signed.has(choice)) this.#unsigned.add(choice)
    return { text, thought: true }
  }

  call(call: Call, choice: number): JsonObject {
    const isFirst = !this.#signed.has(choice)
    const id = call.id ?? (this.#namesCalls ? this.#callId(call, choice) : undefined)
    return {
      functionCall: {
        name: call.name,
        args: argumentsOf(call.arguments),
        ...(id === undefined ? {} : { id }),
      },
      ...(isFirst && this.#namesCalls ? this.#sign(choice) : this.signature(choice)),
    }
  }

  #callId({ index }: Call, choice: number): string {
    return `call_${integer(this.#random.fork(`call/${choice}/${index}`), 100_000, 999_999)}`
  }

  /** Thoughts are signed once, with the first part that is no thought and ends the reply or calls. */
  signature(choice: number): JsonObject {
    return this.#unsigned.has(choice) ? this.#sign(choice) : {}
  }

  #sign(choice: number): JsonObject {
    this.#unsigned.delete(choice)
    this.#signed.add(choice)
    const bytes = randomBytes(this.#random.fork(`signature/${choice}`), 96)
    return { thoughtSignature: Buffer.from(bytes).toString('base64') }
  }

  message(candidates: readonly Candidate[], usage: Usage, isLast: boolean): JsonObject {
    return this.#surface.reply({
      ...this.#identity,
      candidates: candidates.map((candidate) => this.#surface.candidate(candidate)),
      usageMetadata: this.#surface.usage(usage, isLast),
    })
  }

  /** A reply without any answer: its prompt was not let through. */
  blocked({ reason, refusal }: Ending, usage: Usage): JsonObject {
    const word = finishes.word(reason)
    return this.#surface.reply({
      ...this.#identity,
      candidates: [],
      promptFeedback: {
        blockReason: isBlockWord(word) ? word : 'SAFETY',
        ...(refusal === '' ? {} : { blockReasonMessage: refusal }),
      },
      usageMetadata: this.#surface.usage(usage, true),
    })
  }

  ending({ choice, reason, refusal, called }: Ending): Omit<Candidate, 'parts'> {
    const word = refusal === '' ? finishes.word(reason) : 'SAFETY'
    const ofCall = called && word === 'STOP' ? 'Model generated function call(s).' : ''
    const finishMessage = refusal || ofCall
    return {
      index: choice,
      finishReason: word,
      ...(finishMessage === '' ? {} : { finishMessage }),
      ...(word === 'SAFETY' ? { safetyRatings } : {}),
    }
  }
}

export const isBlocked = ({ reason, spoke, refusal }: Ending): boolean =>
  !spoke && (refusal !== '' || isBlockWord(finishes.word(reason)))

const randomBytes = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => integer(random, 0, 255))

/** What is no JSON object goes as text under a name of its own, and comes back as it was. */
const argumentsOf = (text: string): JsonObject =>
  text === '' ? {} : (parseObject(text) ?? { arguments: text })

export function argumentsText(args: unknown): string {
  if (!isObject(args)) return ''
  const entries = Object.entries(args)
  const [only] = entries
  if (!only) return ''
  if (entries.length === 1 && only[0] === 'arguments' && typeof only[1] === 'string') return only[1]
  return JSON.stringify(args)
}

const groundingKeys = ['groundingChunks', 'groundingSupports', 'webSearchQueries']

/** Sources of what a search found are grounding; anything else is a citation. */
export function citedBy(citation: unknown): Pick<Candidate, 'citations' | 'grounding'> {
  const isGrounding = isObject(citation) && groundingKeys.some((key) => key in citation)
  return isGrounding ? { grounding: citation } : { citations: [citation] }
}
