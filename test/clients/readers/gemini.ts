/** The @google/genai SDK as a reader of the Gemini API and of Vertex AI. */
import { type GenerateContentResponse, GoogleGenAI, type Part } from '@google/genai'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const geminiReader: Reader = {
  dialect: 'gemini',
  sdk: '@google/genai',
  ask: (baseUrl, asked) => ask(geminiClient(baseUrl), asked),
  says: { reasoning: true, refusal: true, calls: true, usage: true },
  finishes: {
    stop: 'STOP',
    length: 'MAX_TOKENS',
    'tool-calls': 'STOP',
    'content-filter': 'SAFETY',
  },
  errors: {
    'invalid-request': { name: 'ApiError', status: 400 },
    'context-length': { name: 'ApiError', status: 400 },
    'content-filter': { name: 'ApiError', status: 400 },
    unauthorized: { name: 'ApiError', status: 400 },
    forbidden: { name: 'ApiError', status: 403 },
    'not-found': { name: 'ApiError', status: 404 },
    'model-not-found': { name: 'ApiError', status: 404 },
    'method-not-allowed': { name: 'ApiError', status: 404 },
    timeout: { name: 'ApiError', status: 504 },
    conflict: { name: 'ApiError', status: 409 },
    'too-large': { name: 'ApiError', status: 400 },
    unprocessable: { name: 'ApiError', status: 400 },
    'rate-limited': { name: 'ApiError', status: 429 },
    'quota-exceeded': { name: 'ApiError', status: 429 },
    'server-error': { name: 'ApiError', status: 500 },
    'bad-gateway': { name: 'ApiError', status: 502 },
    unavailable: { name: 'ApiError', status: 503 },
    overloaded: { name: 'ApiError', status: 503 },
  },
  // A bare body is known as an error only where it comes as one piece, apart from what is before.
  errorInStream: /It broke|Incomplete JSON segment/,
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

export const vertexReader: Reader = {
  ...geminiReader,
  dialect: 'vertex',
  ask: (baseUrl, asked) => ask(vertexClient(baseUrl), asked),
  errors: { ...geminiReader.errors, unauthorized: { name: 'ApiError', status: 401 } },
}

export const geminiClient = (baseUrl: string, apiKey = 'none'): GoogleGenAI =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl } })

/** Beside the token, a key, so that the SDK looks for no credentials on this machine. */
export const vertexClient = (baseUrl: string): GoogleGenAI =>
  new GoogleGenAI({
    vertexai: true,
    project: 'demo',
    location: 'europe-west1',
    googleAuthOptions: { apiKey: 'none', projectId: 'demo', universeDomain: 'googleapis.com' },
    httpOptions: { baseUrl, headers: { authorization: 'Bearer token' } },
  })

async function ask(client: GoogleGenAI, { user, stream, tools: withTools, signal }: Asked) {
  const question = {
    model: 'gemini-2.5-flash',
    contents: user,
    config: {
      thinkingConfig: { includeThoughts: true },
      ...(withTools ? { tools: [{ functionDeclarations: tools.map(asFunction) }] } : {}),
      ...(signal ? { abortSignal: signal } : {}),
    },
  }
  if (!stream) return heard([await client.models.generateContent(question)])
  const chunks: GenerateContentResponse[] = []
  for await (const chunk of await client.models.generateContentStream(question)) chunks.push(chunk)
  return heard(chunks)
}

const asFunction = ({ name, description, parameters }: (typeof tools)[number]) => ({
  name,
  description,
  parametersJsonSchema: parameters,
})

function heard(chunks: readonly GenerateContentResponse[]): Heard {
  const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
  const last = chunks.findLast(({ candidates }) => candidates?.[0]?.finishReason)?.candidates?.[0]
  const feedback = chunks.find(({ promptFeedback }) => promptFeedback)?.promptFeedback
  return {
    text: textOf(parts.filter(({ thought }) => !thought)),
    reasoning: textOf(parts.filter(({ thought }) => thought)),
    refusal: feedback?.blockReasonMessage ?? '',
    calls: parts.flatMap(({ functionCall }): HeardCall[] =>
      functionCall ? [{ name: functionCall.name ?? '', arguments: functionCall.args }] : [],
    ),
    finish: last?.finishReason ?? feedback?.blockReason,
    usage: usageOf(chunks),
  }
}

const textOf = (parts: readonly Part[]): string => parts.map(({ text }) => text ?? '').join('')

/** Thoughts are counted beside the answer. */
function usageOf(chunks: readonly GenerateContentResponse[]): Heard['usage'] {
  const usage = chunks.at(-1)?.usageMetadata
  if (!usage?.promptTokenCount) return undefined
  const output = (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0)
  return { input: usage.promptTokenCount, output }
}
