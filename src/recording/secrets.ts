/**
 * What a secret is: where requests carry them, and what the keys of known services look like.
 * Pure. Must never hold a secret longer than its caller does.
 */
import { createHash } from 'node:crypto'
import type { Headers } from '../core/http.ts'

/** Shorter values are words, not secrets: hunting for them would tear up ordinary text. */
const shortestHunted = 6
const shortestHuntedCookie = 8
/** A user name is no secret, but services that take a key as the user name have long ones. */
const shortestHuntedUser = 12
/** Below this a hash could be undone by trying out; above it, it tells nothing. */
const shortestHashed = 20

/** What people write where a key is asked for and none is needed. */
const noSecrets = new Set(
  [
    'dummy',
    'empty',
    'fake-key',
    'lm-studio',
    'no-key',
    'none',
    'not-needed',
    'ollama',
    'placeholder',
  ].concat(['api-key', 'apikey', 'bearer', 'null', 'string', 'undefined', 'unused']),
)

/**
 * Stands for a secret in exactly as many bytes. Long secrets get a mark, the same for the same
 * secret everywhere, so that a reader can tell two apart; short ones get none, since a short secret
 * could be found by trying.
 */
export function placeholder(secret: string, length: number): string {
  if (length < 8) return 'x'.repeat(length)
  const mark = createHash('sha256').update(secret).digest('hex').slice(0, 8)
  const name = secret.length >= shortestHashed ? `REDACTED-${mark}-` : 'REDACTED'
  return name.padEnd(length, 'x').slice(0, length)
}

const onlyPlaceholder = /^(?:x{1,7}|REDACTED(?:-[0-9a-f]{8}-)?x*)$/

/** Masking twice is masking once. */
const isPlaceholder = (text: string): boolean => onlyPlaceholder.test(text)

/** For comparing requests: another key is no other request. */
export const levelPlaceholders = (text: string): string =>
  text.replaceAll(/REDACTED(?:-[0-9a-f]{8}-)?x*/g, 'REDACTED')

const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

/**
 * Names of JSON fields and of query parameters, without `-`, `_` and case; also at the end of a
 * longer name, such as `openai_api_key`.
 */
const secretNames = [
  ...['apikey', 'accesstoken', 'refreshtoken', 'idtoken', 'authtoken', 'sessiontoken'],
  ...['bearertoken', 'securitytoken', 'password', 'passwd', 'pwd', 'secret', 'secretkey'],
  ...['secretaccesskey', 'privatekey', 'authorization', 'subscriptionkey', 'credential'],
  ...['credentials', 'signature'],
]

/** Whole names that are too short to be looked for at the end of others. */
const shortNames = new Set(['token', 'jwt'])
const shortParameters = new Set([...shortNames, 'key', 'sig', 'auth', 'code'])

const secretHeader =
  /(?:^|[-_])(?:api[-_]?key|apikey|key|token|secret|auth|authorization|password|credentials?)$/i

const hasSecretEnd = (plain: string): boolean => secretNames.some((known) => plain.endsWith(known))

export const isSecretField = (name: string): boolean =>
  shortNames.has(bare(name)) || hasSecretEnd(bare(name))

const isSecretParameter = (name: string): boolean =>
  shortParameters.has(bare(name)) || isSecretField(name)

const worthHunting = (value: string, shortest = shortestHunted): boolean =>
  value.length >= shortest && !noSecrets.has(value.toLowerCase()) && !isPlaceholder(value)

function ofBasic(token: string): string[] {
  const decoded = Buffer.from(token, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon < 0) return [token]
  const user = decoded.slice(0, colon)
  const parts = [token, decoded, decoded.slice(colon + 1)]
  return user.length >= shortestHuntedUser ? [...parts, user] : parts
}

/** `Bearer x`, `Basic x`, a bare key, or a list of `name=value` as signatures have it. */
function ofAuthorization(value: string): string[] {
  const [scheme = '', ...rest] = value.trim().split(/\s+/)
  const credentials = rest.join(' ')
  if (credentials === '') return [scheme]
  if (/^basic$/i.test(scheme)) return ofBasic(credentials)
  if (/^bearer$/i.test(scheme)) return [credentials]
  const pieces = credentials.split(/[\s,=]+/).filter((piece) => piece.length >= 16)
  return [credentials, ...pieces]
}

