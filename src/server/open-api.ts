/** The control API, described for tools. A test holds it against the routes. */
import { version } from '../core/version.ts'

const json = (description: string, type: 'object' | 'array') => ({
  description,
  content: { 'application/json': { schema: type === 'array' ? { type, items: {} } : { type } } },
})

const session = {
  name: 'session',
  in: 'query',
  required: false,
  schema: { type: 'string' },
  description: 'Only this session, as named by x-stuntdouble-session',
}

const done = { description: 'Done' }

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'stuntdouble control API', version },
  servers: [{ url: '/_stuntdouble' }],
  paths: {
    '/health': {
      get: {
        summary: 'Whether the server is well, how long it runs and how many exchanges are open',
        responses: { 200: json('Health', 'object') },
      },
    },
    '/journal': {
      get: {
        summary: 'What was asked, which rule answered, what was written and how it ended',
        parameters: [session],
        responses: { 200: json('Exchanges, oldest first', 'array') },
      },
      delete: { summary: 'Empties the journal', responses: { 204: done } },
    },
    '/misses': {
      get: {
        summary:
          'The exchanges of the journal that nothing answered; `miss` has the nearest recordings, message by message, and their first differences',
        parameters: [session],
        responses: { 200: json('Exchanges, oldest first', 'array') },
      },
    },
    '/reset': {
      post: {
        summary: 'Forgets hits, named states, dialogues and places in taped sequences',
        parameters: [session],
        responses: { 204: done },
      },
    },
    '/scenarios': {
      get: {
        summary: 'The scenarios in use, with their rules',
        responses: { 200: json('Scenarios', 'array') },
      },
    },
    '/metrics': {
      get: {
        summary: 'Counters in the text format of Prometheus',
        responses: { 200: { description: 'Metrics', content: { 'text/plain': {} } } },
      },
    },
    '/openapi.json': {
      get: { summary: 'This description', responses: { 200: json('OpenAPI 3.1', 'object') } },
    },
  },
}
