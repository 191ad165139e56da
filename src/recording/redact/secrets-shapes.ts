/**
 * What the keys of known services look like, and what a secret stands behind.
 * Pure. Must stay quick: every chunk of every stream is looked at.
 */

/** What begins each known key, and what the rest of it looks like. `*` is a vendor's own masking. */
const keyShapes: readonly (readonly [begin: string, rest: string])[] = [
  // A name such as `sk-container-id-1`, of words and a small number, is none.
  [
    'sk-',
    String.raw`(?!(?:[a-z]+-+)*[a-z]*-?\d{0,3}(?![\w*-]))(?:(?=[\w*-]*[\d*])[\w*-]{10,}|(?=[\w*-]*[A-Z])[\w*-]{20,})`,
  ],
  ['sess-', '[A-Za-z0-9]{24,}'],
  ['csk-', '[a-z0-9]{24,}'],
  ['AIza', String.raw`[\w-]{20,}`],
  ['AQ.Ab', String.raw`[\w-]{20,}`],
  ['ya29.', String.raw`[\w.-]{20,}`],
  ['GOCSPX-', String.raw`[\w-]{20,}`],
  ['gsk_', '[A-Za-z0-9]{16,}'],
  ['xai-', String.raw`(?=[\w-]*\d)[\w-]{16,}`],
  ['hf_', '[A-Za-z0-9]{16,}'],
  ['AKIA', '[A-Z0-9]{12,}'],
  ['ASIA', '[A-Z0-9]{12,}'],
  ['ABSK', '[A-Za-z0-9+/]{40,}={0,2}'],
  ['bedrock-api-key-', '[A-Za-z0-9+/]{20,}={0,2}'],
  ['ghp_', '[A-Za-z0-9]{16,}'],
  ['gho_', '[A-Za-z0-9]{16,}'],
  ['ghu_', '[A-Za-z0-9]{16,}'],
  ['ghs_', '[A-Za-z0-9]{16,}'],
  ['ghr_', '[A-Za-z0-9]{16,}'],
  ['github_pat_', String.raw`\w{16,}`],
  ['glpat-', String.raw`[\w-]{16,}`],
  ['pplx-', '[A-Za-z0-9]{16,}'],
  ['nvapi-', String.raw`[\w-]{16,}`],
  ['r8_', '[A-Za-z0-9]{16,}'],
  ['dapi', '[0-9a-f]{32}(?:-[0-9])?'],
  ['xoxb-', '[A-Za-z0-9-]{16,}'],
  ['xoxp-', '[A-Za-z0-9-]{16,}'],
  ['xoxa-', '[A-Za-z0-9-]{16,}'],
  ['xoxs-', '[A-Za-z0-9-]{16,}'],
  ['xoxr-', '[A-Za-z0-9-]{16,}'],
  ['xapp-', '[A-Za-z0-9-]{16,}'],
  ['hooks.slack.com/services/', String.raw`[\w/]{20,}`],
  ['sk_live_', '[A-Za-z0-9]{16,}'],
  ['sk_test_', '[A-Za-z0-9]{16,}'],
  ['rk_live_', '[A-Za-z0-9]{16,}'],
  ['rk_test_', '[A-Za-z0-9]{16,}'],
  ['whsec_', '[A-Za-z0-9+/]{20,}={0,2}'],
  ['SK', '[0-9a-f]{32}(?![0-9A-Za-z])'],
  ['SG.', String.raw`[\w-]{16,}\.[\w-]{16,}`],
  ['npm_', '[A-Za-z0-9]{30,}'],
  ['pypi-AgE', String.raw`[\w-]{20,}`],
  ['lsv2_', String.raw`(?:pt|sk)_\w{20,}`],
  ['tvly-', '[A-Za-z0-9-]{20,}'],
  ['pcsk_', String.raw`\w{20,}`],
  ['jina_', '[A-Za-z0-9]{20,}'],
  ['fw_', '[A-Za-z0-9]{20,}'],
  ['tgp_v1_', String.raw`[\w-]{20,}`],
  ['dop_v1_', '[0-9a-f]{32,}'],
  ['shpat_', '[0-9a-f]{24,}'],
  ['eyJ', String.raw`[\w-]{8,}(?:\.[\w-]{4,}){2,4}`],
]

/**
 * No key is longer. Megabytes of letters, as an image has them, overflow the stack of V8 where a
 * pattern would take them all: each is a place to come back to.
 */
const longestKey = 64 * 1024

const bounded = (source: string): string =>
  source
    .replaceAll(/(?<=[\])])\+/g, `{1,${longestKey}}`)
    .replaceAll(/(?<=[\])])\*/g, `{0,${longestKey}}`)
    .replaceAll(/(?<=\{\d+,)\}/g, `${longestKey}}`)

const boundedly = ({ source, flags }: RegExp): RegExp => new RegExp(bounded(source), flags)

