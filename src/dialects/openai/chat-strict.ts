/**
 * What OpenAI refuses in a request whose fields are right one by one: fields that it does not know,
 * fields that need another, and calls that do not fit their answers. Its sentences as far as they
 * are known, with the vendor's spelling.
 */
import { lazy } from '../../core/lazy.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { type StrictBody, strictRequest } from './chat-schema.ts'
import { type Mistake, wrongValue } from './refuse.ts'
import { misshapenChoice, undeclaredChoice } from './tool-choice.ts'

/** `ownFields` are those of the service besides OpenAI's. */
export function strictMistake(
  body: JsonObject,
  data: StrictBody,
  ownFields: readonly string[],
): Mistake | undefined {
  return (
    unknownFields(body, ownFields) ??
    withoutTools(data) ??
    choiceMistake(data) ??
    withoutLogprobs(data) ??
    unpairedCalls(data.messages)
  )
}

const knownFields = lazy(() => new Set(Object.keys(strictRequest.shape)))

function unknownFields(body: JsonObject, ownFields: readonly string[]): Mistake | undefined {
  const known = knownFields()
  const unknown: string[] = []
  for (const name in body) {
    if (!known.has(name) && !ownFields.includes(name)) unknown.push(name)
  }
  if (unknown.length === 0) return undefined
  const noun = unknown.length === 1 ? 'argument' : 'arguments'
  return { message: `Unrecognized request ${noun} supplied: ${unknown.join(', ')}`, code: null }
}

/** To choose none of no tools is no mistake. */
function withoutTools(data: StrictBody): Mistake | undefined {
  if (data.tools) return undefined
  const { tool_choice: choice, parallel_tool_calls: parallel } = data
  if (choice != null && choice !== 'none' && !misshapenChoice(choice)) return only('tool_choice')
  return parallel == null ? undefined : only('parallel_tool_calls')
}

const only = (param: string): Mistake => ({
  message: `Invalid value for '${param}': '${param}' is only allowed when 'tools' are specified.`,
  param,
  code: null,
})

const choices = ['function', 'custom', 'allowed_tools']

function choiceMistake({ tools, tool_choice: choice }: StrictBody): Mistake | undefined {
  if (choice == null) return undefined
  const misshapen = misshapenChoice(choice)
  if (misshapen || !isObject(choice)) return misshapen
  const { type } = choice
  if (!choices.some((known) => known === type)) return wrongValue('tool_choice.type', type, choices)
  const declared = (tools ?? []).flatMap((tool) => tool[tool.type]?.name ?? [])
  return undeclaredChoice(choice, { nested: true, declared })
}

function withoutLogprobs(data: StrictBody): Mistake | undefined {
  if (!data.top_logprobs || data.logprobs) return undefined
  return {
    message: "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
    param: 'top_logprobs',
    code: null,
  }
}

/** Every call is answered by the messages right after it, and every answer has its call. */
function unpairedCalls(messages: StrictBody['messages']): Mistake | undefined {
  if (!messages.some(({ role, tool_calls: calls }) => role === 'tool' || calls)) return undefined
  let called: ReadonlySet<unknown> = new Set()
  const open = new Set<unknown>()
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      const id = message['tool_call_id']
      if (!called.has(id)) return unasked(at, id, called)
      open.delete(id)
      continue
    }
    if (open.size > 0) break
    called = new Set((message.tool_calls ?? []).map((call) => call.id))
    for (const id of called) open.add(id)
  }
  return open.size === 0 ? undefined : unanswered(open)
}

function unasked(at: number, id: unknown, called: ReadonlySet<unknown>): Mistake {
  if (called.size === 0) {
    return {
      message:
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      param: `messages.[${at}].role`,
      code: null,
    }
  }
  return {
    message: `Invalid parameter: 'tool_call_id' of '${String(id)}' not found in 'tool_calls' of previous message.`,
    param: `messages.[${at}].tool_call_id`,
    code: null,
  }
}

const unanswered = (open: ReadonlySet<unknown>): Mistake => ({
  message: `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
  param: 'messages',
  code: null,
})
