/**
 * The stream of InvokeModel: chunks that hold the model's own events in base64. What the model's
 * format makes of a reply is written through this as through any other framing.
 */
import type { Frame, Framing } from '../../core/frame.ts'
import type { Random } from '../../core/random.ts'
import { awsEventStream } from '../../framing/index.ts'
import { type JsonObject, parseObject } from '../shapes/json-body.ts'
import { padding } from './padding.ts'

const outer = awsEventStream()

/** Messages with headers of their own, such as exceptions, stand beside the chunks. */
export function invokeFraming(random: Random): Framing {
  return {
    ...outer,
    encode(message) {
      const { data, headers } = message
      if (headers || data === undefined) return outer.encode(message)
      const bytes = Buffer.from(data).toString('base64')
      return outer.encode({ event: 'chunk', data: JSON.stringify({ bytes, p: padding(random) }) })
    },
  }
}

/** The model's own event in a chunk; undefined where it holds none. */
export function innerEvent({ event, data }: Frame): JsonObject | undefined {
  const chunk = event === 'chunk' && data !== undefined ? parseObject(data) : undefined
  const bytes = chunk?.['bytes']
  return typeof bytes === 'string' ? parseObject(decode(bytes)) : undefined
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** What the service adds to the last event of a model. */
export const metricsKey = 'amazon-bedrock-invocationMetrics'

export interface InvocationMetrics {
  readonly inputTokenCount: number
  readonly outputTokenCount: number
  readonly invocationLatency: number
  readonly firstByteLatency: number
}
