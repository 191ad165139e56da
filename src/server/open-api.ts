/** The control API, described for tools. A test holds it against the routes. */
import { endings } from '../core/timeline.ts'
import { version } from '../core/version.ts'
import { waitedFor, waitedKinds } from './streams/wait.ts'

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

const id = {
  ...{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } },
  description: 'The number of what is meant',
}

const done = { description: 'Done' }

const inQuery = (
  name: string,
  description: string,
  schema: object = { type: 'string' },
  required = false,
) => ({ name, in: 'query', required, schema, description })

const rule = inQuery('rule', 'Only this rule, as `scenario/rule`')

const since = inQuery('since', 'Only exchanges after the one of this id', { type: 'integer' })

const streamId = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'integer' },
  description: 'That of its journal entry',
}

const cannotBe = (description: string) => ({
  description,
  content: { 'application/json': { schema: { type: 'object' } } },
})

const action = {
  name: 'action',
  in: 'path',
  required: true,
  schema: { enum: ['pause', 'resume', 'step', 'push', 'end'] },
  description:
    'pause (at=frame:3, byte:100 or time:2s), resume (catchUp=true), step (frames=1), push (a JSON body of raw, base64, comment, error or event), end (how=end, close, reset or hang)',
}

const actionParameters = [
  inQuery('at', 'With pause: where, as frame:3, byte:100 or time:2s; now unless said'),
  inQuery('catchUp', 'With resume: what is late comes at once', { type: 'boolean' }),
  inQuery('frames', 'With step: how many; 1 unless said', { type: 'integer', minimum: 1 }),
  inQuery('how', 'With end: how; a clean end unless said', { enum: [...endings] }),
]

const pushed = {
  required: false,
  content: { 'application/json': { schema: { type: 'object' } } },
}

const refused = json('What is wrong, in one sentence', 'object')

const faultOption = (name: string, description: string, type = 'string') => ({
  ...{ name, in: 'query', required: false, schema: { type }, description },
})

const faultOptions = [
  faultOption('ttl', 'How long they hold, e.g. 30s; until they are removed unless given'),
  faultOption('times', 'How many requests get them; all unless given', 'integer'),
  faultOption('session', 'Requests of this session alone'),
  faultOption('path', 'Paths alone that this is or matches, e.g. /v1/*'),
  faultOption('dialect', 'Requests of this dialect alone'),
  faultOption('rule', 'Answers of this rule alone, with or without its scenario'),
]

const faultBody = {
  required: true,
  content: {
    'text/plain': { schema: { type: 'string' }, example: 'reset; at=frame:4' },
    'application/json': { schema: {} },
    'application/yaml': { schema: {} },
  },
}

export const openApi = {
  openapi: '3.1.0',
  info: { title: 'stuntdouble control API', version },
  servers: [{ url: '/_stuntdouble' }],
  paths: {
    '/health': {
      get: {
        summary:
          'Whether the server is `ok`, `full` or `draining`, how long it runs, how many exchanges and connections are open, and how many are taken',
        responses: { 200: json('Health', 'object') },
      },
    },
    '/journal': {
      get: {
        summary: 'What was asked, which rule answered, what was written and how it ended',
        parameters: [session, since],
        responses: { 200: json('Exchanges, oldest first', 'array') },
      },
      delete: {
        summary: 'Empties the journal, or forgets a part of it',
        parameters: [session, since],
        responses: { 204: done },
      },
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
        summary:
          'Forgets hits, named states, dialogues, places in plans and taped sequences, and faults added at run time',
        parameters: [session],
        responses: { 204: done },
      },
    },
    '/faults': {
      get: {
        summary: 'The faults that were added at run time, and how often each acted',
        parameters: [session],
        responses: { 200: json('Faults, in the order in which they act', 'array') },
      },
      post: {
        summary:
          'Adds faults: one line as in x-stuntdouble-fault, a list as in a scenario, or a mapping that has them as `faults` and the options beside',
        parameters: faultOptions,
        requestBody: faultBody,
        responses: { 201: json('The faults as they are set', 'object'), 400: refused },
      },
      delete: {
        summary: 'Removes the faults that were added at run time',
        parameters: [session],
        responses: { 204: done },
      },
    },
    '/faults/{id}': {
      get: {
        summary: 'Faults that were added at run time, and how often each acted',
        parameters: [id],
        responses: { 200: json('The faults as they stand', 'object'), 404: refused },
      },
      delete: {
        summary: 'Removes them',
        parameters: [id],
        responses: { 204: done, 404: refused },
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
    '/lag': {
      get: {
        summary:
          'Scheduled against actual times of all chunks: quantiles and histograms, by dialect, and how late the process came to its timers',
        responses: { 200: json('In milliseconds', 'object') },
      },
    },
    '/streams': {
      get: {
        summary: 'The streams that are being played: paused or not, and how far they are',
        parameters: [session, rule],
        responses: { 200: json('Streams, in the order in which they came', 'array') },
      },
    },
    '/streams/{id}': {
      get: {
        summary: 'One stream; on Linux with the bytes that the client has not acknowledged',
        parameters: [streamId],
        responses: { 200: json('The stream', 'object'), 404: cannotBe('It is over, or never was') },
      },
    },
    '/streams/{action}': {
      post: {
        summary:
          'The same to all open streams to which it can be done, or to those of a session or a rule',
        parameters: [action, session, rule, ...actionParameters],
        requestBody: pushed,
        responses: {
          200: json('The streams afterwards, each with `done`, or with `why` it was not', 'array'),
          422: cannotBe('Possible with none of them; `streams` has why'),
        },
      },
    },
    '/streams/{id}/{action}': {
      post: {
        summary: 'Pauses, resumes, steps, pushes into or ends one stream',
        parameters: [streamId, action, ...actionParameters],
        requestBody: pushed,
        responses: {
          200: json('The stream afterwards', 'object'),
          404: cannotBe('It is over, or never was'),
          422: cannotBe('Not possible'),
        },
      },
    },
    '/wait': {
      get: {
        summary: 'Answers when so many exchanges have come so far, past ones included',
        parameters: [
          inQuery('for', 'What is waited for', { enum: [...waitedFor] }, true),
          inQuery('count', 'How many exchanges; 1 unless said', { type: 'integer', minimum: 1 }),
          session,
          rule,
          since,
          inQuery('at', 'With written: frame:3 or byte:100; byte:1 unless said'),
          inQuery('kind', 'With fault: only faults of this kind', { enum: [...waitedKinds] }),
          inQuery('timeout', 'How long, as 500ms or 5s; 5s unless said, at most 10m'),
        ],
        responses: {
          200: json('The exchanges, oldest first', 'array'),
          408: cannotBe('Not in time; `seen` has what was true by then'),
        },
      },
    },
    '/events': {
      get: {
        summary:
          'Journal entries as server-sent events: request, fault, paused, resumed, ended, taped',
        parameters: [session],
        responses: { 200: { description: 'Events', content: { 'text/event-stream': {} } } },
      },
    },
    '/openapi.json': {
      get: { summary: 'This description', responses: { 200: json('OpenAPI 3.1', 'object') } },
    },
  },
}
