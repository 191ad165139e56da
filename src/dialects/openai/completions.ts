/**
 * The completions that came before chat: `POST completions`, a prompt and its continuation. They have
 * no tools and tell no thoughts, so that both are left unsaid. Source: recorded streams, and the
 * openai SDK for Node 6.49.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { checkBody } from '../shapes/checked.ts'
import { isObject } from '../shapes/json-body.ts'
import type { JsonTemplate } from '../shapes/json-template.ts'
import { dialectOf } from './chat.ts'
import { type ChatPlan, planChat } from './chat-plan.ts'
import { isNowhere, noModel, optionsWithoutStream } from './chat-request.ts'
import { inTurn, type Rewording } from './chat-wording.ts'
import { openAi } from './openai.ts'
import { refuse, unreadable } from './refuse.ts'
import type { ChatVariant } from './variant.ts'
import { azure } from './variants/azure.ts'

const head = { id: '{{ id }}', object: 'text_completion', created: '{{ created }}' }
const form = { index: '{{ index }}', logprobs: null, finish_reason: '{{ finish }}' }

type Fields = Readonly<Record<string, JsonTemplate>>

const alphabetical = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))

/** `order` puts the keys in the service's. */
const completionsOf = (service: ChatVariant, order: (fields: Fields) => Fields): ChatVariant => ({
  ...service,
  ids: { ...service.ids, reply: 'cmpl-{{ alnum 29 }}' },
  models: ['gpt-3.5-turbo-instruct', 'davinci-002', 'babbage-002'],
  stream: {
    chunk: {
      every: order({
        ...head,
        choices: '{{ choices }}',
        model: '{{ model }}',
        usage: '{{ usage? }}',
      }),
    },
    usageChunk: order({ ...head, choices: [], model: '{{ model }}', usage: '{{ usage }}' }),
    choice: { every: order({ text: '{{ delta }}', ...form }) },
    deltas: { text: '{{ text }}', reasoning: 'unsaid', call: 'unsaid', finish: '' },
    terminator: '[DONE]',
  },
  whole: {
    reply: order({
      ...head,
      model: '{{ model }}',
      choices: '{{ choices }}',
      usage: '{{ usage? }}',
    }),
    choice: order({ text: '{{ message }}', ...form }),
    message: '{{ text }}',
  },
})

const tokens = z.array(z.int().min(0)).min(1)

const requestSchema = z.looseObject({
  model: z.string().optional(),
  prompt: z
    .union([z.string(), z.array(z.string()).min(1), tokens, z.array(tokens).min(1)])
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(128).nullish(),
  echo: z.boolean().nullish(),
  max_tokens: z.int().min(0).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  logprobs: z.int().min(0).max(5).nullish(),
})

function parse(variant: ChatVariant, http: HttpRequest): ChatRequest | ApiError {
  if (isNowhere(variant, http)) return { code: 'not-found' }
  const checked = checkBody(http, {
    schema: requestSchema,
    refuse: refuse(variant, ['prompt', 'stop']),
    unreadable: unreadable(variant),
  })
  if ('code' in checked) return checked
  const { body, data } = checked
  const model = http.params['deployment'] ?? data.model
  if (!model) return noModel(variant)
  if (data.stream_options && !data.stream) return optionsWithoutStream(variant)
  const prompts = promptsIn(data.prompt)
  return {
    dialect: variant.name,
    http,
    body,
    model,
    messages: prompts.map((text) => ({ role: 'user', text })),
    system: undefined,
    user: prompts.at(-1),
    tools: [],
    stream: data.stream ?? false,
    dialogue: undefined,
    choices: prompts.length * (data.n ?? 1),
  }
}

type Prompt = z.infer<typeof requestSchema>['prompt']

/** A prompt in tokens cannot be read here; its numbers stand in its place. */
function promptsIn(prompt: Prompt): string[] {
  if (prompt === undefined || prompt === null) return ['<|endoftext|>']
  if (typeof prompt === 'string') return [prompt]
  const [first] = prompt
  return typeof first === 'number'
    ? [prompt.join(' ')]
    : prompt.map((one) => (typeof one === 'string' ? one : String(one).replaceAll(',', ' ')))
}

/** Every answer begins with its prompt, where the request asks for that. */
function echo({ request: { body, messages, choices } }: ReplyContext): Rewording {
  if (!isObject(body) || body['echo'] !== true) return (event) => [event]
  const each = choices / messages.length
  const prompts = messages.flatMap(({ text }, prompt): Event[] =>
    Array.from({ length: each }, (_, n) => said(text, prompt * each + n)),
  )
  return (event) => (event.type === 'start' ? [event, ...prompts] : [event])
}

const said = (text: string, choice: number): Event =>
  choice === 0 ? { type: 'text', text } : { type: 'text', text, choice }

function completionsDialect(
  service: ChatVariant,
  name: string,
  title: string,
  order = (fields: Fields): Fields => fields,
): Dialect {
  const variant = { ...completionsOf(service, order), name, title }
  return dialectOf(variant, {
    plan: lazy(() => withEcho(planChat(variant))),
    routes: variant.bases.map((base) => ({ method: 'POST', path: `${base}/completions` })),
    parseRequest: (http) => parse(variant, http),
  })
}

function withEcho(plan: ChatPlan): ChatPlan {
  const reword = (reply: ReplyContext): Rewording => {
    const usual = plan.reword(reply)
    return usual ? inTurn([usual, echo(reply)]) : echo(reply)
  }
  return { ...plan, reword }
}

export const openAiCompletions = completionsDialect(
  openAi,
  'openai-completions',
  'OpenAI Completions',
)

export const azureCompletions = completionsDialect(
  azure,
  'azure-completions',
  'Azure OpenAI Completions',
  alphabetical,
)
