/** Whether a request bears the marks of a service. Cheap: headers first, and the body is not parsed. */
import { viewOf } from '../../core/bytes.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import type { Marks } from './variant.ts'

export function recognizer(marks: Marks): (http: HttpRequest) => boolean {
  const { host, agent, headers, query, models } = marks
  let last: Caller | undefined
  let isCaller = false
  return (http) => {
    const caller = callerOf(http)
    if (caller !== last) isCaller = fits(agent, caller.agent) || fits(host, caller.host)
    last = caller
    return (
      isCaller ||
      headers?.some((name) => header(http.headers, name) !== undefined) ||
      query?.some((name) => http.query.has(name)) ||
      (models !== undefined && asksFor(models, http))
    )
  }
}

function fits(mark: RegExp | undefined, text: string | undefined): boolean {
  return mark !== undefined && text !== undefined && mark.test(text)
}

const asksFor = (models: readonly string[], http: HttpRequest): boolean => {
  const asked = modelOf(http)
  return models.some((model) => asked.startsWith(model))
}

interface Caller {
  readonly agent: string | undefined
  readonly host: string | undefined
}

/**
 * All services that share a path ask it of one request, one after the other; and one client says the
 * same in all of its requests.
 */
let lastHeaders: HttpRequest['headers'] | undefined
let lastCaller: Caller = { agent: undefined, host: undefined }

function callerOf({ headers }: HttpRequest): Caller {
  if (headers === lastHeaders) return lastCaller
  lastHeaders = headers
  const agent = header(headers, 'user-agent')
  const host = header(headers, 'host')
  if (agent !== lastCaller.agent || host !== lastCaller.host) lastCaller = { agent, host }
  return lastCaller
}

/** A path of many services is asked about by each of them, and its body is searched once. */
let lastBody: Uint8Array | undefined
let lastModel = ''

function modelOf({ body }: HttpRequest): string {
  if (body !== lastBody) {
    lastModel = findModel(body)
    lastBody = body
  }
  return lastModel
}

/** No name of a model is longer. */
const longestModel = 120

/** The text of the first field of that name; empty where there is none. */
function findModel(body: Uint8Array): string {
  const bytes = viewOf(body)
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at)) {
    at = afterSpaces(bytes, at + name.length)
    if (bytes[at] !== colon) continue
    at = afterSpaces(bytes, at + 1)
    if (bytes[at] !== quote) continue
    const end = bytes.indexOf(quote, at + 1)
    return bytes.toString('utf8', at + 1, Math.min(end < 0 ? bytes.length : end, at + longestModel))
  }
  return ''
}

const name = '"model"'
const colon = 0x3a
const quote = 0x22

/** As JSON knows them: space, tab, line feed, carriage return. */
function afterSpaces(bytes: Uint8Array, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at++
  return at
}
