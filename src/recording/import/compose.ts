/**
 * From an exchange as a source has it to one that can be written down: the body decoded, its dialect
 * recognised, its borders put at frames. Pure. What it has to drop or to guess, it says.
 */
import type { Dialect } from '../../core/dialect.ts'
import { type Headers, type HttpRequest, header } from '../../core/http.ts'
import { pathAndQuery } from '../transcribe.ts'
import { decodeBody } from './coding.ts'
import { framingByLooks } from './frames.ts'
import type { Answered, Asked, Exchange, ImportContext, Imported } from './imported.ts'
import { lay, layExact } from './lay.ts'
import { dialectOfBody } from './payload-dialect.ts'
import { plausibleRequest } from './plausible-request.ts'

export interface ComposeOptions {
  readonly context: ImportContext
  readonly number: number
  /** For requests that are made up: what the user is taken to have said. */
  readonly subject: string
  /** When the exchange before it in the file was made. */
  readonly beforeMs: number | undefined
}

/** A problem is a sentence on why it cannot be imported. */
export function compose(
  exchange: Exchange,
  options: ComposeOptions,
): Imported | { problem: string } {
  const { answered: given, exact } = exchange
  const { status } = given
  // Our own archives also hold what never had a head.
  const isHeadless = exact !== undefined && exact.headMs === undefined
  if (!isHeadless && exact?.failed === undefined && !isStatus(status)) {
    return { problem: `the status ${status} is none that an answer can have (200 to 999)` }
  }
  const answered = exact ? { ...given, words: [] } : plainAnswer(given)
  if ('problem' in answered) return answered
  const asked = plainRequest(exchange, answered, options)
  if ('problem' in asked) return asked
  const { dialect } = asked
  const { steps, lost, words } = exact
    ? layExact(given, exact)
    : lay(answered, dialect, asked.request.method)
  const wallMs = exchange.wallMs ?? timeTold(answered) ?? options.beforeMs
  const told = wallMs === undefined ? ['nothing tells when it was made: 1970 stands for it'] : []
  return {
    place: exchange.place,
    number: options.number,
    request: asked.request,
    url: asked.url,
    wallMs: wallMs ?? 0,
    status,
    steps,
    exact,
    lost,
    dialect,
    note: exact?.note,
    words: [...exchange.words, ...asked.words, ...answered.words, ...words, ...told],
  }
}

const isStatus = (status: number): boolean =>
  Number.isInteger(status) && status >= 200 && status <= 999

interface PlainAnswer extends Answered {
  readonly words: readonly string[]
}

