/** Amazon Nova by InvokeModel: the events of Converse, each under its own name. */
import type { Message } from '../../core/frame.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import { partsEncoder } from '../shapes/parts-encoder.ts'
import { ConverseReader, converseGrammar } from './converse-parts.ts'
import { parseConverse } from './converse-request.ts'
import { converseBody, readConverseBody } from './converse-whole.ts'
import type { EncoderOptions, ModelFamily } from './family.ts'
import { metricsKey } from './invoke-framing.ts'

const events = [
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
]

const eventIn = (inner: JsonObject): string | undefined => events.find((name) => name in inner)

export const nova: ModelFamily = {
  models: /(^|[./])amazon\.nova/,
  parse: parseConverse,
  encoder({ reply, framing, metrics }: EncoderOptions) {
    const write = (event: string, members: object): Message => {
      const last = event === 'metadata' ? { [metricsKey]: metrics() } : {}
      return { data: JSON.stringify({ [event]: members, ...last }) }
    }
    return partsEncoder(framing, converseGrammar(reply, write))
  },
  owns: (inner) => eventIn(inner) !== undefined || isObject(inner['output']),
  reader() {
    const reader = new ConverseReader()
    return {
      end: () => reader.end(),
      read(inner) {
        const event = eventIn(inner) ?? ''
        const members = inner[event]
        return isObject(members) ? reader.read(members, event) : undefined
      },
    }
  },
  whole: converseBody,
  readWhole: (body) => readConverseBody(body) ?? [],
}