function ofHeader(name: string, value: string): string[] {
  if (/^(?:proxy-)?authorization$/i.test(name)) return ofAuthorization(value)
  if (/^cookie$/i.test(name)) {
    const values = value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    return values.filter((cookie) => worthHunting(cookie, shortestHuntedCookie))
  }
  return secretHeader.test(name) ? ofAuthorization(value) : []
}

/** The secrets that the headers of a request carry, to be hunted wherever else they turn up. */
export const secretsOfHeaders = (headers: Headers): string[] =>
  headers.flatMap(([name, value]) => ofHeader(name, value)).filter((found) => worthHunting(found))

export interface Masked {
  readonly text: string
  /** What was masked, as it was before it was escaped. */
  readonly secrets: readonly string[]
}

function decoded(escaped: string): string {
  try {
    return decodeURIComponent(escaped.replaceAll('+', ' '))
  } catch {
    return escaped
  }
}

/** `a=1&key=SECRET`, as in a query or a form. */
export function maskPairs(pairs: string): Masked {
  const secrets: string[] = []
  const masked = pairs.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const value = pair.slice(equals + 1)
    if (equals < 0 || value === '' || isPlaceholder(value)) return pair
    const secret = decoded(value)
    if (!isSecretParameter(decoded(pair.slice(0, equals)))) return pair
    if (worthHunting(secret)) secrets.push(secret)
    return `${pair.slice(0, equals + 1)}${placeholder(secret, value.length)}`
  })
  return { text: masked.join('&'), secrets }
}

/** Pairs as they are compared: secrets all alike, however long. */
export const levelPairs = (pairs: string): string[] =>
  pairs.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    const hidden = equals > 0 && isSecretParameter(decoded(name))
    return hidden ? `${name}=REDACTED` : levelPlaceholders(pair)
  })

/** Whether a body of this type is a form, written as pairs. */
export const isForm = (contentType: string | undefined): boolean =>
  /x-www-form-urlencoded/i.test(contentType ?? '')

