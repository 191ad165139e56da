/**
 * What must hold between the messages of a request, and between its fields: which blocks may stand
 * where, which calls are answered. Says the first mistake as the vendor does; what the vendor is not
 * known to refuse passes. Source: errors that clients of the vendor have reported.
 */
import { isObject, type JsonObject, objectsIn } from '../shapes/json-body.ts'

/** What is wrong, in one sentence that begins with its place; undefined where all is well. */
export const conversationProblem = (messages: readonly JsonObject[]): string | undefined =>
  emptyContent(messages) ??
  misplacedBlock(messages) ??
  unansweredCall(messages) ??
  trailingSpace(messages)

export const toolProblem = (body: JsonObject): string | undefined => {
  const tools = objectsIn(body['tools'])
  const names = tools.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.'
  const choice = body['tool_choice']
  if (!isObject(choice) || choice['type'] === 'none') return undefined
  if (tools.length === 0) {
    return 'tool_choice: tool_choice may only be specified while providing tools.'
  }
  const isUnknown = choice['type'] === 'tool' && !names.includes(String(choice['name']))
  return isUnknown
    ? `tool_choice: Tool '${String(choice['name'])}' not found in provided tools`
    : undefined
}

export function budgetProblem({ thinking, max_tokens: most }: JsonObject): string | undefined {
  const budget = isObject(thinking) ? thinking['budget_tokens'] : undefined
  if (typeof budget !== 'number' || typeof most !== 'number' || budget < most) return undefined
  return 'max_tokens: `max_tokens` must be greater than `thinking.budget_tokens`.'
}

/** What thinking does not go together with. */
export function thinkingProblem(body: JsonObject): string | undefined {
  const { thinking, temperature, tool_choice: choice } = body
  const kind = isObject(thinking) ? thinking['type'] : undefined
  if (kind !== 'enabled' && kind !== 'adaptive') return undefined
  if (typeof temperature === 'number' && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.'
  }
  const isForced = isObject(choice) && (choice['type'] === 'any' || choice['type'] === 'tool')
  return kind === 'enabled' && isForced
    ? 'Thinking may not be enabled when tool_choice forces tool use.'
    : undefined
}

export function stopProblem({ stop_sequences: sequences }: JsonObject): string | undefined {
  const isBlank = (sequence: unknown): boolean => String(sequence).trim() === ''
  return Array.isArray(sequences) && sequences.some(isBlank)
    ? 'stop_sequences: each stop sequence must contain non-whitespace'
    : undefined
}

const mostCached = 4

export function cacheProblem({ tools, system, messages }: JsonObject): string | undefined {
  const blocks = objectsIn(messages).flatMap(({ content }) => objectsIn(content))
  const results = blocks.flatMap(({ type, content }) =>
    type === 'tool_result' ? objectsIn(content) : [],
  )
  const marked = [...objectsIn(tools), ...objectsIn(system), ...blocks, ...results].filter(
    ({ cache_control: cache }) => isObject(cache),
  )
  return marked.length > mostCached
    ? `A maximum of ${mostCached} blocks with cache_control may be provided. Found ${marked.length}.`
    : undefined
}

/** What the version of October 2026 takes no more. */
export function removedProblem(body: JsonObject): string | undefined {
  const field = ['temperature', 'top_p', 'top_k'].find((name) => body[name] !== undefined)
  if (field !== undefined) return `${field}: Extra inputs are not permitted`
  for (const [at, { role, content }] of objectsIn(body['messages']).entries()) {
    for (const [place, block] of objectsIn(content).entries()) {
      const path = `messages.${at}.content.${place}`
      if (role === 'assistant' && block['type'] === 'document') {
        return `${path}: \`document\` blocks can only be in \`user\` messages`
      }
      const texts = block['type'] === 'search_result' ? objectsIn(block['content']) : [block]
      if (role === 'user' && texts.some(isCited)) {
        return `${path}: \`citations\` of text can only be in \`assistant\` messages`
      }
    }
  }
  return undefined
}

const isCited = ({ type, citations }: JsonObject): boolean =>
  type === 'text' && Array.isArray(citations) && citations.length > 0

function emptyContent(messages: readonly JsonObject[]): string | undefined {
  for (const [at, { role, content }] of messages.entries()) {
    const isPrefill = role === 'assistant' && at === messages.length - 1
    if (!isPrefill && (content === '' || (Array.isArray(content) && content.length === 0))) {
      return `messages.${at}: all messages must have non-empty content except for the optional final assistant message`
    }
    const texts = objectsIn(content).filter(({ type }) => type === 'text')
    if (texts.some(({ text }) => text === '')) {
      return 'messages: text content blocks must be non-empty'
    }
  }
  return undefined
}

/** Blocks that only one side of the dialogue has. */
const sides: Readonly<Record<string, string>> = {
  tool_use: 'assistant',
  thinking: 'assistant',
  redacted_thinking: 'assistant',
  tool_result: 'user',
}

function misplacedBlock(messages: readonly JsonObject[]): string | undefined {
  for (const [at, { role, content }] of messages.entries()) {
    for (const { type } of objectsIn(content)) {
      const side = sides[String(type)]
      if (side !== undefined && side !== role) {
        return `messages.${at}: \`${type}\` blocks can only be in \`${side}\` messages`
      }
    }
  }
  return undefined
}

interface Turn {
  readonly at: number
  readonly role: unknown
  readonly blocks: JsonObject[]
}

/** Messages of one side that follow each other are one turn, whatever the system says between. */
function turnsOf(messages: readonly JsonObject[]): Turn[] {
  const turns: Turn[] = []
  for (const [at, { role, content }] of messages.entries()) {
    if (role === 'system') continue
    const last = turns.at(-1)
    if (last?.role === role) last?.blocks.push(...objectsIn(content))
    else turns.push({ at, role, blocks: objectsIn(content) })
  }
  return turns
}

/** Every call is answered in the turn that follows it, and nothing else is. */
function unansweredCall(messages: readonly JsonObject[]): string | undefined {
  const turns = turnsOf(messages)
  for (const [position, turn] of turns.entries()) {
    const called = idsIn(turns[position - 1], 'tool_use', 'id')
    const answered = idsIn(turn, 'tool_result', 'tool_use_id')
    const missing = called.filter((id) => !answered.includes(id))
    if (missing.length > 0) {
      return `messages.${turns[position - 1]?.at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
    }
    const stray = answered.find((id) => !called.includes(id))
    if (stray !== undefined) {
      return `messages.${turn.at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
    }
  }
  return undefined
}

const idsIn = (turn: Turn | undefined, type: string, field: string): string[] =>
  (turn?.blocks ?? []).flatMap((block) => (block['type'] === type ? [String(block[field])] : []))

function trailingSpace(messages: readonly JsonObject[]): string | undefined {
  const last = messages.at(-1)
  if (last?.['role'] !== 'assistant') return undefined
  const { content } = last
  const text = typeof content === 'string' ? content : objectsIn(content).at(-1)?.['text']
  return typeof text === 'string' && /\s$/.test(text)
    ? 'messages: final assistant content cannot end with trailing whitespace'
    : undefined
}
