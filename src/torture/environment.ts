/**
 * What a client is told by its environment: where to ask, and keys that open nothing. The names are
 * those that the vendors' own SDKs read, and some that are there for people's own code.
 */

/** What is undefined is taken out of the client's own environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Which variable holds which path of the server. */
const addresses: Readonly<Record<string, string>> = {
  STUNTDOUBLE_URL: '',
  OPENAI_BASE_URL: '/v1',
  // Before version 1 of the Python package, and by tools that still follow it.
  OPENAI_API_BASE: '/v1',
  AZURE_OPENAI_ENDPOINT: '',
  ANTHROPIC_BASE_URL: '',
  ANTHROPIC_BEDROCK_BASE_URL: '',
  GOOGLE_GEMINI_BASE_URL: '',
  GOOGLE_VERTEX_BASE_URL: '',
  OLLAMA_HOST: '',
  CO_API_URL: '',
  GROQ_BASE_URL: '',
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: '',
  // OpenAI's own class for Bedrock, which speaks as OpenAI does.
  AWS_BEDROCK_BASE_URL: '/openai/v1',
  // No SDK reads these two.
  MISTRAL_SERVER_URL: '',
  MISTRAL_BASE_URL: '',
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

/**
 * These stand before the keys or the addresses in some SDKs, and would take a client elsewhere. They
 * are taken away and not emptied: boto3 looks for a profile with an empty name, and finds none.
 */
const unset: readonly string[] = [
  'ANTHROPIC_AUTH_TOKEN',
  'AWS_BEARER_TOKEN_BEDROCK',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
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
  const region = own['AWS_REGION'] || own['AWS_DEFAULT_REGION'] || 'us-east-1'
  const around = [own['NO_PROXY'] ?? own['no_proxy'], '127.0.0.1', 'localhost']
  const noProxy = around.filter((name) => name !== undefined && name !== '').join(',')
  return {
    ...Object.fromEntries(Object.entries(addresses).map(([name, path]) => [name, base + path])),
    ...Object.fromEntries(keys.map((name) => [name, 'none'])),
    ...Object.fromEntries(unset.map((name) => [name, undefined])),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    NO_PROXY: noProxy,
    no_proxy: noProxy,
  }
}
