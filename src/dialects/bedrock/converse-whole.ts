/** A whole answer in the form of Converse, which Amazon's own models share. */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { finishOf, type SaidPart, type SaidReply } from '../shapes/said.ts'
import { argumentsObject } from '../shapes/whole-calls.ts'
import {
  callIds,
  finishReason,
  readReasoning,
  readUsage,
  signatureOf,
  stopWord,
  usageObject,
} from './converse-parts.ts'

export function converseBody({ choices, usage }: SaidReply, reply: ReplyContext): object {
  const [said] = choices
  const callId = callIds(reply)
  const content = said.parts.map((part) => contentBlock(part, reply, callId))
  return {
    output: { message: { content, role: 'assistant' } },
    stopReason: stopWord(finishOf(said)),
    usage: usageObject(usage ?? { inputTokens: 0, outputTokens: 0 }),
  }
}

function contentBlock(part: SaidPart, reply: ReplyContext, callId: () => string): object {
  if (part.kind === 'tool') {
    const input = argumentsObject(part.arguments)
    return { toolUse: { input, name: part.name, toolUseId: part.id ?? callId() } }
  }
  if (part.kind === 'reasoning') {
    const reasoningText = { signature: signatureOf(reply.random), text: part.text }
    return { reasoningContent: { reasoningText } }
  }
  if (part.citations.length === 0) return { text: part.text }
  return { citationsContent: { citations: part.citations, content: [{ text: part.text }] } }
}

/** Undefined where it is no answer of this form. */
export function readConverseBody(body: JsonObject): Event[] | undefined {
  const message = isObject(body['output']) ? body['output']['message'] : undefined
  if (!isObject(message)) return undefined
  let calls = 0
  const said = objectsIn(message['content']).flatMap((block) => readBlock(block, () => calls++))
  const word = body['stopReason']
  const finish: Event[] =
    typeof word === 'string' ? [{ type: 'finish', reason: finishReason(word) }] : []
  return [{ type: 'start' }, ...said, ...finish, ...(readUsage(body['usage']) ?? [])]
}

function readBlock(block: JsonObject, nextCall: () => number): Event[] {
  const { text, toolUse, reasoningContent, citationsContent } = block
  if (typeof text === 'string') return [{ type: 'text', text }]
  if (isObject(toolUse) && typeof toolUse['name'] === 'string') {
    const index = nextCall()
    const id = typeof toolUse['toolUseId'] === 'string' ? { id: toolUse['toolUseId'] } : {}
    return [
      { type: 'tool-start', index, name: toolUse['name'], ...id },
      { type: 'tool-arguments', index, text: JSON.stringify(toolUse['input'] ?? {}) },
      { type: 'tool-end', index },
    ]
  }
  if (isObject(reasoningContent) && isObject(reasoningContent['reasoningText'])) {
    return readReasoning(reasoningContent['reasoningText']) ?? []
  }
  if (!isObject(citationsContent)) return []
  const { citations, content } = citationsContent
  return [
    ...objectsIn(content).flatMap((part) => readBlock(part, nextCall)),
    ...(Array.isArray(citations) ? citations : []).map(
      (citation: unknown): Event => ({
        type: 'citation',
        citation,
      }),
    ),
  ]
}
