/**
 * What ids look like, and the numbers they get: the first of a request is 1, wherever it comes
 * from, so that two requests match whose ids differ but stand for the same things. Pure.
 */

const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'

const uuids = new RegExp(`(?<![0-9A-Za-z])${uuid}(?![0-9A-Za-z])`, 'g')
const onlyUuid = new RegExp(`^${uuid}$`)

/** How services begin the ids that they draw for replies, messages and calls. */
const prefixes = [
  ...['chatcmpl-tool-', 'chatcmpl-', 'cmpl-', 'call_', 'toolu_', 'srvtoolu_', 'tooluse_'],
  ...['msg_', 'msg-', 'resp_', 'rs_', 'fc_', 'ws_', 'mcp_', 'req_', 'req-', 'gen-', 'run-', 'run_'],
  ...['thread_', 'step_', 'conv_', 'evt_', 'trace_', 'trace-', 'lc_run-'],
]

const shaped = new RegExp(`(?<![\\w-])(?:${prefixes.join('|')})[\\w-]{8,}`, 'g')

/** A digit, or both cases: words that people choose seldom have either. */
const looksRandom = (text: string): boolean =>
  /\d/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text.slice(1)))

const looksShaped = (text: string): boolean =>
  looksRandom(text.slice((prefixes.find((prefix) => text.startsWith(prefix)) ?? '').length))

/** Whether a whole text looks as if it was drawn by chance. */
export const looksDrawn = (text: string): boolean =>
  text.length >= 8 && !/\s/.test(text) && (onlyUuid.test(text) || looksRandom(text))

export const isUuid = (text: string): boolean => onlyUuid.test(text)

interface IdText {
  readonly from: number
  readonly text: string
}

export const uuidsIn = (text: string): IdText[] =>
  text.includes('-')
    ? [...text.matchAll(uuids)].map((found) => ({ from: found.index, text: found[0] }))
    : []

export const idsIn = (text: string): IdText[] =>
  [...text.matchAll(shaped)]
    .filter(([found]) => looksShaped(found))
    .map((found) => ({ from: found.index, text: found[0] }))

const idLike = /[A-Za-z0-9][\w-]{7,}/g

const onlyNumber = /^‹id \d+›$/

/** Gives out the numbers of one request. */
export class Ordinals {
  readonly #numbers = new Map<string, number>()

  /** The same for the same id. */
  of(id: string): string {
    if (onlyNumber.test(id)) return id // It is masked already: masking twice is masking once.
    const known = this.#numbers.get(id) ?? this.#numbers.size + 1
    this.#numbers.set(id, known)
    return `‹id ${known}›`
  }

  /** Ids that already have a number, where they turn up in a text. */
  knownIn(text: string): IdText[] {
    if (this.#numbers.size === 0) return []
    return [...text.matchAll(idLike)]
      .filter(([found]) => this.#numbers.has(found))
      .map((found) => ({ from: found.index, text: found[0] }))
  }
}
