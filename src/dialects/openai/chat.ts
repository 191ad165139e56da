/** A dialect out of a variant of Chat Completions. */
import type { ApiError } from '../../core/api-error.ts'
import { noBytes } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, Heartbeat, ReplyContext, Route } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Framing } from '../../core/frame.ts'
import type { Headers, HttpReply } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { alike } from './chat-alike.ts'
import { chatDecoder, decodeCompletion } from './chat-decoder.ts'
import { chatEncoder } from './chat-encoder.ts'
import { type ChatPlan, framingOf, planChat } from './chat-plan.ts'
import { chatReader } from './chat-request.ts'
import { wholeCompletion } from './chat-whole.ts'
import { embeddingRoute } from './embeddings.ts'
import { variantError } from './error.ts'
import { openAiLimitWords } from './limit-words.ts'
import { modelNotFound, modelRoutes } from './models.ts'
import { moderationRoute } from './moderations.ts'
import { openAi } from './openai.ts'
import { recognizer } from './recognize.ts'
import { rateLimitNames, replyHeaders } from './service-headers.ts'
import type { ChatVariant, StreamForm } from './variant.ts'

export const chatDialect = (variant: ChatVariant): Dialect =>
  dialectOf(variant, {
    plan: lazy(() => planChat(variant)),
    routes: routesOf(variant),
    parseRequest: chatReader(variant),
  })

interface ChatParts extends Pick<Dialect, 'routes' | 'parseRequest'> {
  /** Made when the first reply asks for it: most servers speak one or two of all the variants. */
  readonly plan: () => ChatPlan
}

export function dialectOf(
  variant: ChatVariant,
  { routes, parseRequest, plan }: ChatParts,
): Dialect {
  const framing = framingOf(variant)
  const { name, title, marks, environment, stream } = variant
  const streamHeaders: Headers = [
    ['content-type', stream.contentType ?? 'text/event-stream'],
    ['cache-control', 'no-cache'],
  ]
  return {
    name,
    title,
    routes,
    framing,
    grain: 'token',
    headers: [
      ...variant.headers.map(([header]) => header),
      ...(variant.rateLimits ? rateLimitNames : []),
      ...(variant.keptHeaders ?? []),
    ],
    ...(environment ? { usage: (base) => fill(environment, base) } : {}),
    ...(marks ? { recognizes: recognizer(marks) } : {}),
    ...(stream.heartbeat ? { heartbeat: heartbeatOf(framing, stream.heartbeat) } : {}),
    limits: openAiLimitWords(variant),
    parseRequest,
    checkModel: (request, models) => checkModel(variant, request, models),
    streamHeaders: (reply) => replyHeaders(variant, reply, streamHeaders),
    encoder: (reply) => chatEncoder(plan(), reply),
    alike: (reply) => alike(plan(), reply),
    decoder: () => chatDecoder(variant),
    decodeWhole: (body) => decodeCompletion(variant, body),
    whole: (events, reply) => whole(plan(), events, reply),
    error: (error, _http, random) => variantError(variant, error, random),
  }
}

const heartbeatOf = (
  framing: Framing,
  { comment, everyMs }: NonNullable<StreamForm['heartbeat']>,
): Heartbeat => ({
  everyMs,
  frame: () => framing.encode({ comment }) ?? { bytes: noBytes },
})

const fill = (lines: readonly string[], base: string): string[] =>
  lines.map((line) => line.replace('{{ base }}', base))

function routesOf(variant: ChatVariant): Route[] {
  const { bases, modelBases = bases, offers } = variant
  return [
    ...bases.map((base): Route => ({ method: 'POST', path: `${base}/chat/completions` })),
    ...(offers.includes('models') ? modelBases.flatMap((base) => modelRoutes(variant, base)) : []),
    ...(offers.includes('embeddings') ? bases.map((base) => embeddingRoute(variant, base)) : []),
    ...(offers.includes('moderations') ? bases.map((base) => moderationRoute(variant, base)) : []),
  ]
}

/** A service that has not begun to answer answers an error with nothing else. */
function whole(plan: ChatPlan, events: Iterable<Event>, reply: ReplyContext): HttpReply {
  const said = [...events]
  const failure = said.find((event) => event.type === 'error')
  if (failure) return variantError(plan.variant, failure.error, reply.random)
  return {
    status: 200,
    headers: [['content-type', 'application/json'], ...replyHeaders(plan.variant, reply)],
    body: wholeCompletion(plan, said, reply),
  }
}

function checkModel(
  variant: ChatVariant,
  { model }: ChatRequest,
  models: readonly string[],
): ApiError | undefined {
  return model !== undefined && !models.includes(model) ? modelNotFound(variant, model) : undefined
}

export const openAiChat = chatDialect(openAi)
