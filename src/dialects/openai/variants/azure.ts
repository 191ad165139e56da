/**
 * Azure OpenAI: OpenAI's API below deployments, with content filters that have a word in every chunk,
 * keys in alphabetical order, and errors of the gateway before it.
 * Source: recorded streams and errors; the AzureOpenAI client of the openai SDK 6.49.
 */
import { openAi, openAiErrorWords } from '../openai.ts'
import type { ChatVariant } from '../variant.ts'

const safe = { filtered: false, severity: 'safe' }
const undetected = { detected: false, filtered: false }

const textFilters = {
  hate: safe,
  protected_material_code: undetected,
  protected_material_text: undetected,
  self_harm: safe,
  sexual: safe,
  violence: safe,
}

const promptFilters = [
  {
    prompt_index: 0,
    content_filter_results: {
      hate: safe,
      jailbreak: undetected,
      self_harm: safe,
      sexual: safe,
      violence: safe,
    },
  },
]

const choice = {
  delta: '{{ delta }}',
  finish_reason: '{{ finish }}',
  index: '{{ index }}',
  logprobs: '{{ logprobs }}',
}

const chunk = {
  choices: '{{ choices }}',
  created: '{{ created }}',
  id: '{{ id }}',
  model: '{{ model }}',
  obfuscation: '{{ obfuscation? }}',
  object: 'chat.completion.chunk',
  system_fingerprint: '{{ fingerprint }}',
}

const gatewayError = { error: { code: '{{ code }}', message: '{{ message }}' } }

export const azure: ChatVariant = {
  ...openAi,
  name: 'azure-openai',
  title: 'Azure OpenAI Chat Completions',
  bases: ['/openai/deployments/:deployment', '/openai/v1'],
  deploymentQuery: 'api-version',
  modelBases: ['/openai', '/openai/v1'],
  ownFields: ['data_sources', 'user_security_context'],
  offers: ['models', 'embeddings'],
  environment: ['AZURE_OPENAI_ENDPOINT={{ base }}', 'AZURE_OPENAI_API_KEY=none'],
  marks: {
    agent: /^AzureOpenAI\//,
    host: /\.(?:openai|services\.ai|cognitiveservices)\.azure\.com$/,
    headers: ['api-key'],
    query: ['api-version'],
  },
  usage: {
    completion_tokens: '{{ output }}',
    completion_tokens_details: {
      accepted_prediction_tokens: 0,
      audio_tokens: 0,
      reasoning_tokens: '{{ reasoning }}',
      rejected_prediction_tokens: 0,
    },
    prompt_tokens: '{{ input }}',
    prompt_tokens_details: { audio_tokens: 0, cached_tokens: '{{ cached }}' },
    total_tokens: '{{ total }}',
  },
  call: {
    function: { arguments: '', name: '{{ name }}' },
    id: '{{ id }}',
    index: '{{ index }}',
    type: 'function',
  },
  wholeCall: {
    function: { arguments: '{{ arguments }}', name: '{{ name }}' },
    id: '{{ id }}',
    type: 'function',
  },
  stream: {
    ...openAi.stream,
    prelude: [
      {
        data: {
          choices: [],
          created: 0,
          id: '',
          model: '',
          object: '',
          prompt_filter_results: promptFilters,
        },
      },
    ],
    chunk: { every: { ...chunk, usage: '{{ usage? }}' } },
    usageChunk: { ...chunk, choices: [], usage: '{{ usage }}' },
    choice: {
      every: { content_filter_results: {}, ...choice },
      text: { content_filter_results: textFilters, ...choice },
    },
    deltas: {
      open: { content: '', refusal: null, role: 'assistant' },
      openWithCall: {
        content: null,
        refusal: null,
        role: 'assistant',
        tool_calls: ['{{ call }}'],
      },
      text: { content: '{{ text }}' },
      reasoning: { reasoning_content: '{{ text }}' },
      refusal: { refusal: '{{ text }}' },
      call: { tool_calls: ['{{ call }}'] },
      callArguments: {
        tool_calls: [{ function: { arguments: '{{ text }}' }, index: '{{ index }}' }],
      },
      finish: {},
    },
  },
  whole: {
    reply: {
      choices: '{{ choices }}',
      created: '{{ created }}',
      id: '{{ id }}',
      model: '{{ model }}',
      object: 'chat.completion',
      prompt_filter_results: promptFilters,
      system_fingerprint: '{{ fingerprint }}',
      usage: '{{ usage? }}',
    },
    choice: {
      content_filter_results: textFilters,
      finish_reason: '{{ finish }}',
      index: '{{ index }}',
      logprobs: '{{ logprobs }}',
      message: '{{ message }}',
    },
    message: {
      annotations: [],
      content: '{{ content }}',
      reasoning_content: '{{ reasoning? }}',
      refusal: '{{ refusal }}',
      role: 'assistant',
      tool_calls: '{{ calls? }}',
    },
  },
  errors: {
    ...openAi.errors,
    indent: 0,
    waitsInMs: true,
    noModel: 'The API deployment for this resource does not exist.',
    words: {
      ...openAiErrorWords,
      'content-filter': {
        type: null,
        code: 'content_filter',
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        body: {
          error: {
            message: '{{ message }}',
            type: '{{ type }}',
            param: 'prompt',
            code: '{{ code }}',
            status: 400,
            innererror: {
              code: 'ResponsibleAIPolicyViolation',
              content_filter_result: {
                hate: { filtered: true, severity: 'high' },
                jailbreak: { filtered: false, detected: false },
                self_harm: safe,
                sexual: safe,
                violence: safe,
              },
            },
          },
        },
      },
      unauthorized: {
        code: '401',
        message: 'Access denied due to invalid subscription key or wrong API endpoint.',
        body: gatewayError,
      },
      forbidden: {
        code: '403',
        message: 'Access denied due to the network rules of this resource.',
        body: gatewayError,
      },
      'not-found': { code: '404', message: 'Resource not found', body: gatewayError },
      'model-not-found': {
        type: 'invalid_request_error',
        code: 'DeploymentNotFound',
        message: 'The API deployment for this resource does not exist.',
        body: {
          error: { type: '{{ type }}', code: '{{ code }}', message: '{{ message }}' },
        },
      },
      'rate-limited': {
        code: 'RateLimitReached',
        message: 'Requests to this deployment have exceeded the rate limit of its tier.',
        retryAfterMs: 1000,
        body: {
          error: {
            code: '{{ code }}',
            message: '{{ message }}',
            details: '{{ message }}',
          },
        },
      },
      timeout: { code: 'Timeout', message: 'The operation was timeout.', body: gatewayError },
      unavailable: {
        code: 'ServiceUnavailable',
        message: 'The service is temporarily unable to process your request.',
        body: gatewayError,
      },
      'server-error': {
        code: 'InternalServerError',
        message: 'Backend returned unexpected response.',
        body: gatewayError,
      },
    },
  },
  headers: [
    ['apim-request-id', '{{ uuid }}'],
    ['azureml-model-session', 'd{{ digits 3 }}-20260330170902'],
    ['strict-transport-security', 'max-age=31536000; includeSubDomains; preload'],
    ['x-accel-buffering', 'no'],
    ['x-content-type-options', 'nosniff'],
    ['x-ms-deployment-name', '{{ model }}'],
    ['x-ms-rai-invoked', 'true'],
    ['x-ms-region', 'East US 2'],
    ['x-request-id', '{{ uuid }}'],
  ],
  rateLimits: { requests: 120, tokens: 120_000, resets: 'ms' },
  keptHeaders: ['x-ms-client-request-id'],
}
