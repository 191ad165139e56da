/** What a dialect answers at a route of its own that is not chat. */
import type { Dialect } from '../../src/core/dialect.ts'
import { seededRandom } from '../../src/time/random.ts'
import { type Addressed, httpRequest, jsonRequest } from './wire.ts'

export interface RouteQuestion extends Addressed {
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
  readonly models?: readonly string[]
}

/** The answer's JSON, or the error that it is. */
export function answered(dialect: Dialect, question: RouteQuestion): Record<string, unknown> {
  const { method = 'POST', body, models, ...at } = question
  const route = dialect.routes.find((one) => one.method === method && one.path === at.path)
  const http = body === undefined ? httpRequest(at, new Uint8Array()) : jsonRequest(at, body)
  const memory = { recall: () => undefined, forget: () => false, cancel: () => undefined }
  const random = seededRandom('seed')
  const answer = route?.answer?.(http, { memory, random, createdMs: 0, models })
  if (!answer) throw new Error(`nothing answers ${method} ${at.path}`)
  return 'body' in answer && !('code' in answer) ? JSON.parse(String(answer.body)) : { ...answer }
}
