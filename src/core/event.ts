/**
 * Neutral events: what authors write and viewers read. They are never the storage format: what a
 * dialect cannot name stays a `raw` event with its frame.
 */
import type { ApiError } from './api-error.ts'

/** Why a reply ended, in neutral words; a vendor's own word is kept as it is. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | (string & {})

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens?: number
  readonly cachedTokens?: number
}

export type EventBody =
  | { readonly type: 'start' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | {
      readonly type: 'tool-start'
      readonly index: number
      readonly id?: string
      readonly name: string
    }
  | { readonly type: 'tool-arguments'; readonly index: number; readonly text: string }
  | { readonly type: 'tool-end'; readonly index: number }
  | { readonly type: 'citation'; readonly citation: unknown }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'error'; readonly error: ApiError }
  | { readonly type: 'comment'; readonly text: string }
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  | { readonly type: 'finish'; readonly reason: FinishReason }

/** `choice` is the index of the answer it belongs to; 0 where there is only one. */
export type Event = EventBody & { readonly choice?: number }

export type EventType = Event['type']

export const eventTypes: readonly EventType[] = [
  'start',
  'text',
  'reasoning',
  'refusal',
  'tool-start',
  'tool-arguments',
  'tool-end',
  'citation',
  'usage',
  'error',
  'comment',
  'raw',
  'finish',
]

/** The generated text that an event brings, empty where it brings none. Tokens are counted on it. */
export function generatedText(event: Event): string {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'tool-arguments':
      return event.text
    default:
      return ''
  }
}
