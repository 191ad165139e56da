/**
 * The one reply that every server of the bench gives: a role, 64 deltas of four characters, a
 * finish and the terminator. Servers that are not ours get it prebuilt; nothing here serves it.
 */

export const deltas = Array.from(
  { length: 64 },
  (_, index) => ` ${'abcdefgh'.at(index % 8)}${10 + index}`,
)

export const text = deltas.join('')

/** Role, deltas, finish and `[DONE]`. */
export const framesPerReply = deltas.length + 3

export const path = '/v1/chat/completions'

export const requestBody = JSON.stringify({
  model: 'gpt-4o',
  stream: true,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Count for me, please.' },
  ],
})

const chunk = (delta, finishReason = null) => ({
  id: 'chatcmpl-B1nxFqzXkYHsbVpDaUcTgRJmWeLoKhPt',
  object: 'chat.completion.chunk',
  created: 1_767_225_600,
  model: 'gpt-4o',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
})

const frame = (data) => `data: ${data}\n\n`

/** The frames as text, in order. */
export const frames = [
  chunk({ role: 'assistant', content: '' }),
  ...deltas.map((content) => chunk({ content })),
  chunk({}, 'stop'),
]
  .map((data) => frame(JSON.stringify(data)))
  .concat(frame('[DONE]'))

/** One HTTP chunk each. */
export const httpChunks = frames.map(httpChunk)

export const lastHttpChunk = '0\r\n\r\n'

function httpChunk(body) {
  return `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`
}

/**
 * When frames leave, of those servers that pace as a model does: the role comes with the first
 * delta and the terminator with the finish, so that 67 frames leave at 65 times.
 */
export function pacedLength(gapMs) {
  return (deltas.length + 1) * gapMs
}
