/**
 * Streams without their framing, as the fixtures of Vercel's AI SDK are (`*.chunks.txt`): one JSON
 * payload a line. The dialect is told by the payloads, and its framing is put back. A bare stream
 * that still has its framing, as `curl -N` prints it, is taken as it stands. Pure.
 */
import { utf8 } from '../../core/bytes.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Frame } from '../../core/frame.ts'
import type { Headers } from '../../core/http.ts'
import { type Fields, isFields, textAt } from './fields.ts'
import { framingByLooks } from './frames.ts'
import { imaginedReply, streamOf } from './imagined.ts'
import {
  type Asked,
  type Format,
  found,
  type ImportContext,
  type Look,
  Unreadable,
} from './imported.ts'
import { dialectOfBody, dialectOfPayloads } from './payload-dialect.ts'
import { plausibleRequest } from './plausible-request.ts'

export const chunks: Format = {
  name: 'chunks',
  title: 'chunks of the AI SDK, or a bare stream',
  fits: (look) => isBareStream(look) || payloadsOf(look.text, 3) !== undefined,
  *read(look, context) {
    yield found(isBareStream(look) ? bare(look, context) : reframed(look, context))
  },
}

const isBareStream = ({ bytes }: Look): boolean => {
  const name = framingByLooks(bytes)?.name
  return name === 'sse' || name === 'aws-event-stream'
}

const isTerminator = (line: string): boolean => line === '[DONE]'

interface Payload {
  readonly line: number
  readonly text: string
  readonly value: Fields | readonly unknown[]
}

/** Undefined where the lines are not payloads, of which the first few must be known. */
function payloadsOf(text: string, most = Number.POSITIVE_INFINITY): Payload[] | undefined {
  const payloads: Payload[] = []
  let from = 0
  for (let line = 1; from < text.length && payloads.length < most; line++) {
    const end = text.indexOf('\n', from)
    const one = text.slice(from, end < 0 ? text.length : end).trim()
    from = end < 0 ? text.length : end + 1
    if (one === '' || isTerminator(one)) continue
    const value = parsed(one)
    if (value === undefined) return undefined
    payloads.push({ line, text: one, value })
  }
  const values = payloads.map(({ value }) => value)
  const isKnown = most === Number.POSITIVE_INFINITY || dialectOfPayloads(values) !== undefined
  return payloads.length > 0 && isKnown ? payloads : undefined
}

function parsed(line: string): Payload['value'] | undefined {
  if (!/^[[{]/.test(line)) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return isFields(value) || Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

const start = { line: 1, column: 1 }

/** A stream as it is; only what was asked, and the head, are not known. */
function bare({ bytes }: Look, context: ImportContext) {
  const name = context.dialect ?? dialectOfBody(bytes, [])
  const dialect = context.dialects.find((one) => one.name === name)
  const framing = framingByLooks(bytes)
  const type = dialect?.framing.name === framing?.name ? dialect?.framing.contentType : undefined
  const headers: Headers = [['content-type', type ?? framing?.contentType ?? 'text/plain']]
  return {
    place: start,
    asked: undefined,
    answered: { status: 200, headers, body: bytes },
    dialect: dialect?.name,
    words: ['it is a bare stream: status 200 and its content type are taken for granted'],
  }
}

function reframed({ path, text }: Look, context: ImportContext) {
  const payloads = payloadsOf(text)
  if (!payloads) throw new Unreadable(firstBad(text), 'each line must be one JSON payload')
  const values = payloads.map(({ value }) => value)
  const name = context.dialect ?? dialectOfPayloads(values)
  const dialect = context.dialects.find((one) => one.name === name)
  if (!dialect) throw new Unreadable(start, 'no dialect is known by these payloads: use --dialect')
  const asked = plausibleRequest(dialect, {
    user: subjectOf(path),
    model: modelOf(values),
    stream: true,
  })
  const reply = imaginedReply(dialect, asked, path.replace(/^.*[\\/]/, ''))
  const frames = reframe(payloads, dialect, reply)
  return {
    place: start,
    asked: withGiven(asked, context),
    answered: {
      status: 200,
      headers: dialect.streamHeaders(reply).filter(([key]) => /^content-type$/i.test(key)),
      body: Buffer.concat(frames),
    },
    dialect: dialect.name,
    words: ['only payloads were kept: the framing, the head and the request are made up'],
  }
}

const withGiven = (asked: Asked, { url, body }: ImportContext): Asked => ({
  ...asked,
  url: url ?? asked.url,
  body: body === undefined ? asked.body : utf8(body),
})

/** What the user is taken to have said: the name of the file, so that each has a request to itself. */
export const subjectOf = (path: string): string =>
  (path.split(/[\\/]/).at(-1) ?? '').replace(/(?:\.(?:chunks|txt|json|sse|http|gz))+$/, '')

function firstBad(text: string): { line: number; column: number } {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => {
    const one = line.trim()
    return one !== '' && !isTerminator(one) && parsed(one) === undefined
  })
  return { line: Math.max(0, at) + 1, column: 1 }
}

/** The first name of a model that any of the payloads mentions. */
function modelOf(payloads: readonly unknown[]): string | undefined {
  for (const payload of payloads.slice(0, 12)) {
    const name =
      textAt(payload, 'model') ??
      textAt(payload, 'message', 'model') ??
      textAt(payload, 'response', 'model') ??
      textAt(payload, 'modelVersion')
    if (name !== undefined) return name
  }
  return undefined
}

/** The payloads as the dialect frames its own. */
function reframe(
  payloads: readonly Payload[],
  dialect: Dialect,
  reply: ReplyContext,
): readonly Uint8Array[] {
  const form = formOf(dialect, reply)
  const frames = payloads.map(({ value, text }) => {
    const { event, data } = form.message(value, text)
    const message = event === undefined ? { data } : { event, data }
    return form.framing.encode(message)?.bytes ?? utf8(data)
  })
  return [...frames, ...form.last]
}

interface Form {
  readonly framing: Dialect['framing']
  message(value: Payload['value'], text: string): { event?: string | undefined; data: string }
  readonly last: readonly Uint8Array[]
}

/** How a dialect writes a payload, seen in a short stream of its own. */
function formOf(dialect: Dialect, reply: ReplyContext): Form {
  const sample = streamOf(dialect, reply, [
    { type: 'start' },
    { type: 'text', text: 'a' },
    { type: 'finish', reason: 'stop' },
  ])
  const { framing } = dialect
  if (framing.name === 'aws-event-stream') return awsForm(dialect)
  const hasEvents = sample.some(({ event }) => event !== undefined)
  return {
    framing,
    message: (value, text) => ({
      event: hasEvents && isFields(value) ? textAt(value, 'type') : undefined,
      data: text,
    }),
    last: sample.filter(isLastWord).map(({ bytes }) => bytes),
  }
}

/** A frame of the stream's end that is no payload. */
const isLastWord = ({ data }: Frame): boolean => data !== undefined && isTerminator(data)

/** Converse names each event by the one member of its payload; InvokeModel wraps it in a chunk. */
const awsForm = ({ name, framing }: Dialect): Form => ({
  framing,
  message: (value, text) => {
    if (name === 'bedrock-invoke') {
      const bytes = Buffer.from(text, 'utf8').toString('base64')
      return { event: 'chunk', data: JSON.stringify({ bytes }) }
    }
    const [member] = isFields(value) ? Object.entries(value) : []
    return member && isFields(member[1])
      ? { event: member[0], data: JSON.stringify(member[1]) }
      : { event: 'chunk', data: text }
  },
  last: [],
})
