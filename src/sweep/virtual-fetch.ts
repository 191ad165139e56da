/**
 * `fetch` without a network: each call plays the same timeline anew. Gives what Node's own gives, its
 * errors included, at the same point of the stream; only that all that came before a break is always
 * read before it is heard of.
 */
import { createGunzip, constants as zlib } from 'node:zlib'
import { header } from '../core/http.ts'
import { fetchFailed, terminated } from './fetch-errors.ts'
import type { Playback, Played, PlayedHead } from './playback.ts'

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** @param open begins a playing; called once a request */
export function virtualFetch(open: () => Playback): Fetch {
  return async (input, init) => {
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
    signal?.throwIfAborted()
    const playback = open()
    const left = leaving(signal, playback)
    const head = await left.orNext()
    if (head instanceof Error) throw fetchFailed(head)
    if (head === 'end' || head instanceof Uint8Array) throw fetchFailed(noHead())
    const response = new Response(
      bodyOf(head, left.orNext, () => playback.stop()),
      {
        status: head.status,
        headers: head.headers.map(([name, value]): [string, string] => [name, value]),
      },
    )
    const url = input instanceof Request ? input.url : `${input}`
    Object.defineProperty(response, 'url', { value: url })
    return response
  }
}

const noHead = (): Error => new Error('the answer began without a head')

/** What the playing gives next, unless the client leaves before. */
function leaving(signal: AbortSignal | null | undefined, playback: Playback) {
  if (!signal) return { orNext: () => playback.next() }
  const abandoned = new Promise<never>((_, reject) => {
    const leave = (): void => {
      playback.stop()
      reject(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
  })
  // It may be rejected when nobody is listening any more.
  abandoned.catch(() => {})
  return { orNext: () => Promise.race([playback.next(), abandoned]) }
}

const bodiless = new Set([204, 205, 304])

function bodyOf(
  head: PlayedHead,
  next: () => Promise<Played>,
  stop: () => void,
): ReadableStream<Uint8Array> | null {
  if (bodiless.has(head.status)) return null
  const isPacked = /^(?:x-)?gzip$/i.test(header(head.headers, 'content-encoding') ?? '')
  const chunks = chunksOf(next)
  const source = isPacked ? unpacked(chunks) : chunks
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await source.next()
        if (chunk.done) controller.close()
        else controller.enqueue(chunk.value)
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  )
}

async function* chunksOf(next: () => Promise<Played>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const played = await next()
    if (played === 'end') return
    if (played instanceof Error) throw terminated(played)
    // The reader may do with it what it likes.
    if (played instanceof Uint8Array) yield new Uint8Array(played)
  }
}

/** As Node's `fetch` does it, a packed body that ends too early is no error. */
async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { Z_SYNC_FLUSH } = zlib
  const gunzip = createGunzip({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH })
  const feeding = (async () => {
    for await (const chunk of chunks) gunzip.write(chunk)
    gunzip.end()
  })().catch((error: Error) => gunzip.destroy(error))
  try {
    for await (const chunk of gunzip) yield new Uint8Array(chunk)
  } catch (error) {
    throw error instanceof TypeError ? error : terminated(asError(error))
  }
  await feeding
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown))
