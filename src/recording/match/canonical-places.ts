/**
 * What a text in a request is there for, by the names on the way to it: what somebody says must
 * never be taken for something else, an id that is drawn anew for every run must never count.
 * Pure; knows the words of APIs, not their formats.
 */

/**
 * `said`: by a user or the model; `instructions`: to the model; `tool`: what tools were asked and
 * answered; `data`: all else.
 */
type Kind = 'said' | 'instructions' | 'tool' | 'data'

export interface Place {
  readonly kind: Kind
  /** In what a tool was given or gave, where names are the tool's own. */
  readonly isNested: boolean
  /** In the outermost mapping. */
  readonly isTop: boolean
}

export const outside: Place = { kind: 'data', isNested: false, isTop: true }

const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const saidNames = words(
  'messages contents input inputs inputtext prompt message query q question text content parts history chathistory conversationhistory userinput',
)
const instructionNames = words(
  'system instructions systeminstruction systemprompt preamble developer',
)
const toolNames = words(
  'toolcalls toolcall functioncall functioncalls functionresponse tooluse toolresult toolresults toolinvocations toolinvocation tooloutputs',
)
const toolRoles = words('tool function ipython toolresult')
const toolTypes =
  /^(?:tool|function|computer|custom|mcp|local|server|web)[-_].*(?:call|use|result|output)|^(?:tool|function)[-_]|^dynamic-tool$/

/** Where a mapping within `place` is: its role or type may say more than its name. */
export function placeOfMapping(place: Place, mapping: ReadonlyMap<string, unknown>): Place {
  if (place.kind === 'tool' || place.kind === 'instructions') return place
  const type = mapping.get('type')
  const role = mapping.get('role')
  if (typeof type === 'string' && toolTypes.test(type)) return { ...place, kind: 'tool' }
  if (typeof role !== 'string') return place
  const plain = bare(role)
  if (plain === 'system' || plain === 'developer') return { ...place, kind: 'instructions' }
  return { ...place, kind: toolRoles.has(plain) ? 'tool' : 'said' }
}

/** What a tool was given and gave is the tool's own affair. */
const nestedNames = words('input args arguments output outputs response result content parameters')

/** Where the value under a name is. */
export function placeUnder(top: Place, name: string): Place {
  const place = top.isTop ? { ...top, isTop: false } : top
  if (place.isNested || place.kind === 'instructions') return place
  const plain = bare(name)
  if (place.kind === 'tool') return nestedNames.has(plain) ? { ...place, isNested: true } : place
  if (toolNames.has(plain)) return { ...place, kind: 'tool' }
  if (instructionNames.has(plain)) return { ...place, kind: 'instructions' }
  if (saidNames.has(plain)) return { ...place, kind: 'said' }
  // Of what is said only some names hold the words; the others say more about them.
  return plain === 'metadata' || /metadata$/.test(plain) ? { ...place, kind: 'data' } : place
}

/** Given by a service to a call of a tool; they look as the service likes. */
const callIdNames = words('toolcallid tooluseid callid functioncallid')

const idNames = words(
  [
    'requestid clientrequestid xrequestid traceid traceparent tracestate spanid parentspanid runid',
    'parentrunid threadid sessionid conversationid dialogid chatid messageid parentmessageid',
    'lastmessageid responseid previousresponseid interactionid previousinteractionid itemid',
    'eventid correlationid idempotencykey invocationid generationid turnid streamid executionid',
    'nonce promptcachekey',
  ].join(' '),
)

/** These stand for what was said before, which is not in the request itself. */
const referenceNames = words('previousresponseid previousinteractionid')

/** How an id is told: any text under this name, only what looks drawn, or none. */
export type IdName = 'any' | 'drawn' | 'reference' | undefined

export function idNameOf(
  place: Place,
  name: string,
  mapping: ReadonlyMap<string, unknown>,
): IdName {
  const plain = bare(name)
  if (referenceNames.has(plain)) return 'reference'
  if (callIdNames.has(plain)) return place.isNested ? 'drawn' : 'any'
  if (idNames.has(plain)) return 'drawn'
  if (plain !== 'id') return undefined
  if (place.kind === 'tool') return place.isNested ? 'drawn' : 'any'
  // Of messages and their parts, and of the request itself; not of prompts, files and documents.
  const isMessage =
    typeof mapping.get('role') === 'string' || typeof mapping.get('type') === 'string'
  return isMessage || place.isTop ? 'drawn' : undefined
}

const stampName =
  /^(?:timestamp|ts|now|today|epoch|created|updated|modified)$|[a-z](?:_at|At|_ts|Ts)$|[tT]ime_?[sS]tamp(?:_?ms|Ms)?$|^(?:current|client|local|request|sent|server)_?(?:time|date|datetime|Time|Date|DateTime)$/

/** Whether what is under this name is the time of something that just happened. */
export const isStampName = (name: string): boolean => stampName.test(name)
