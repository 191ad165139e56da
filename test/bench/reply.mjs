/**
 * The one reply that every server of the bench gives: a role, 64 deltas of four characters, a
 * finish and the terminator. Floors get it prebuilt, with the fields that OpenAI sends and so do we:
 * who writes less has less to do. Nothing here serves it.
 */

export const deltas = Array.from(
  { length: 64 },
  (_, index) => ` ${'abcdefgh'.at(index % 8)}${10 + index}`,
)

export const text = deltas.join('')

/** Role, deltas, finish and `[DONE]`. */
export const framesPerReply = deltas.length + 3

export const path = '/v1/chat/completions'

/** Stands for a number that is another in every request, so that no whole request comes twice. */
export const numberMark = '0000000'

const bodyOf = (user) =>
  JSON.stringify({
    model: 'gpt-4o',
    stream: true,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: user },
    ],
  })

export const requestBody = bodyOf(`Count for me, please (${numberMark}).`)

const wishes = [
  'please',
  'as fast as you can',
  'and say nothing else',
  'the way a clock does',
  'now',
]

/** As many as the tests of an application may ask, over and over; one rule answers them all. */
export const promptBodies = Array.from({ length: 50 }, (_, index) =>
  bodyOf(`Prompt ${index}: Count from ${7 * index} for me, ${wishes[index % wishes.length]}.`),
)

/** The bytes of a request, as they go into a raw socket. */
export function requestBytes(toPath, body) {
  return Buffer.from(
    [
      `POST ${toPath} HTTP/1.1`,
      'host: localhost',
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}

const chunk = (delta, finishReason = null) => ({
  id: 'chatcmpl-B1nxFqzXkYHsbVpDaUcTgRJmWeLoK',
  object: 'chat.completion.chunk',
  created: 1_767_225_600,
  model: 'gpt-4o',
  service_tier: 'default',
  system_fingerprint: 'fp_44709d6fcb',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
})

const frame = (data) => `data: ${data}\n\n`

export const doneFrame = frame('[DONE]')

/** The frames as text, in order. */
export const frames = [
  chunk({ role: 'assistant', content: '', refusal: null }),
  ...deltas.map((content) => chunk({ content })),
  chunk({}, 'stop'),
]
  .map((data) => frame(JSON.stringify(data)))
  .concat(doneFrame)

export const bytesPerReply = Buffer.byteLength(frames.join(''))

export const head =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

/** One HTTP chunk each. */
export const httpChunks = frames.map(httpChunk)

export const lastHttpChunk = '0\r\n\r\n'

/** All of an answer, as bytes. */
export const wholeReply = Buffer.from(head + httpChunks.join('') + lastHttpChunk)

export function httpChunk(body) {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`
}

/** What leaves together, as texts: the role with the first delta, the terminator with the finish. */
export const inBursts = (list) => [
  list.slice(0, 2).join(''),
  ...list.slice(2, -2),
  list.slice(-2).join(''),
]

/**
 * When each frame leaves, in milliseconds from the request, of those servers that pace as a model
 * does. aimock waits before every frame but the terminator, so its own script is one gap longer.
 */
export function scheduleOf(server, gapMs) {
  const last = deltas.length + 1
  const gaps = frames.map((_, index) => Math.min(Math.max(index, 1), last))
  const isAimock = server === 'aimock'
  return gaps.map((gap, index) => gapMs * (isAimock ? Math.min(index, last) + 1 : gap))
}