interface Shape {
  readonly begin: string
  /** Tried where the letters of `begin` are over. */
  readonly rest: RegExp
}

const pairOf = (before: number, code: number): number => ((before & 255) << 8) | (code & 255)

/** By the last two letters of their beginnings, so that most text is passed over by one look each. */
const shapesByPair = new Map<number, readonly Shape[]>()
const isPairOfShape = new Uint8Array(65_536)
for (const [begin, rest] of keyShapes) {
  const shape = { begin, rest: new RegExp(bounded(rest), 'y') }
  const pair = pairOf(begin.charCodeAt(begin.length - 2), begin.charCodeAt(begin.length - 1))
  shapesByPair.set(pair, [...(shapesByPair.get(pair) ?? []), shape])
  isPairOfShape[pair] = 1
}

/** What stands where the beginning of a key is over, if it may be one. */
function shapeEndingAt(text: string, end: number, pair: number): Shape | undefined {
  return shapesByPair.get(pair)?.find(({ begin }) => {
    const from = end - begin.length
    return text.startsWith(begin, from) && mayFollow(text, from)
  })
}

function keysIn(text: string): Found[] {
  const found: Found[] = []
  let before = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const pair = pairOf(before, code)
    before = code
    const shape = isPairOfShape[pair] === 1 ? shapeEndingAt(text, at + 1, pair) : undefined
    if (!shape) continue
    shape.rest.lastIndex = at + 1
    const [rest] = shape.rest.exec(text) ?? []
    if (rest === undefined) continue
    found.push({ from: at + 1 - shape.begin.length, secret: shape.begin + rest })
    at += rest.length
    before = 0
  }
  return found
}

/** Where the first beginning of a key stands in `text`, and how long it is. */
function beginningIn(text: string): { from: number; length: number } | undefined {
  let before = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const pair = pairOf(before, code)
    before = code
    const shape = isPairOfShape[pair] === 1 ? shapeEndingAt(text, at + 1, pair) : undefined
    if (shape) return { from: at + 1 - shape.begin.length, length: shape.begin.length }
  }
  return undefined
}

