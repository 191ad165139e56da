/** The dialects that are written in code; those described as data come with their documents. */
import type { Dialect } from '../core/dialect.ts'
import { openAiChat } from './openai/chat.ts'

export const builtInDialects: readonly Dialect[] = [openAiChat]
