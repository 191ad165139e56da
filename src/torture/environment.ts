/**
 * What a client is told by its environment: where to ask, and keys that open nothing. The names are
 * those that the vendors' own SDKs read.
 */

export type Environment = Readonly<Record<string, string>>

/** Which variable holds which path of the server. */
const addresses: Readonly<Record<string, string>> = {
  STUNTDOUBLE_URL: '',
  OPENAI_BASE_URL: '/v1',
  // Before version 1 of the Python package, and by tools that still follow it.
  OPENAI_API_BASE: '/v1',
  AZURE_OPENAI_ENDPOINT: '',
  ANTHROPIC_BASE_URL: '',
  GOOGLE_GEMINI_BASE_URL: '',
  GOOGLE_VERTEX_BASE_URL: '',
  OLLAMA_HOST: '',
  CO_API_URL: '',
  MISTRAL_SERVER_URL: '',
  MISTRAL_BASE_URL: '',
  GROQ_BASE_URL: '',
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: '',
}

/**
 * In place of any real key: whoever does not heed the addresses then asks the real service in vain,
 * and no real key is ever printed by a client that breaks.
 */
const keys: readonly string[] = [
  'OPENAI_API_KEY',
  'OPENAI_ADMIN_KEY',
  'AZURE_OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
  'CO_API_KEY',
  'COHERE_API_KEY',
  'MISTRAL_API_KEY',
  'GROQ_API_KEY',
  'OLLAMA_API_KEY',
  'DEEPSEEK_API_KEY',
  'OPENROUTER_API_KEY',
  'XAI_API_KEY',
  'TOGETHER_API_KEY',
  'PERPLEXITY_API_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
]

/** These stand before the keys in some SDKs, and would take a client elsewhere. */
const emptied: readonly string[] = [
  'ANTHROPIC_AUTH_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
]

/** For people who need to know what to read. */
export const addressNames: readonly string[] = Object.keys(addresses)

/**
 * What is put over a client's own environment.
 * @param base of the server, without a slash at its end
 * @param own the environment that the client would have; where it says how to go around proxies,
 *   that stays
 */
export function environmentFor(base: string, own: Readonly<NodeJS.ProcessEnv>): Environment {
  const around = [own['NO_PROXY'] ?? own['no_proxy'], '127.0.0.1', 'localhost']
  const noProxy = around.filter((name) => name !== undefined && name !== '').join(',')
  return {
    ...Object.fromEntries(Object.entries(addresses).map(([name, path]) => [name, base + path])),
    ...Object.fromEntries(keys.map((name) => [name, 'none'])),
    ...Object.fromEntries(emptied.map((name) => [name, ''])),
    AWS_REGION: own['AWS_REGION'] || 'us-east-1',
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  }
}
