/**
 * The items that a Responses request brings or refers to: which there are, what they say in neutral
 * words, and what of them a kept response remembers.
 */
import type { ChatMessage, ChatRequest } from '../../core/chat-request.ts'
import type { KeptReply, Memory, ReplyContext } from '../../core/dialect.ts'
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { fold } from '../shapes/said.ts'
import { outputItems } from './responses-encoder.ts'
import { identityOf, itemId, sharedPart } from './responses-object.ts'

/** A request that has all the items it is about, those of the responses before it included. */
export interface ResponsesRequest extends ChatRequest {
  readonly items: readonly JsonObject[]
}

const itemsOf = (request: ChatRequest): JsonObject[] =>
  'items' in request ? objectsIn(request.items) : []

/** What all ids of the response have in common, so that an item leads to it as well. */
export const keyOf = (reply: ReplyContext): string => sharedPart(identityOf(reply).id) ?? ''

export function recallResponse(id: string, memory: Memory | undefined): KeptReply | undefined {
  const kept = memory?.recall(sharedPart(id) ?? '')
  return kept && identityOf(kept.reply).id === id ? kept : undefined
}

/** The items of a request, each with an id: its own, or one that is drawn for it. */
export const inputItems = (reply: ReplyContext): JsonObject[] =>
  itemsOf(reply.request).map((item, index) => {
    const type = typeof item['type'] === 'string' ? item['type'] : 'message'
    if (typeof item['id'] === 'string') return item
    const id = itemId(reply, type, `input/${index}`)
    if (type !== 'message') return { id, status: 'completed', ...item }
    const { role, content } = item
    const spoken = role === 'assistant' ? 'output_text' : 'input_text'
    const parts = typeof content === 'string' ? [{ type: spoken, text: content }] : content
    return { id, type, status: 'completed', content: parts, role }
  })

const keptOutput = ({ events, reply }: KeptReply): JsonObject[] =>
  outputItems(fold(events).choices[0]?.parts ?? [], reply)

/** All that a response is the end of: what it was asked, and what it said. */
export const contextOf = (kept: KeptReply): JsonObject[] => [
  ...inputItems(kept.reply),
  ...keptOutput(kept),
]

/** The item of that id, of any response that is kept. */
export function recallItem(id: string, memory: Memory | undefined): JsonObject | undefined {
  const kept = memory?.recall(sharedPart(id) ?? '')
  return kept && contextOf(kept).find((item) => item['id'] === id)
}

/** Neutral roles; a developer speaks for the system here. */
const roles: Readonly<Record<string, string>> = { developer: 'system' }

/**
 * The items as messages. What an assistant says and calls in one go is one message, as in all other
 * formats; thoughts are none.
 */
export function messagesOf(items: readonly JsonObject[]): ChatMessage[] {
  const messages: ChatMessage[] = []
  for (const item of items) {
    const { type = 'message', role } = item
    if (type === 'message') {
      messages.push({ role: roles[String(role)] ?? String(role), text: textOf(item['content']) })
    } else if (isOutput(item)) {
      messages.push({ role: 'tool', text: textOf(item['output']) })
    } else if (isCall(item) && messages.at(-1)?.role !== 'assistant') {
      messages.push({ role: 'assistant', text: '' })
    }
  }
  return messages
}

const isCall = ({ type }: JsonObject): boolean => /_call$/.test(String(type))
const isOutput = ({ type }: JsonObject): boolean => /_call_output$/.test(String(type))

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (isObject(content)) return JSON.stringify(content)
  return objectsIn(content)
    .flatMap(({ text, refusal }) => {
      const said = text ?? refusal
      return typeof said === 'string' ? [said] : []
    })
    .join('\n')
}

/** The first output that answers no call, or the first call that nothing answers. */
export function unpaired(items: readonly JsonObject[]): string | undefined {
  const called = new Set<unknown>()
  const answered = new Set<unknown>()
  for (const item of items) {
    const { type, call_id: id } = item
    if (!paired.includes(String(type).replace(/_output$/, ''))) continue
    if (isCall(item)) called.add(id)
    else if (called.has(id)) answered.add(id)
    else return `No tool call found for function call output with call_id ${String(id)}.`
  }
  const open = [...called].find((id) => !answered.has(id))
  return open === undefined ? undefined : `No tool output found for function call ${String(open)}.`
}

const paired = ['function_call', 'custom_tool_call']
