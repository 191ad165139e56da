/** What a reply said, folded out of its events: the shape that every whole answer is made from. */
import type { ApiError } from '../../core/api-error.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'

export interface SaidText {
  readonly kind: 'text' | 'reasoning' | 'refusal'
  text: string
  readonly citations: unknown[]
}

export interface SaidCall {
  readonly kind: 'tool'
  /** Among the calls of its choice, from 0. */
  readonly index: number
  readonly id: string | undefined
  readonly name: string
  /** JSON as it was written, perhaps not valid. */
  arguments: string
}

export type SaidPart = SaidText | SaidCall

/** One of the alternative answers. */
export interface Said {
  /** In the order in which they began. Texts of one kind are one part until another kind comes. */
  readonly parts: SaidPart[]
  finish: FinishReason | undefined
}

export interface SaidReply {
  readonly choices: readonly [Said, ...Said[]]
  readonly usage: Usage | undefined
  readonly error: ApiError | undefined
}

/** `choices` is how many were asked for; a script may tell more, and none of it is lost. */
export function fold(events: Iterable<Event>, choices = 1): SaidReply {
  const first: Said = { parts: [], finish: undefined }
  const said: [Said, ...Said[]] = [first]
  const choice = (index: number): Said => {
    while (said.length <= index) said.push({ parts: [], finish: undefined })
    return said[index] ?? first
  }
  choice(Math.max(1, choices) - 1)
  let usage: Usage | undefined
  let error: ApiError | undefined
  for (const event of events) {
    if (event.type === 'usage') usage = event.usage
    else if (event.type === 'error') error ??= event.error
    else add(choice(event.choice ?? 0), event)
  }
  return { choices: said, usage, error }
}

function add(said: Said, event: Event): void {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      textPart(said, event.type).text += event.text
      return
    case 'citation':
      textPart(said, 'text').citations.push(event.citation)
      return
    case 'tool-start': {
      const { index, id, name } = event
      said.parts.push({ kind: 'tool', index, id, name, arguments: '' })
      return
    }
    case 'tool-arguments': {
      const call = callsOf(said).findLast(({ index }) => index === event.index)
      if (call) call.arguments += event.text
      return
    }
    case 'finish':
      said.finish = event.reason
      return
    default:
  }
}

function textPart(said: Said, kind: SaidText['kind']): SaidText {
  const last = said.parts.at(-1)
  if (last && last.kind === kind) return last
  const part: SaidText = { kind, text: '', citations: [] }
  said.parts.push(part)
  return part
}

export const callsOf = ({ parts }: Said): SaidCall[] =>
  parts.filter((part): part is SaidCall => part.kind === 'tool')

/** All texts of that kind, joined; empty where there are none. */
export const textOf = ({ parts }: Said, kind: SaidText['kind']): string =>
  parts.map((part) => (part.kind === kind ? part.text : '')).join('')

/** How it finished: as it says, or as a service would by itself. */
export const finishOf = (said: Said): FinishReason =>
  said.finish ?? (callsOf(said).length > 0 ? 'tool-calls' : 'stop')
