/**
 * The two doors to the same models: what the Gemini API and Vertex AI write differently. Everything
 * else of the format is shared, and must not ask which of the two it serves.
 */
import type { Usage } from '../../core/event.ts'
import type { JsonObject } from '../shapes/json-body.ts'

export interface Surface {
  readonly dialect: 'gemini' | 'vertex'
  /** As errors name it. */
  readonly service: string
  /** Of the messages in a request, as errors name them. */
  readonly package: string
  content(parts: readonly JsonObject[]): JsonObject
  candidate(candidate: Candidate): JsonObject
  reply(reply: ReplyParts): JsonObject
  /** `isLast` where the reply finishes with it. */
  usage(usage: Usage, isLast: boolean): JsonObject
  modelNotFound(model: string, version: string, method: string): string
  /** The sentence about a field that is well-formed and wrong all the same. */
  refusal(field: string, problem: string): string
}

export interface Candidate {
  readonly index: number
  readonly parts: readonly JsonObject[]
  readonly finishReason?: string
  readonly finishMessage?: string
  readonly safetyRatings?: readonly JsonObject[]
  readonly citations?: readonly unknown[]
  readonly grounding?: unknown
}

export interface ReplyParts {
  readonly candidates: readonly JsonObject[]
  readonly promptFeedback?: JsonObject
  readonly usageMetadata: JsonObject
  readonly model: string
  /** RFC 3339 with microseconds. */
  readonly createTime: string
  readonly responseId: string
}

const textTokens = (tokenCount: number): readonly JsonObject[] => [{ modality: 'TEXT', tokenCount }]

/** Thoughts are counted beside the answer here, and within it in a neutral usage. */
function counted({ inputTokens, outputTokens, reasoningTokens = 0, cachedTokens }: Usage) {
  const answer = Math.max(0, outputTokens - reasoningTokens)
  return {
    input: inputTokens,
    answer,
    head: {
      promptTokenCount: inputTokens,
      ...(answer > 0 ? { candidatesTokenCount: answer } : {}),
      totalTokenCount: inputTokens + outputTokens,
      ...(cachedTokens ? { cachedContentTokenCount: cachedTokens } : {}),
    },
    thoughts: reasoningTokens > 0 ? { thoughtsTokenCount: reasoningTokens } : {},
  }
}

/** Absent keys stay absent, in the order of their field numbers. */
const present = (fields: Readonly<Record<string, unknown>>): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const metadataOf = ({ citations, grounding }: Candidate, list: string): JsonObject => ({
  ...(citations && citations.length > 0 ? { citationMetadata: { [list]: citations } } : {}),
  ...(grounding === undefined ? {} : { groundingMetadata: grounding }),
})

export const geminiSurface: Surface = {
  dialect: 'gemini',
  service: 'generativelanguage.googleapis.com',
  package: 'google.ai.generativelanguage.v1beta',
  content: (parts) => ({ parts, role: 'model' }),
  candidate(candidate) {
    const { index, parts, finishReason, finishMessage, safetyRatings } = candidate
    return present({
      content: this.content(parts),
      finishReason,
      index,
      finishMessage,
      safetyRatings,
      ...metadataOf(candidate, 'citationSources'),
    })
  },
  reply: ({ candidates, promptFeedback, usageMetadata, model, responseId }) =>
    present({
      candidates: candidates.length > 0 ? candidates : undefined,
      promptFeedback,
      usageMetadata,
      modelVersion: model,
      responseId,
    }),
  usage(usage) {
    const { head, input, thoughts } = counted(usage)
    const details = { promptTokensDetails: textTokens(input) }
    return { ...head, ...details, ...thoughts, serviceTier: 'standard' }
  },
  modelNotFound: (model, version, method) =>
    `models/${model} is not found for API version ${version}, or is not supported for ${method}. ` +
    'Call ListModels to see the list of available models and their supported methods.',
  refusal: (field, problem) => `* GenerateContentRequest.${field}: ${problem}\n`,
}

export const vertexSurface: Surface = {
  dialect: 'vertex',
  service: 'aiplatform.googleapis.com',
  package: 'google.cloud.aiplatform.v1beta1',
  content: (parts) => ({ role: 'model', parts }),
  candidate(candidate) {
    const { index, parts, finishReason, finishMessage, safetyRatings } = candidate
    return present({
      index: index === 0 ? undefined : index,
      content: this.content(parts),
      finishReason,
      safetyRatings,
      finishMessage,
      ...metadataOf(candidate, 'citations'),
    })
  },
  reply: ({ candidates, promptFeedback, usageMetadata, model, createTime, responseId }) =>
    present({
      candidates: candidates.length > 0 ? candidates : undefined,
      promptFeedback,
      usageMetadata,
      modelVersion: model,
      createTime,
      responseId,
    }),
  /** Only the end of a reply says how much it was. */
  usage(usage, isLast) {
    const trafficType = 'ON_DEMAND'
    if (!isLast) return { trafficType }
    const { head, input, answer, thoughts } = counted(usage)
    return {
      ...head,
      trafficType,
      promptTokensDetails: textTokens(input),
      ...(answer > 0 ? { candidatesTokensDetails: textTokens(answer) } : {}),
      ...thoughts,
    }
  },
  modelNotFound: (model) =>
    `Publisher Model \`publishers/google/models/${model}\` was not found or your project does not ` +
    'have access to it. Please ensure you are using a valid model version.',
  refusal: (field, problem) => `Unable to submit request because of ${field}: ${problem}`,
}
