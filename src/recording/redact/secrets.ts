/**
 * What a secret is: where requests carry them, how fields are named that hold one, and what stands
 * in its place. What keys look like is in secrets-shapes.ts.
 * Pure. Must never hold a secret longer than its caller does.
 */
import { createHash } from 'node:crypto'
import type { Headers } from '../../core/http.ts'
import { fieldValues, unescaped } from './secrets-fields.ts'

/** Shorter values are words, not secrets: hunting for them would tear up ordinary text. */
const shortestHunted = 6
const shortestHuntedCookie = 8
/** A user name is no secret, but services that take a key as the user name have long ones. */
const shortestHuntedUser = 12
/** Below this a hash could be undone by trying out; above it, it tells nothing. */
const shortestHashed = 20

/** What people write where a key is asked for and none is needed. */
export const noSecrets: ReadonlySet<string> = new Set(
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
  ].concat(
    ['api-key', 'apikey', 'api_key', 'bearer', 'null', 'password', 'string', 'undefined'],
    ['unused', 'your-api-key', 'your_api_key'],
  ),
)

/** Words and numbers that people choose can be found by trying, however long they are. */
const isHardToGuess = (secret: string): boolean =>
  secret.length >= shortestHashed &&
  !secret.includes('@') &&
  /\d/.test(secret) &&
  /[a-z]/i.test(secret)

/**
 * Stands for a secret in exactly as many bytes. Long secrets get a mark, the same for the same
 * secret everywhere, so that a reader can tell two apart; those that can be guessed get none, since
 * a guess could be confirmed by its mark.
 */
export function placeholder(secret: string, length: number): string {
  if (length < 8) return 'x'.repeat(length)
  const name = isHardToGuess(secret) ? `REDACTED-${markOf(secret)}-` : 'REDACTED'
  return name.padEnd(length, 'x').slice(0, length)
}

const markOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('hex').slice(0, 8)

const onlyPlaceholder = /^(?:x{1,7}|REDACTED(?:-[0-9a-f]{8}-)?x*)$/

/** What other tools, and those who use them, put in the place of a key. */
const placeholderOfOthers =
  /^(?:(?:<|%3C|\[|\{\{ ?)[A-Za-z_][\w -]{1,48}(?:>|%3E|\]| ?\}\})|\*{3,}|(?:dummy|redacted|filtered|masked|scrubbed)(?:[-_ ]?[a-z]{1,8}){0,2})$/i

/** Masking twice is masking once, whoever was the first. */
export const isPlaceholder = (text: string): boolean =>
  onlyPlaceholder.test(text) || placeholderOfOthers.test(text)

/** A number stays one, and its digits say nothing. */
export const hiddenNumber = (written: string): string => written.replaceAll(/\d/g, '1')

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

/** Also in the plural, as a list of them is named; `fields` are further names. */
const isNamedLikeSecret = (plain: string, fields: readonly string[]): boolean =>
  hasSecretEnd(plain) ||
  (plain.endsWith('s') && hasSecretEnd(plain.slice(0, -1))) ||
  fields.some((field) => bare(field) === plain)

export const isSecretField = (name: string, fields: readonly string[] = []): boolean =>
  shortNames.has(bare(name)) || isNamedLikeSecret(bare(name), fields)

/** `token` and the like are counts where they are numbers. */
export const isSecretNumber = (name: string, fields: readonly string[] = []): boolean =>
  isNamedLikeSecret(bare(name), fields)

const isSecretParameter = (name: string, fields: readonly string[]): boolean =>
  shortParameters.has(bare(name)) || isSecretField(name, fields)

/** Whether a value that stands where secrets stand is one. */
export const worthHunting = (value: string, shortest = shortestHunted): boolean =>
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

/** Whether a value is secret although its name does not say so; one character a byte. */
type HoldsSecret = (value: string) => boolean

const never: HoldsSecret = () => false

/** `a=1&key=SECRET`, as in a query or a form. */
export function maskPairs(
  pairs: string,
  fields: readonly string[] = [],
  holdsSecret: HoldsSecret = never,
): Masked {
  const secrets: string[] = []
  const masked = pairs.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const value = pair.slice(equals + 1)
    if (equals < 0 || value === '' || isPlaceholder(value)) return pair
    const secret = decoded(value)
    const isNamed = isSecretParameter(decoded(pair.slice(0, equals)), fields)
    if (!isNamed && !holdsSecret(Buffer.from(secret, 'utf8').toString('latin1'))) return pair
    if (worthHunting(secret)) secrets.push(secret)
    return `${pair.slice(0, equals + 1)}${placeholder(secret, value.length)}`
  })
  return { text: masked.join('&'), secrets }
}

