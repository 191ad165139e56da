/** Whether a request bears the marks of a service. Cheap: headers first, and the body is not parsed. */
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

/** Behind the name; no name of a model is longer. */
const mostAfter = 120

/** The text of the first field of that name; empty where there is none. */
function findModel(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  let at = bytes.indexOf(name)
  while (at >= 0) {
    const after = at + name.length
    const field = /^\s*:\s*"([^"]*)/.exec(bytes.toString('utf8', after, after + mostAfter))
    if (field?.[1] !== undefined) return field[1]
    at = bytes.indexOf(name, after)
  }
  return ''
}

const name = '"model"'