function plainAnswer(answered: Answered): PlainAnswer | { problem: string } {
  const cleaned = cleanHeaders(answered.headers)
  const decoded = decodeBody(answered.body, cleaned.headers)
  if ('problem' in decoded) return decoded
  // Borders of coded chunks mean nothing for the plain bytes.
  const isSame = decoded.body === answered.body
  return {
    ...answered,
    body: decoded.body,
    headers: decoded.headers,
    chunks: isSame ? answered.chunks : undefined,
    words: [...cleaned.words, ...decoded.words],
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerText = /^[\t\x20-\x7e\x80-\xff]*$/
/** What belongs to one connection, or to the framing of HTTP itself. */
const hopByHop = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|:.*)$/i

function cleanHeaders(headers: Headers): { headers: Headers; words: readonly string[] } {
  const own = headers.filter(([name]) => !hopByHop.test(name))
  const sent = own.filter(([name, value]) => token.test(name) && headerText.test(value.trim()))
  const broken = own.length - sent.length
  const words =
    broken > 0
      ? [
          `${broken} ${broken === 1 ? 'header is' : 'headers are'} none that HTTP can carry: left out`,
        ]
      : []
  return { headers: sent.map(([name, value]) => [name, value.trim()]), words }
}

interface PlainRequest {
  readonly request: HttpRequest
  readonly url: string
  readonly dialect: Dialect | undefined
  readonly words: readonly string[]
}

function plainRequest(
  exchange: Exchange,
  answered: PlainAnswer,
  options: ComposeOptions,
): PlainRequest | { problem: string } {
  const { context } = options
  const wanted = context.dialect ?? exchange.dialect
  const named = context.dialects.find(({ name }) => name === wanted)
  if (exchange.asked) {
    const { url, words } = urlOf(exchange.asked.url, context)
    const read = readAsked({ ...exchange.asked, url })
    if ('problem' in read) return read
    const dialect = named ?? recognise(read.request, answered, context)
    return { ...read, dialect, words: [...words, ...read.words] }
  }
  const seen = named ?? byName(context, dialectOfBody(answered.body, answered.headers))
  const made = readAsked(madeUp(seen, answered, options))
  if ('problem' in made) return made
  const isTold = context.url !== undefined && context.body !== undefined
  const words = isTold ? [] : ['it does not tell what was asked: a plausible request is made up']
  return {
    ...made,
    dialect: seen ?? context.dialectOf(made.request),
    words: [...words, ...made.words],
  }
}

/** A placeholder or a mere path stands for what `--url` names. */
function urlOf(url: string, context: ImportContext): { url: string; words: readonly string[] } {
  if (context.url === undefined || absolute.test(url)) return { url, words: [] }
  const named = url.startsWith('/') ? new URL(url, context.url).href : context.url
  return { url: named, words: [`"${url}" is no absolute URL: the one of --url stands for it`] }
}

const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i

function madeUp(
  dialect: Dialect | undefined,
  answered: PlainAnswer,
  { context, subject }: ComposeOptions,
): Asked {
  const isStream = !/json/i.test(header(answered.headers, 'content-type') ?? 'stream')
  const plausible = plausibleRequest(dialect, {
    user: subject,
    stream: isStream || framingByLooks(answered.body) !== undefined,
  })
  const body = context.body === undefined ? plausible.body : Buffer.from(context.body, 'utf8')
  return { ...plausible, url: context.url ?? plausible.url, body }
}

const byName = (context: ImportContext, name: string | undefined): Dialect | undefined =>
  context.dialects.find((dialect) => dialect.name === name)

/** By its route, also below a path of its own, as gateways have one; or by what the answer says. */
function recognise(
  request: HttpRequest,
  answered: PlainAnswer,
  context: ImportContext,
): Dialect | undefined {
  const direct = context.dialectOf(request)
  if (direct) return direct
  const segments = request.path.split('/').filter((segment) => segment !== '')
  for (let from = 1; from < segments.length; from++) {
    const path = `/${segments.slice(from).join('/')}`
    const below = context.dialectOf({ ...request, path })
    if (below) return below
  }
  return byName(context, dialectOfBody(answered.body, answered.headers))
}

interface ReadAsked {
  readonly request: HttpRequest
  readonly url: string
  readonly words: readonly string[]
}

function readAsked(asked: Asked): ReadAsked | { problem: string } {
  const url = asked.url.replace(/#.*$/s, '')
  const host = absolute.exec(url)?.[1]
  if (host === undefined) {
    return { problem: `"${asked.url}" is no absolute URL; --url says what stands for it` }
  }
  const { headers } = cleanHeaders(asked.headers)
  const decoded = decodeBody(asked.body, headers)
  if ('problem' in decoded) return { problem: `of the request, ${decoded.problem}` }
  const local = asked.target ?? pathAndQuery(url)
  const asPath = local.startsWith('/') ? local : `/${local}`
  const [path = '/', query = ''] = asPath.split('?', 2)
  const hasHost = header(headers, 'host') !== undefined
  return {
    url,
    words: decoded.words.map((word) => `of the request, ${word}`),
    request: {
      method: asked.method.toUpperCase(),
      url: asPath,
      path,
      query: new URLSearchParams(query),
      headers: hasHost ? decoded.headers : [['host', host], ...decoded.headers],
      params: {},
      body: decoded.body,
    },
  }
}

/** What the answer itself says of when it was made. */
function timeTold({ headers, body }: PlainAnswer): number | undefined {
  const date = Date.parse(header(headers, 'date') ?? '')
  if (!Number.isNaN(date)) return date
  const text = Buffer.from(body.subarray(0, 16_384)).toString('latin1')
  const seconds = /"created(?:_at)?"\s*:\s*(\d{10})(?=[\s,}.])/.exec(text)?.[1]
  if (seconds !== undefined) return Number(seconds) * 1000
  const iso = /"(?:created_?at|createTime)"\s*:\s*"(\d{4}-[^"]{6,40})"/i.exec(text)?.[1]
  const time = Date.parse(iso?.replace(/(\.\d{3})\d+/, '$1') ?? '')
  return Number.isNaN(time) ? undefined : time
}