/** Pairs as they are compared: secrets all alike, however long. */
export const levelPairs = (pairs: string, fields: readonly string[] = []): string[] =>
  pairs.split('&').map((pair) => {
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    const hidden = equals > 0 && isSecretParameter(decoded(name), fields)
    return hidden ? `${name}=REDACTED` : levelPlaceholders(pair)
  })

/** Whether a body of this type is a form, written as pairs. */
export const isForm = (contentType: string | undefined): boolean =>
  /x-www-form-urlencoded/i.test(contentType ?? '')

/** The query of a URL, absolute or not; the fragment stays as it is. */
export function maskUrl(url: string, fields: readonly string[] = []): Masked {
  const [, path = '', query, fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? []
  if (query === undefined) return { text: url, secrets: [] }
  const masked = maskPairs(query, fields)
  return { text: `${path}?${masked.text}${fragment}`, secrets: masked.secrets }
}

/** Looked for by its quote: from each letter of 6 MB of prose onwards it took eight seconds. */
const anyName = /"(?<=([\w-]{1,64})(\\*)")\s*:\s*/g

/** The secret fields of a JSON body, wherever they stand in it; all else stays as it is. */
export function maskJson(body: string, fields: readonly string[] = []): Masked {
  const text = Buffer.from(body, 'utf8').toString('latin1')
  const isSecret = (name: string, isNumber: boolean): boolean =>
    isNumber ? isSecretNumber(name, fields) : isSecretField(name, fields)
  const { values } = fieldValues(text, anyName, isSecret)
  const secrets: string[] = []
  let masked = ''
  let done = 0
  for (const value of values) {
    if (value.from < done || isPlaceholder(value.written)) continue
    const secret = unescaped(value)
    const length = value.to - value.from
    if (worthHunting(secret)) secrets.push(secret)
    const hidden = value.isNumber ? hiddenNumber(value.written) : placeholder(secret, length)
    masked += text.slice(done, value.from) + hidden
    done = value.to
  }
  const latin1 = masked + text.slice(done)
  return { text: Buffer.from(latin1, 'latin1').toString('utf8'), secrets }
}

/** A part of a multipart form, with its name. */
const namedPart =
  /^(content-disposition:[^\r\n]*?\bname="?([^"\r\n;]*)"?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n)([\s\S]*?)(?=\r?\n--)/gim

/** Whether a body of this type is a form of several parts. */
export const isMultipart = (contentType: string | undefined): boolean =>
  /^\s*multipart\//i.test(contentType ?? '')

/** The fields of a form of several parts; given as one character a byte. */
export function maskParts(body: string, fields: readonly string[] = []): Masked {
  const secrets: string[] = []
  const text = body.replaceAll(namedPart, (whole, head: string, name: string, value: string) => {
    if (value === '' || !isSecretField(name, fields) || isPlaceholder(value)) return whole
    const secret = Buffer.from(value, 'latin1').toString('utf8')
    if (worthHunting(secret)) secrets.push(secret)
    return head + placeholder(secret, value.length)
  })
  return { text, secrets }
}

const answerNames =
  /((?:[aA]pi|[sS]ecret|[pP]rivate|[sS]ubscription)[_-]?[kK]ey|[sS]ecret_?[aA]ccess_?[kK]ey|(?:[aA]ccess|[rR]efresh|[iI]d|[aA]uth|[sS]ession|[bB]earer|[sS]ecurity)_?[tT]oken|[cC]lient_?[sS]ecret|[pP]assword|[pP]asswd)s?(\\*)"\s*:\s*/g

/** How each of these ends, but for a plural. */
export const endsOfNames = ['key', 'Key', 'oken', 'cret', 'word', 'sswd'] as const

/** Without one of these there is no such name in a text, nor the beginning of its value. */
export const signsOfNames: readonly string[] = endsOfNames.flatMap((end) =>
  ['"', '\\', 's"', 's\\'].map((after) => end + after),
)

/**
 * Which names in an answer say that a secret follows. Others, such as `token`, are ordinary words
 * there; what the user names is looked for as well.
 */
export function namesInAnswers(fields: readonly string[]): RegExp {
  if (fields.length === 0) return answerNames
  const named = fields.map((field) =>
    [...bare(field)].map((letter) => `[${letter}${letter.toUpperCase()}]`).join('[_-]?'),
  )
  return new RegExp(`((?<![\\w-])(?:${named.join('|')})|${answerNames.source.slice(1)}`, 'g')
}
