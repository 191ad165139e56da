import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { messagesSchema } from '../../../src/dialects/anthropic/request-schema.ts'
import { looseRequest, strictRequest } from '../../../src/dialects/openai/chat-schema.ts'
import { requestSchema } from '../../../src/dialects/openai/responses-schema.ts'
import { accepts } from '../../../src/dialects/shapes/accepts.ts'

const word = z
  .string()
  .regex(/^[a-z]+$/)
  .max(3)

/** Every kind that schemas of requests are made of, and some that only zod can read. */
const kinds = {
  text: z.string(),
  'text of a form': word,
  email: z.email(),
  number: z.number(),
  'number in a range': z.number().min(0).max(2),
  'number above': z.number().gt(0),
  'whole number': z.int().min(1),
  flag: z.boolean(),
  nothing: z.null(),
  anything: z.unknown(),
  words: z.enum(['a', 'b']),
  literal: z.literal(['function', 7, null]),
  'text or none': z.string().nullish(),
  'text or undefined': z.string().optional(),
  list: z.array(z.string()).min(1).max(2),
  'one of several': z.union([z.string(), z.array(word), z.null()]),
  'exactly one of several': z.xor([z.string(), word]),
  'loose object': z.looseObject({ a: z.string(), b: z.number().nullish() }),
  'strict object': z.strictObject({ a: z.string(), b: z.unknown().optional() }),
  'object that drops fields': z.object({ a: z.string().optional() }),
  'object with other fields of a kind': z.object({ a: z.string() }).catchall(z.number()),
  'object with a field that is anything': z.looseObject({ a: z.unknown() }),
  record: z.record(z.string(), z.number()),
  'record with names of a form': z.record(word, z.unknown()),
  'told apart by a tag': z.discriminatedUnion('a', [
    z.looseObject({ a: z.literal('a'), b: z.string() }),
    z.strictObject({ a: z.literal('b') }),
  ]),
  refined: z.looseObject({ a: z.unknown() }).refine(({ a }) => a !== 'b'),
  'refined at length': z.array(z.unknown()).superRefine((value, context) => {
    if (value.length > 1) context.addIssue({ code: 'custom', message: 'too long' })
  }),
  changed: z.string().trim(),
  transformed: z.string().transform((text) => text.length),
  'with a default': z.looseObject({ a: z.string().default('a') }),
  coerced: z.coerce.number(),
  caught: z.string().catch('a'),
  'exactly optional': z.looseObject({ a: z.string().exactOptional() }),
} as const

const requests = {
  'a strict chat': strictRequest,
  'a loose chat': looseRequest,
  'a response': requestSchema,
  'a message': messagesSchema({ beta: false }),
  'a message of a beta': messagesSchema({ beta: true }),
} as const

const chat = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
  ],
  stream: true,
  stream_options: { include_usage: true },
  temperature: 0.7,
  max_tokens: 500,
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } },
}

const response = {
  model: 'gpt-4o',
  instructions: 'Be brief.',
  input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
  tools: [{ type: 'function', name: 'f', parameters: {} }],
  stream: true,
}

const message = {
  model: 'claude-sonnet-4-5',
  max_tokens: 1024,
  system: [{ type: 'text', text: 'Be brief.' }],
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'sunny' }] },
  ],
  tools: [{ name: 'f', input_schema: { type: 'object' } }],
  stream: true,
}

const usual: readonly (readonly [string, z.ZodType, object])[] = [
  ['a strict chat', requests['a strict chat'], chat],
  ['a loose chat', requests['a loose chat'], chat],
  ['a response', requests['a response'], response],
  ['a message', requests['a message'], message],
  ['a message of a beta', requests['a message of a beta'], message],
]

const small = fc.constantFrom<unknown[]>(
  ...[
    'a',
    'b',
    'abcd',
    ' a ',
    '',
    'function',
    'a@b.de',
    0,
    1,
    1.5,
    -1,
    7,
    Number.POSITIVE_INFINITY,
    true,
    null,
  ],
  undefined,
)

/** Names that mean something above, and one that means something to JavaScript. */
const names = fc.constantFrom('a', 'b', 'role', 'type', 'content', '__proto__', 'constructor')

/** As JSON has it, where a name may be `__proto__`. */
const object = (entries: readonly (readonly [string, unknown])[]): object => {
  const made = {}
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return made
}

const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    small,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(object),
  ),
}))

/** A copy in which one value, somewhere, is another, or is gone. */
function changed(value: unknown, path: readonly number[], by: unknown): unknown {
  const [first = 0, ...rest] = path
  if (typeof value !== 'object' || value === null || path.length === 0) return by
  const entries = Object.entries(value)
  const at = first % (entries.length + 1)
  const made = entries.flatMap(([name, one], index): [string, unknown][] => {
    if (index !== at) return [[name, one]]
    return by === undefined && rest.length === 0 ? [] : [[name, changed(one, rest, by)]]
  })
  if (at === entries.length) made.push(['a', by])
  return Array.isArray(value) ? made.map(([, one]) => one) : object(made)
}

function expectAgreement(schema: z.ZodType, value: unknown): void {
  if (!accepts(schema, value)) return
  const read = schema.safeParse(value)
  expect(read.success).toBe(true)
  expect(read.data).toEqual(value)
  expect(JSON.stringify(read.data)?.length).toBe(JSON.stringify(value)?.length)
}

describe('the quick look at a body', () => {
  it.each(Object.entries(kinds))(
    'never takes what zod does not take as it stands: %s',
    (_, kind) => {
      const wanted: z.ZodType = kind
      fc.assert(
        fc.property(anything, (value) => expectAgreement(wanted, value)),
        { numRuns: 150 },
      )
    },
  )

  it.each(usual)('never takes a request that zod refuses: %s', (_, schema, request) => {
    const path = fc.array(fc.nat(11), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(path, anything, (at, by) => expectAgreement(schema, changed(request, at, by))),
      { numRuns: 150 },
    )
  })

  it.each(usual)('takes a usual request by itself: %s', (_, schema, request) => {
    expect(accepts(schema, request)).toBe(true)
  })

  it('takes of every kind that requests are made of what is right', () => {
    const right: readonly (readonly [keyof typeof kinds, unknown])[] = [
      ['text', ''],
      ['text of a form', 'abc'],
      ['email', 'a@b.de'],
      ['number', -0.5],
      ['number in a range', 2],
      ['whole number', 1],
      ['flag', false],
      ['nothing', null],
      ['anything', [{}]],
      ['words', 'b'],
      ['literal', 7],
      ['text or none', null],
      ['list', ['a', 'b']],
      ['one of several', ['abc']],
      ['loose object', { a: 'a', c: 1 }],
      ['strict object', { a: 'a', b: [] }],
      ['record', { x: 1 }],
      ['told apart by a tag', { a: 'b' }],
      ['refined', { a: 'a' }],
      ['refined at length', [1]],
    ]
    for (const [kind, value] of right) {
      expect([kind, accepts<unknown>(kinds[kind], value)]).toEqual([kind, true])
    }
  })
})
