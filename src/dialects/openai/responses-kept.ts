/**
 * What the Responses API does with a response that it has kept: retrieve it, stream it again from any
 * of its events on, cancel it, delete it, and list what it was asked.
 */
import type { ApiError } from '../../core/api-error.ts'
import {
  isApiError,
  type KeptReply,
  type Memory,
  type Resumption,
  type Route,
  type RouteContext,
} from '../../core/dialect.ts'
import type { Frame } from '../../core/frame.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { isObject, type JsonObject, parseObject } from '../shapes/json-body.ts'
import { type Mistake, outside, wrongType, wrongValue } from './refuse.ts'
import { wholeResponse } from './responses-encoder.ts'
import { mistake } from './responses-error.ts'
import { inputItems, keyOf, recallResponse } from './responses-input.ts'
import { responseObject, type Status, writeJson } from './responses-object.ts'
import { readRequest } from './responses-request.ts'
import { includable } from './responses-schema.ts'

type Answer = HttpReply | ApiError | Resumption

/** Routes below a path such as `/v1/responses`. */
export const keptRoutes = (path: string): readonly Route[] => [
  { method: 'GET', path: `${path}/:id`, answer: withKept(retrieve) },
  { method: 'DELETE', path: `${path}/:id`, answer: withKept(remove) },
  { method: 'POST', path: `${path}/:id/cancel`, answer: withKept(cancel) },
  { method: 'GET', path: `${path}/:id/input_items`, answer: withKept(listInput) },
  { method: 'POST', path: `${path}/input_tokens`, answer: countInput },
]

type Act = (kept: KeptReply, http: HttpRequest, memory: Memory) => Answer

const withKept =
  (act: Act) =>
  (http: HttpRequest, { memory }: RouteContext): Answer => {
    const id = http.params['id'] ?? ''
    const kept = recallResponse(id, memory)
    if (kept) return act(kept, http, memory)
    const message = `Response with id '${id}' not found.`
    return mistake({ code: null, status: 404, message })
  }

function retrieve(kept: KeptReply, { query }: HttpRequest): Answer {
  const found = queryMistake(query)
  if (found) return mistake(found)
  if (query.get('stream') !== 'true') return reply(keptResponse(kept))
  const named = query.get('starting_after')
  const after = Number(named ?? -1)
  const skip = (frame: Frame): boolean => sequenceOf(frame) <= after
  return { resume: keyOf(kept.reply), skip, ...(named === null ? {} : { after: named }) }
}

function queryMistake(query: URLSearchParams): Mistake | undefined {
  const stream = query.get('stream') ?? 'false'
  const after = query.get('starting_after') ?? '0'
  if (stream !== 'true' && stream !== 'false') return wrongType('stream', 'a boolean', stream)
  if (!/^-?\d+$/.test(after)) return wrongType('starting_after', 'an integer', after)
  if (Number(after) < 0) return outside('starting_after', Number(after), { least: 0 })
  const named = [...query].filter(([name]) => /^include(?:\[\d*\])?$/.test(name))
  const unknown = named.find(([, value]) => !includable.some((known) => known === value))
  return unknown && wrongValue('include', unknown[1], includable)
}

/** What is no event of the grammar, such as a comment, has no number, and is sent again. */
function sequenceOf({ data = '' }: Frame): number {
  const number = parseObject(data)?.['sequence_number']
  return typeof number === 'number' ? number : Number.POSITIVE_INFINITY
}

const reply = (value: unknown): HttpReply => ({
  ...jsonReply(200, null),
  body: writeJson(value, 2),
})

function keptResponse(kept: KeptReply): JsonObject {
  const status = unfinished(kept)
  return status ? responseObject(kept.reply, { status }) : wholeResponse(kept.events, kept.reply)
}

function unfinished({ cancelled, inFlight }: KeptReply): Status | undefined {
  if (cancelled) return 'cancelled'
  return inFlight ? 'in_progress' : undefined
}

function remove(kept: KeptReply, http: HttpRequest, memory: Memory): Answer {
  const deleted = memory.forget(keyOf(kept.reply))
  return reply({ id: http.params['id'], object: 'response', deleted })
}

function cancel(kept: KeptReply, _: HttpRequest, memory: Memory): Answer {
  const { body } = kept.reply.request
  if (!isObject(body) || body['background'] !== true) {
    return mistake({ code: null, message: 'Cannot cancel a synchronous response.' })
  }
  // One that has ended stays as it ended.
  if (!kept.inFlight) return reply(keptResponse(kept))
  memory.cancel(keyOf(kept.reply))
  return reply(responseObject(kept.reply, { status: 'cancelled' }))
}

const usualLimit = 20
const mostItems = 100
const orders = ['asc', 'desc']

/** Newest first unless asked otherwise, a page at a time. */
function listInput(kept: KeptReply, { query }: HttpRequest): Answer {
  const limit = Number(query.get('limit') ?? usualLimit)
  if (!Number.isInteger(limit) || limit < 1 || limit > mostItems) {
    const message = `Invalid 'limit': expected an integer from 1 to ${mostItems}.`
    return mistake({ code: 'invalid_value', param: 'limit', message })
  }
  const order = query.get('order') ?? 'desc'
  if (!orders.includes(order)) return mistake(wrongValue('order', order, orders))
  const items = inputItems(kept.reply)
  if (order !== 'asc') items.reverse()
  const last = query.get('after')
  const after = items.findIndex(({ id }) => id === last)
  if (last !== null && after < 0) {
    const message = `Item with id '${last}' is not in the input of this response.`
    return mistake({ code: 'invalid_value', param: 'after', message })
  }
  const rest = items.slice(after + 1)
  const data = rest.slice(0, limit)
  return reply({
    object: 'list',
    data,
    first_id: data[0]?.['id'] ?? null,
    last_id: data.at(-1)?.['id'] ?? null,
    has_more: rest.length > data.length,
  })
}

/** How many tokens the input of a request has. */
function countInput(http: HttpRequest, { memory }: RouteContext): Answer {
  const request = readRequest(http, '', memory)
  if (isApiError(request)) return request
  const count = inputTokens(request.messages)
  return reply({ object: 'response.input_tokens', input_tokens: count })
}
