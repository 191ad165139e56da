/** A request as a dialect understood it: what rules match on and templates read. */
import type { HttpRequest } from './http.ts'

export interface ChatMessage {
  readonly role: string
  /** The text parts, joined; empty where the message has none. */
  readonly text: string
}

export interface ChatRequest {
  readonly dialect: string
  readonly http: HttpRequest
  /** The parsed JSON body, or undefined where there is none. */
  readonly body: unknown
  readonly model: string | undefined
  readonly messages: readonly ChatMessage[]
  /** The system prompt; several are joined by a blank line. */
  readonly system: string | undefined
  /** The text of the last message of the user. */
  readonly user: string | undefined
  /** Names of the tools on offer. */
  readonly tools: readonly string[]
  readonly stream: boolean
  /** The dialogue that the request says it belongs to, in dialects that have such an id. */
  readonly dialogue: string | undefined
  /** The number of alternative answers asked for; 1 unless said otherwise. */
  readonly choices: number
}