/** The query of a URL, absolute or not; the fragment stays as it is. */
export function maskUrl(url: string): Masked {
  const [, path = '', query, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? []
  if (query === undefined) return { text: url, secrets: [] }
  const masked = maskPairs(query)
  return { text: `${path}?${masked.text}${fragment}`, secrets: masked.secrets }
}

/** A name and its text in JSON. */
const jsonPair = /(")([\w-]{3,40})"(\s*:\s*)"((?:[^"\\]|\\.)*)"/gs
/** The same one or more times escaped, as JSON within JSON is. */
const escapedPair = /(\\+")([\w-]{3,40})\1(\s*:\s*)\1(.*?)(?<!\\)\1/gs

function unescaped(text: string): string {
  try {
    const value: unknown = JSON.parse(`"${text}"`)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}

/** The secret fields of a JSON body, wherever they stand in it; all else stays as it is. */
export function maskJson(body: string): Masked {
  const secrets: string[] = []
  const mask = (whole: string, quote: string, name: string, colon: string, value: string) => {
    const secret = unescaped(value)
    if (value === '' || !isSecretField(name) || isPlaceholder(value)) return whole
    if (worthHunting(secret)) secrets.push(secret)
    const hidden = placeholder(secret, Buffer.byteLength(value))
    return `${quote}${name}${quote}${colon}${quote}${hidden}${quote}`
  }
  const text = body.replaceAll(jsonPair, mask).replaceAll(escapedPair, mask)
  return { text, secrets }
}

/** What begins each known key, and what the rest of it looks like. `*` is a vendor's own masking. */
const keyShapes: readonly (readonly [begin: string, rest: string])[] = [
  ['sk-', String.raw`(?:(?=[\w*-]*[\d*])[\w*-]{10,}|[\w*-]{20,})`],
  ['AIza', String.raw`[\w-]{20,}`],
  ['gsk_', '[A-Za-z0-9]{16,}'],
  ['xai-', String.raw`(?=[\w-]*\d)[\w-]{16,}`],
  ['hf_', '[A-Za-z0-9]{16,}'],
  ['AKIA', '[A-Z0-9]{12,}'],
  ['ASIA', '[A-Z0-9]{12,}'],
  ['ghp_', '[A-Za-z0-9]{16,}'],
  ['gho_', '[A-Za-z0-9]{16,}'],
  ['ghs_', '[A-Za-z0-9]{16,}'],
  ['github_pat_', String.raw`\w{16,}`],
  ['glpat-', String.raw`[\w-]{16,}`],
  ['pplx-', '[A-Za-z0-9]{16,}'],
  ['nvapi-', String.raw`[\w-]{16,}`],
  ['r8_', '[A-Za-z0-9]{16,}'],
  ['xoxb-', '[A-Za-z0-9-]{16,}'],
  ['xoxp-', '[A-Za-z0-9-]{16,}'],
  ['eyJ', String.raw`[\w-]{8,}(?:\.[\w-]{4,}){2,4}`],
]

// Each pattern begins with plain letters and ends with the secret, so that most text is passed over
// as fast as the machine can compare.
const keys = new RegExp(`()(${keyShapes.map(([begin, rest]) => begin + rest).join('|')})`, 'g')

/** A token after `Bearer`, which prose about bearer tokens does not look like. */
const bearers = /(Bearer(?: |%20|\+){1,3})((?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)/g

/** Tokens that a service hands out. Other names, such as `token`, are ordinary words in answers. */
const handedOut = String.raw`"(?:(?:access|refresh|id)_token|client_secret|api_key)\\*"\s*:\s*\\*"`
/** An escape such as `\/` is a part of the token, an escaped quote is its end in JSON within JSON. */
const tokenText = String.raw`(?:[^"\\\s]|\\[^"\s])`
const tokenFields = new RegExp(`(${handedOut})(${tokenText}+)`, 'g')

/** What a key may stand after: no letter or digit, or an escape that ends in one. */
const keyMayFollow = /(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})$/

export interface Found {
  readonly from: number
  readonly secret: string
}

function* matches(text: string, pattern: RegExp, mayFollow?: RegExp): Generator<Found> {
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const [, before = '', secret = ''] = found
    const from = found.index + before.length
    if (!mayFollow || mayFollow.test(text.slice(Math.max(0, from - 6), from))) {
      yield { from, secret }
    } else {
      pattern.lastIndex = found.index + 1
    }
  }
}

/** Every secret in `text` that can be told by its looks. */
export function secretsByLooks(text: string): Found[] {
  return [
    ...matches(text, keys, keyMayFollow),
    ...matches(text, bearers),
    ...matches(text, tokenFields),
  ].filter(({ secret }) => !isPlaceholder(secret))
}

/** The characters that keys are made of, with those that escapes are. */
export const isKeyCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 64 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  '-_.~+/=%*\\'.includes(String.fromCharCode(code))

const keyBeginnings = keyShapes.map(([begin]) => begin)

/** Where in a run of key characters a key could be standing. */
const mayBegin = new RegExp(`${keyBeginnings.join('|')}|(?<=Bearer(?:%20|\\+))`)

/** The index in `run`, a run of key characters not yet over, from where it may be a secret. */
export function unfinishedKeyIn(run: string, before: string): number {
  if (run.length > 0 && /Bearer(?: |%20|\+)+$/.test(before)) return 0
  const begun = mayBegin.exec(run)?.index ?? run.length
  const beginnings = keyBeginnings.map((begin) => unfinishedLiteral(run, begin))
  return Math.min(begun, ...beginnings)
}

const openField = new RegExp(String.raw`(${handedOut})${tokenText}*\\?$`)

/** Where the text of a token field begins that the end of `tail` cuts off. */
export function unfinishedFieldIn(tail: string): number {
  const found = openField.exec(tail)
  return found ? found.index + (found[1] ?? '').length : tail.length
}

/** Where the longest end of `text` begins that is the beginning of `literal`. */
export function unfinishedLiteral(text: string, literal: string): number {
  for (let length = Math.min(literal.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(literal.slice(0, length))) return text.length - length
  }
  return text.length
}
