/**
 * The vendor's own SDK, pointed at a double, and what tests ask of it. Reads nothing of the wire
 * itself: what the SDK does not hand out does not count.
 */
import OpenAI, { type ClientOptions } from 'openai'
import type { Double } from '../../src/index.ts'

type Chunk = OpenAI.ChatCompletionChunk

/** Without retries unless told otherwise, so that the first failure is the one that is seen. */
export const openAi = (double: Double, options: ClientOptions = {}): OpenAI =>
  new OpenAI({ baseURL: double.url('/v1'), apiKey: 'none', maxRetries: 0, ...options })

export interface Question {
  model: string
  messages: OpenAI.ChatCompletionMessageParam[]
}

export const ask = (content: string): Question => ({
  model: 'gpt-4o',
  messages: [{ role: 'user', content }],
})

export interface Heard {
  readonly chunks: readonly Chunk[]
  /** What the iteration threw, if it did. */
  readonly error: unknown
}

/** Listens to the end, whichever it is. */
export async function hear(asked: PromiseLike<AsyncIterable<Chunk>>): Promise<Heard> {
  const chunks: Chunk[] = []
  try {
    for await (const chunk of await asked) chunks.push(chunk)
    return { chunks, error: undefined }
  } catch (error) {
    return { chunks, error }
  }
}

const choicesOf = (
  chunks: readonly Chunk[],
  choice: number,
): readonly OpenAI.ChatCompletionChunk.Choice[] =>
  chunks.flatMap(({ choices }) => choices).filter(({ index }) => index === choice)

export const textOf = (chunks: readonly Chunk[], choice = 0): string =>
  choicesOf(chunks, choice)
    .map(({ delta }) => delta.content ?? '')
    .join('')

/** The reasons of all chunks that have one: a whole answer has exactly one. */
export const reasonsOf = (chunks: readonly Chunk[], choice = 0): readonly string[] =>
  choicesOf(chunks, choice).flatMap(({ finish_reason }) => finish_reason ?? [])

/** A field of the first choice's deltas that the SDK has no type for, joined. */
export const deltaFieldOf = (chunks: readonly Chunk[], name: string): string =>
  choicesOf(chunks, 0)
    .map(({ delta }) => field(delta, name) ?? '')
    .join('')

export interface Call {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly arguments: string
}

/** Calls as a client puts them together: by index, names and ids from whoever brings them first. */
export function callsOf(chunks: readonly Chunk[], choice = 0): readonly Call[] {
  const calls: Call[] = []
  for (const { delta } of choicesOf(chunks, choice)) {
    for (const { index, id, function: described } of delta.tool_calls ?? []) {
      const known = calls[index]
      calls[index] = {
        id: known?.id ?? id,
        name: known?.name ?? described?.name,
        arguments: (known?.arguments ?? '') + (described?.arguments ?? ''),
      }
    }
  }
  return calls
}

export const field = (value: object, name: string): unknown => Reflect.get(value, name)

/** The error that a promise is rejected with. */
export async function failure(asked: PromiseLike<unknown>): Promise<unknown> {
  try {
    await asked
  } catch (error) {
    return error
  }
  throw new Error('The call succeeded, where it was to fail')
}
