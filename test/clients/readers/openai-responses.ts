/** The openai SDK as a reader of the Responses API, with the error in the stream in either form. */
import OpenAI from 'openai'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

type Response = OpenAI.Responses.Response
type StreamEvent = OpenAI.Responses.ResponseStreamEvent

export const openAiResponsesReader: Reader = {
  dialect: 'openai-responses',
  sdk: 'openai',
  ask: (baseUrl, asked) => ask(`${baseUrl}/v1`, asked),
  says: { reasoning: true, refusal: true, calls: true, usage: true },
  finishes: {
    stop: 'completed',
    length: 'max_output_tokens',
    'tool-calls': 'completed',
    'content-filter': 'content_filter',
  },
  errors: {
    'invalid-request': { name: 'BadRequestError', status: 400 },
    'context-length': { name: 'BadRequestError', status: 400 },
    'content-filter': { name: 'BadRequestError', status: 400 },
    unauthorized: { name: 'AuthenticationError', status: 401 },
    forbidden: { name: 'PermissionDeniedError', status: 403 },
    'not-found': { name: 'NotFoundError', status: 404 },
    'model-not-found': { name: 'BadRequestError', status: 400 },
    'method-not-allowed': { name: 'APIError', status: 405 },
    timeout: { name: 'APIError', status: 408 },
    conflict: { name: 'ConflictError', status: 409 },
    'too-large': { name: 'APIError', status: 413 },
    unprocessable: { name: 'UnprocessableEntityError', status: 422 },
    'rate-limited': { name: 'RateLimitError', status: 429 },
    'quota-exceeded': { name: 'RateLimitError', status: 429 },
    'server-error': { name: 'InternalServerError', status: 500 },
    'bad-gateway': { name: 'InternalServerError', status: 502 },
    unavailable: { name: 'InternalServerError', status: 503 },
    overloaded: { name: 'InternalServerError', status: 503 },
  },
  errorInStream: /It broke/,
  // A clean end is taken for the whole answer, wherever it comes.
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

export const openAiResponsesFlatReader: Reader = {
  ...openAiResponsesReader,
  dialect: 'openai-responses-flat',
  ask: (baseUrl, asked) => ask(`${baseUrl}/openai-responses-flat/v1`, asked),
  // The SDK hands out an event that its caller has to look at.
  errorInStream: 'success',
}

async function ask(baseURL: string, asked: Asked): Promise<Heard> {
  const { responses } = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
  const question = {
    model: 'gpt-4o',
    input: asked.user,
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  const options = asked.signal ? { signal: asked.signal } : {}
  return asked.stream
    ? heardStream(await responses.create({ ...question, stream: true }, options))
    : heardWhole(await responses.create(question, options))
}

const asFunction = ({ name, parameters }: (typeof tools)[number]) => ({
  type: 'function' as const,
  strict: false,
  name,
  parameters: { ...parameters },
})

const silent: Heard = {
  text: '',
  reasoning: '',
  refusal: '',
  calls: [],
  finish: undefined,
  usage: undefined,
}

function heardWhole(response: Response): Heard {
  const { output, output_text: text } = response
  const messages = output.flatMap((item) => (item.type === 'message' ? item.content : []))
  const thoughts = output.flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
  return {
    ...conclusion(response),
    text,
    reasoning: thoughts.map((part) => part.text).join(''),
    refusal: messages.map((part) => (part.type === 'refusal' ? part.refusal : '')).join(''),
    calls: output.flatMap((item) =>
      item.type === 'function_call' ? [heardCall(item.name, item.arguments)] : [],
    ),
  }
}

function conclusion({ status, incomplete_details: details, usage }: Response): Heard {
  return {
    ...silent,
    finish: details?.reason ?? status,
    usage: usage && { input: usage.input_tokens, output: usage.output_tokens },
  }
}

async function heardStream(events: AsyncIterable<StreamEvent>): Promise<Heard> {
  let [text, reasoning, refusal] = ['', '', '']
  let end = silent
  const calls = new Map<number, { name: string; json: string }>()
  for await (const event of events) {
    if (event.type === 'response.output_text.delta') text += event.delta
    else if (event.type === 'response.reasoning_summary_text.delta') reasoning += event.delta
    else if (event.type === 'response.refusal.delta') refusal += event.delta
    else if (event.type === 'response.output_item.added') {
      const { item, output_index: index } = event
      if (item.type === 'function_call') calls.set(index, { name: item.name, json: '' })
    } else if (event.type === 'response.function_call_arguments.delta') {
      const call = calls.get(event.output_index)
      if (call) call.json += event.delta
    } else if (event.type === 'response.completed' || event.type === 'response.incomplete') {
      end = conclusion(event.response)
    }
  }
  const heard = [...calls.values()].map(({ name, json }) => heardCall(name, json))
  return { ...end, text, reasoning, refusal, calls: heard }
}

const heardCall = (name: string, json: string): HeardCall => ({ name, arguments: JSON.parse(json) })
