/** A request as limits see it, before anything answers it. */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Asked } from './answered.ts'

export interface Countable {
  readonly asked: Asked
  /** What it was understood as, or why the dialect refuses it. */
  readonly request: ChatRequest | ApiError
  readonly key: string | undefined
  readonly model: string | undefined
}
