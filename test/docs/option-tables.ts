/** The table of a fault's options, made from its schema. */
import { z } from 'zod'
import type { FaultKind } from '../../src/faults/fault.ts'
import { jsonSchemaOf } from '../../src/faults/options.ts'

/** As much of JSON Schema as the schemas of faults need. */
const node = z.object({
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
})

type Node = z.infer<typeof node>

interface Option {
  readonly name: string
  readonly described: Node
  /** Required in every form. */
  required: boolean
}

export function optionTable(kind: FaultKind<unknown>): string {
  const whole = node.parse(jsonSchemaOf(kind.schema))
  const forms = whole.anyOf?.map((form) => node.parse(form)) ?? [whole]
  const rows = optionsOf(forms.filter(({ properties }) => properties)).map(row)
  return ['| option | value | meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

function optionsOf(forms: readonly Node[]): Option[] {
  const options = new Map<string, Option>()
  for (const form of forms) {
    for (const [name, schema] of Object.entries(form.properties ?? {})) {
      if (options.has(name)) continue
      const required = forms.every((one) => one.required?.includes(name))
      options.set(name, { name, described: node.parse(schema), required })
    }
  }
  return [...options.values()]
}

const row = ({ name, described, required }: Option): string =>
  `| \`${name}\` | ${valueForm(name, described)}${required ? ', required' : ''} | ${described.description ?? ''} |`

function valueForm(name: string, { type, enum: values, anyOf }: Node): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ')
  if (name === 'at') return '[place](#places)'
  if (name === 'event') return 'event'
  if (anyOf) return 'one of several forms'
  if (Array.isArray(type)) return 'duration'
  if (name === 'error') return '`{ code, message }`'
  return type === 'integer' ? 'whole number' : type === 'string' ? 'text' : `${type}`
}
