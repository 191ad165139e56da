/**
 * Embedding models by InvokeModel. The vectors are made from the text, whatever the rule that
 * answers has to say, unless that is an error.
 */
import { z } from 'zod'
import type { ReplyContext } from '../../core/dialect.ts'
import { countTokens } from '../grain.ts'
import { embedding } from '../shapes/embedding.ts'
import { isObject } from '../shapes/json-body.ts'
import type { ModelFamily } from './family.ts'
import { parsePrompt } from './prompt-request.ts'

const titanSchema = z.looseObject({
  inputText: z.string().min(1),
  dimensions: z.union([z.literal(256), z.literal(512), z.literal(1024)]).optional(),
  normalize: z.boolean().optional(),
  embeddingTypes: z.array(z.literal('float')).optional(),
})

const cohereSchema = z.looseObject({
  texts: z.array(z.string()).min(1).max(96),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  embedding_types: z.array(z.literal('float')).optional(),
})

const nothing = { reader: () => ({ read: () => undefined, end: () => [] }), readWhole: () => [] }

export const titanEmbed: ModelFamily = {
  ...nothing,
  models: /(^|[./])amazon\.titan-embed-text/,
  parse: (http, dialect) => parsePrompt(http, dialect, titanSchema, ({ inputText }) => inputText),
  owns: (inner) => 'embedding' in inner,
  whole(_, reply) {
    const { inputText = '', dimensions } = bodyOf(reply, titanSchema)
    const usual = reply.request.model?.includes('v1') ? 1536 : 1024
    const vector = embedding(inputText, dimensions ?? usual, reply.random.fork('embeddings'))
    return {
      embedding: vector,
      embeddingsByType: { float: vector },
      inputTextTokenCount: countTokens(inputText),
    }
  },
}

export const cohereEmbed: ModelFamily = {
  ...nothing,
  models: /(^|[./])cohere\.embed/,
  parse: (http, dialect) =>
    parsePrompt(http, dialect, cohereSchema, ({ texts }) => texts.join('\n')),
  owns: (inner) => 'embeddings' in inner,
  whole(_, reply) {
    const { texts = [] } = bodyOf(reply, cohereSchema)
    const random = reply.random.fork('embeddings')
    return {
      embeddings: texts.map((text) => embedding(text, 1024, random)),
      response_type: 'embeddings_floats',
      texts,
    }
  },
}

/** The body that was checked on arrival, read again with its types. */
function bodyOf<T>(reply: ReplyContext, schema: z.ZodType<T>): Partial<T> {
  const read = schema.safeParse(isObject(reply.request.body) ? reply.request.body : {})
  return read.success ? read.data : {}
}