/** A token after `Bearer`, which prose about bearer tokens does not look like. */
const bearers = boundedly(/([Bb]earer(?: |%20|\+){1,3})((?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)/g)
const basics = boundedly(/(Basic(?: |%20|\+){1,3})([A-Za-z0-9+/]{8,}={0,2})/g)
/** The password in `https://user:password@host`. */
const userInfo = /(:\\*\/\\*\/[^\s/:@"'<>\\]{0,64}:)([^\s/@"'<>\\]{3,128})(?=@)/g
/** What stands there where it is explained. */
const isExample = /^(?:pass(?:word|wd)?|pwd|secret|token|key|\$.*|\*+)$/i
/** What scripts and settings say: `OPENAI_API_KEY=...`. */
const assigned = boundedly(
  /((?:KEY|TOKEN|SECRET|PASSWORD)\s{0,2}=\s{0,2}\\*["']?)((?=[\w.+/-]*\d)[\w.+/-]{16,}=*)/g,
)
const awsSecrets =
  /([sS]ecret_?[aA]ccess_?[kK]ey["'\s:=\\]{1,8})([A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))/g
/** In the query of a URL that stands in a text, or in a form; the value is long enough for a key. */
const parameters = boundedly(
  /((?:^|[?&\s"'])(?:X-Amz-(?:Signature|Security-Token|Credential)|sig|key|token|code|auth|(?:api_?key|subscription-key|(?:access|refresh|id|auth|session)_token|client_secret|password))=)((?=[\w.~+/%-]*\d)[\w.~+/%-]{16,}=*)/g,
)

/** What a key may stand after: no letter or digit, or an escape that ends in one. */
const keyMayFollow = /(?:^|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2})$/

const mayFollow = (text: string, from: number): boolean =>
  keyMayFollow.test(text.slice(Math.max(0, from - 6), from))

export interface Found {
  readonly from: number
  readonly secret: string
}

function* matches(text: string, pattern: RegExp): Generator<Found> {
  pattern.lastIndex = 0
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    const [, before = '', secret = ''] = found
    yield { from: found.index + before.length, secret }
  }
}

/** Prose about basic authentication is not what it looks like once it is decoded. */
function isBasic({ secret }: Found): boolean {
  const decoded = Buffer.from(secret, 'base64').toString('latin1')
  return /^[ -~]*:[ -~]+$/.test(decoded)
}

const pemBegins = /-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----/g
/** What is passed over between the lines of a key: escapes, and the field name of an event stream. */
const pemParts = boundedly(/\\+[nrt]|[\r\n]+(?:data:)?|[A-Za-z0-9+/=]+|-----END/g)
const longestPem = 8 * 1024

/** The lines of private keys, one by one, so that the line ends stay. */
function* pemLines(text: string): Generator<Found> {
  if (!text.includes('PRIVATE KEY')) return
  pemBegins.lastIndex = 0
  for (let begin = pemBegins.exec(text); begin; begin = pemBegins.exec(text)) {
    pemParts.lastIndex = pemBegins.lastIndex
    for (let part = pemParts.exec(text); part; part = pemParts.exec(text)) {
      const [written] = part
      if (written === '-----END' || part.index > begin.index + longestPem) break
      if (/^[A-Za-z0-9+/=]/.test(written)) yield { from: part.index, secret: written }
    }
  }
}

/**
 * Without one of these no text holds a secret that is found here, nor what one may stand behind:
 * see the patterns above.
 */
export const signsOfShapes: readonly string[] = [
  ...keyShapes.map(([begin]) => begin),
  ...['earer', 'Basic', '@', '=', 'ecret', '//', 'PRIVATE KEY'],
]

/** Every secret in `text` that can be told by its shape, or by what it stands behind. */
export function secretsByShape(text: string): Found[] {
  const found = keysIn(text)
  if (text.includes('earer')) found.push(...matches(text, bearers))
  if (text.includes('Basic')) found.push(...[...matches(text, basics)].filter(isBasic))
  if (text.includes('@')) {
    found.push(...[...matches(text, userInfo)].filter(({ secret }) => !isExample.test(secret)))
  }
  if (text.includes('=')) {
    found.push(...matches(text, assigned), ...matches(text, parameters))
  }
  if (text.includes('ecret')) found.push(...matches(text, awsSecrets))
  found.push(...pemLines(text))
  return found
}

const keyCodes = new Uint8Array(256)
for (const character of '@-_.~+/=%*\\') keyCodes[character.charCodeAt(0)] = 1
for (let code = 48; code < 123; code++) {
  if (/[A-Za-z0-9]/.test(String.fromCharCode(code))) keyCodes[code] = 1
}

/** The characters that keys are made of, with those that escapes are. */
export const isKeyCharacter = (code: number): boolean => keyCodes[code] === 1

const begins = keyShapes.map(([begin]) => begin)
const longestBegin = Math.max(...begins.map(({ length }) => length))
const partsOfBegins = new Set(
  begins.flatMap((begin) => [...begin].map((_, at) => begin.slice(0, at)).filter((part) => part)),
)

const begun = new Set([...begins, ...partsOfBegins])

/** Whether the last letters may be the first of a key. */
export function endsInBeginning(text: string): boolean {
  for (let length = 1; length <= longestBegin && length <= text.length; length++) {
    if (!isKeyCharacter(text.charCodeAt(text.length - length))) return false
    if (begun.has(text.slice(-length))) return true
  }
  return false
}

/** How much of a secret is nothing but the letters that all keys of its service begin with. */
export function knownLetters(secret: string): number {
  let longest = 0
  for (const begin of begins) {
    if (begin.length > longest && secret.startsWith(begin)) longest = begin.length
  }
  return longest
}

/** Where in a run of key characters a token could be standing that has no shape of its own. */
const behind =
  /(?<=[Bb]earer(?:%20|\+)+|Basic(?:%20|\+)+|(?:KEY|TOKEN|SECRET|PASSWORD|[kK]ey|sig|[tT]oken|[sS]ecret|[pP]assword|code|auth|X-Amz-Signature|X-Amz-Credential)=)/
const opener =
  /(?:[Bb]earer(?: |%20|\+)+|Basic(?: |%20|\+)+|:\\*\/\\*\/[^\s/:@"'<>\\]{0,64}:|(?:KEY|TOKEN|SECRET|PASSWORD)\s{0,2}=\s{0,2}\\*["']?|[sS]ecret_?[aA]ccess_?[kK]ey["'\s:=\\]{1,8})$/

/**
 * The index in `run`, a run of key characters not yet over, from where it may be a secret. With
 * `pastLetters` from behind the letters that all keys of a service begin with: those give nothing
 * away, and need not be waited for.
 */
export function unfinishedKeyIn(run: string, before: string, pastLetters: boolean): number {
  if (run.length === 0 || opener.test(before)) return 0
  const key = beginningIn(run)
  const token = /[=+%]/.test(run) ? (behind.exec(run)?.index ?? run.length) : run.length
  if (key && key.from < token) return key.from + (pastLetters ? key.length : 0)
  if (pastLetters || token < run.length) return token
  for (let length = Math.min(longestBegin - 1, run.length); length > 0; length--) {
    if (partsOfBegins.has(run.slice(-length))) return run.length - length
  }
  return run.length
}

/** Where the lines of a private key begin that are not over at the end of `text`. */
export function unfinishedPemIn(text: string): number {
  const begin = text.lastIndexOf('-----BEGIN ')
  if (begin < 0) return text.length
  const from = text.indexOf('-----', begin + 11)
  if (from < 0 || text.includes('-----END', from) || text.length - from > longestPem) {
    return text.length
  }
  return text.slice(begin, from).includes('PRIVATE KEY') ? from + 5 : text.length
}
