/** The schema of `upstream` and `upstreams`: the live services that rules may ask. */
import { z } from 'zod'
import { duration, expecting, filledText } from './schema-basics.ts'

const schemes = ['http:', 'https:', 'h2c:']

/** What is wrong with a base URL, or undefined. */
function problemIn(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is no URL: expected one such as https://api.example.com'
  const { protocol, username, password, search, hash, hostname } = new URL(text)
  if (!schemes.includes(protocol) || hostname === '') {
    return 'must be http, https or h2c, as in https://api.example.com'
  }
  if (username !== '' || password !== '') {
    return 'must hold no user name or password: the client sends its own key'
  }
  return search === '' && hash === '' ? undefined : 'must hold no query and no fragment'
}

const baseUrl = expecting(
  z.string().check((context) => {
    const problem = problemIn(context.value)
    if (problem) context.issues.push({ code: 'custom', message: problem, input: context.value })
  }),
  'a URL such as https://api.example.com',
)

export const singleUpstream = baseUrl.describe(
  'The base URL of the live service that `reply: { upstream: true }` asks.',
)

const proxyUrl = expecting(
  z.string().refine((text) => URL.canParse(text) && new URL(text).hostname !== ''),
  'the URL of a proxy, such as http://proxy.example.com:3128',
)

const pathPrefix = expecting(
  z.string().regex(/^\/[^?#\s]*$/),
  'a path that begins with /, such as /openai',
)

const oneUpstream = z
  .strictObject({
    url: baseUrl.describe('`http`, `https` or `h2c`, with a base path where the service has one.'),
    name: filledText.optional().describe('What rules call it.'),
    path: pathPrefix
      .optional()
      .describe('It gets the requests below this path, which is taken away first.'),
    dialect: filledText.optional().describe('It gets the requests of this dialect.'),
    proxy: proxyUrl
      .optional()
      .describe('The proxy on the way to it, such as `http://name:password@host:port`.'),
    connectTimeout: duration.optional().describe('How long connecting may take; default 10 s.'),
    headTimeout: duration
      .optional()
      .describe('How long it may take until its status line; default: without end.'),
    idleTimeout: duration
      .optional()
      .describe('How long it may be silent in mid-stream; default: without end.'),
    http1: z.boolean().optional().describe('HTTP/2 is not spoken, even where it could be.'),
    insecure: z.boolean().optional().describe('Any certificate is taken, whoever has signed it.'),
  })
  .meta({ id: 'upstream', description: 'A live service that rules may ask.' })

export type WrittenUpstream = z.output<typeof oneUpstream>

export const upstreamList = z
  .array(oneUpstream)
  .min(1)
  .describe('Several live services: which is asked says the path, the dialect, or the rule.')
