/** Anything that a JSON Schema lets through, or nearly: what draws it checks it again. */
import fc from 'fast-check'
import { z } from 'zod'

const node = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  contentEncoding: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
})

type Node = z.infer<typeof node>

const text = fc.oneof(
  fc.constantFrom('', '7', 'true', 'null', 'a b', 'a,b;c="d"', '{', '250ms', 'x:y', 'a\n\u2028b'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

const words = fc.constantFrom('250ms', '1.5s', '40', 'x-test')

export function anyOfSchema(schema: unknown): fc.Arbitrary<unknown> {
  const read = node.parse(schema)
  const forms = read.anyOf ?? read.oneOf
  if (forms) return fc.oneof(...forms.map(anyOfSchema))
  if (read.const !== undefined) return fc.constant(read.const)
  if (read.enum) return fc.constantFrom(...read.enum)
  if (Array.isArray(read.type)) {
    return fc.oneof(...read.type.map((type) => anyOfSchema({ ...read, type })))
  }
  return ofType(read.type, read)
}

function ofType(type: string | undefined, read: Node): fc.Arbitrary<unknown> {
  const low = Math.max(read.minimum ?? 0, 0)
  switch (type) {
    case 'object':
      return anObject(read)
    case 'array':
      return fc.array(anyOfSchema(read.items ?? {}), { maxLength: 3 })
    case 'integer':
      return fc.integer({ min: low, max: Math.min(read.maximum ?? 999, 999) })
    case 'number':
      return fc.double({ min: low, max: Math.min(read.maximum ?? 999, 999), noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'string':
      return read.contentEncoding === 'base64' ? fc.base64String() : fc.oneof(text, words)
    default:
      // There is no minus nought in JSON.
      return fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)))
  }
}

function anObject({ properties = {}, required = [], additionalProperties }: Node) {
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, anyOfSchema(of)])),
    { requiredKeys: required },
  )
  if (typeof additionalProperties !== 'object') return known
  const others = fc.dictionary(
    fc.stringMatching(/^x-[a-z.]{1,5}$/),
    anyOfSchema(additionalProperties),
    {
      maxKeys: 3,
    },
  )
  return fc.tuple(known, others).map(([one, other]) => ({ ...one, ...other }))
}
