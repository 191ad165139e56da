/**
 * The fields of a request, as far as they are known for certain: those of content and of how to
 * generate are closed, so that an unknown name is refused; settings beyond are let through.
 * Source: the types of the @google/genai SDK 2.32 and the API reference of Google.
 */
import type { EnumType, MessageType } from './proto-json.ts'

const functionCall: MessageType = {
  message: 'FunctionCall',
  fields: { id: 'string', name: 'string', args: 'any', partialArgs: 'any', willContinue: 'bool' },
}

const functionResponse: MessageType = {
  message: 'FunctionResponse',
  fields: {
    id: 'string',
    name: 'string',
    response: 'any',
    parts: ['any'],
    willContinue: 'bool',
    scheduling: 'any',
  },
}

const blob: MessageType = {
  message: 'Blob',
  fields: { mimeType: 'string', data: 'bytes', displayName: 'string' },
}

const fileData: MessageType = {
  message: 'FileData',
  fields: { mimeType: 'string', fileUri: 'string', displayName: 'string' },
}

/** What a part can be; exactly one of these makes it one. */
export const partData = [
  'text',
  'inlineData',
  'functionCall',
  'functionResponse',
  'fileData',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
  'audioTranscription',
] as const

const part: MessageType = {
  message: 'Part',
  // A transcription is not known to stand alone.
  oneof: { name: 'data', fields: partData.filter((name) => name !== 'audioTranscription') },
  fields: {
    text: 'string',
    inlineData: blob,
    functionCall,
    functionResponse,
    fileData,
    executableCode: 'any',
    codeExecutionResult: 'any',
    toolCall: 'any',
    toolResponse: 'any',
    audioTranscription: 'any',
    thought: 'bool',
    thoughtSignature: 'string',
    videoMetadata: 'any',
    mediaResolution: 'any',
    mediaProcessing: 'any',
    partMetadata: 'any',
    speechMetadata: 'any',
  },
}

const content: MessageType = {
  message: 'Content',
  fields: { parts: [part], role: 'string' },
}

const functionDeclaration: MessageType = {
  message: 'FunctionDeclaration',
  fields: {
    name: 'string',
    description: 'string',
    behavior: 'any',
    parameters: 'any',
    parametersJsonSchema: 'any',
    response: 'any',
    responseJsonSchema: 'any',
  },
}

const tool: MessageType = {
  message: 'Tool',
  fields: {
    functionDeclarations: [functionDeclaration],
    codeExecution: 'any',
    computerUse: 'any',
    enterpriseWebSearch: 'any',
    exaAiSearch: 'any',
    fileSearch: 'any',
    googleMaps: 'any',
    googleSearch: 'any',
    googleSearchRetrieval: 'any',
    mcpServers: 'any',
    parallelAiSearch: 'any',
    retrieval: 'any',
    urlContext: 'any',
  },
}

const generationConfig: MessageType = {
  message: 'GenerationConfig',
  fields: {
    candidateCount: 'int',
    stopSequences: ['string'],
    maxOutputTokens: 'int',
    temperature: 'number',
    topP: 'number',
    topK: 'number',
    seed: 'int',
    presencePenalty: 'number',
    frequencyPenalty: 'number',
    logprobs: 'int',
    responseLogprobs: 'bool',
    responseMimeType: 'string',
    responseModalities: ['string'],
    responseFormat: 'any',
    responseSchema: 'any',
    responseJsonSchema: 'any',
    // Named with an underscore where the schema was tried out.
    ResponseJsonSchema: 'any',
    audioTimestamp: 'bool',
    audioTranscriptionConfig: 'any',
    enableAffectiveDialog: 'bool',
    enableEnhancedCivicAnswers: 'bool',
    imageConfig: 'any',
    mediaResolution: 'any',
    modelConfig: 'any',
    modelSelectionConfig: 'any',
    routingConfig: 'any',
    speechConfig: 'any',
    thinkingConfig: {
      message: 'ThinkingConfig',
      fields: { includeThoughts: 'bool', thinkingBudget: 'int', thinkingLevel: 'any' },
    },
    translationConfig: 'any',
  },
}

const harms = [
  'UNSPECIFIED',
  'HARASSMENT',
  'HATE_SPEECH',
  'SEXUALLY_EXPLICIT',
  'DANGEROUS_CONTENT',
  'CIVIC_INTEGRITY',
  'JAILBREAK',
  'IMAGE_HATE',
  'IMAGE_DANGEROUS_CONTENT',
  'IMAGE_HARASSMENT',
  'IMAGE_SEXUALLY_EXPLICIT',
  // Those of the models before Gemini, which are still words of the format.
  'DEROGATORY',
  'TOXICITY',
  'VIOLENCE',
  'SEXUAL',
  'MEDICAL',
  'DANGEROUS',
]

const harmCategory: EnumType = {
  enum: 'HarmCategory',
  words: harms.map((harm) => `HARM_CATEGORY_${harm}`),
}

const harmBlockThreshold: EnumType = {
  enum: 'SafetySetting.HarmBlockThreshold',
  words: [
    'HARM_BLOCK_THRESHOLD_UNSPECIFIED',
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ],
}

const safetySetting: MessageType = {
  message: 'SafetySetting',
  fields: { category: harmCategory, threshold: harmBlockThreshold, method: 'any' },
}

const functionCallingConfig: MessageType = {
  message: 'FunctionCallingConfig',
  fields: {
    mode: {
      enum: 'FunctionCallingConfig.Mode',
      words: ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'],
    },
    allowedFunctionNames: ['string'],
    streamFunctionCallArguments: 'bool',
  },
}

const toolConfig: MessageType = {
  message: 'ToolConfig',
  fields: {
    functionCallingConfig,
    retrievalConfig: 'any',
    includeServerSideToolInvocations: 'bool',
  },
}

export const generateContentRequest: MessageType = {
  message: 'GenerateContentRequest',
  fields: {
    model: 'string',
    contents: [content],
    systemInstruction: content,
    tools: [tool],
    toolConfig,
    safetySettings: [safetySetting],
    generationConfig,
    cachedContent: 'string',
    continuationToken: 'any',
    labels: 'any',
    modelArmorConfig: 'any',
    serviceTier: 'any',
    store: 'bool',
  },
}

const embeddingFields = {
  model: 'string',
  content,
  taskType: 'any',
  title: 'string',
  outputDimensionality: 'int',
  autoTruncate: 'bool',
  embedContentConfig: 'any',
} as const

export const embedContentRequest: MessageType = {
  message: 'EmbedContentRequest',
  fields: embeddingFields,
}

export const batchEmbedContentsRequest: MessageType = {
  message: 'BatchEmbedContentsRequest',
  fields: { model: 'string', requests: [embedContentRequest] },
}

export const countTokensRequest: MessageType = {
  message: 'CountTokensRequest',
  fields: {
    model: 'string',
    contents: [content],
    generateContentRequest,
    systemInstruction: content,
    tools: [tool],
    generationConfig: 'any',
    instances: 'any',
  },
}
