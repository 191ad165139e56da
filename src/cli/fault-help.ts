/**
 * What one fault or profile takes, read from its schema: options, place, an example in both forms,
 * and where more of it is told. Must never know a single option by itself.
 */
import { z } from 'zod'
import type { FaultKind, WrittenFault } from '../faults/fault.ts'
import { isMapping, jsonSchemaOf } from '../faults/options.ts'
import { type FaultProfile, profileOptions } from '../faults/profiles.ts'
import { faultSchema } from '../faults/registry.ts'
import { faultText } from '../faults/written.ts'

export interface FaultHelp {
  readonly name: string
  readonly summary: string
  /** Whether it acts at a place that is asked for. */
  readonly place: 'needed' | 'optional' | 'none'
  readonly options: readonly OptionHelp[]
  readonly example: WrittenFault
  /** The example in the words of the header. */
  readonly text: string
  /** Page and section. */
  readonly docs: string
  /** The JSON Schema of the options. */
  readonly schema: object
}

interface OptionHelp {
  readonly name: string
  readonly isNeeded: boolean
  readonly description: string
}

export function helpOfKind({ name, summary, schema }: FaultKind<unknown>): FaultHelp {
  const options = optionsOf(schema)
  const at = options.find((option) => option.name === 'at')
  const place = at ? (at.isNeeded ? 'needed' : 'optional') : 'none'
  const example = exampleOf(name, options)
  const docs = `docs/faults.md#${name}`
  const described = { options, example, text: faultText(example), docs }
  return { name, summary, place, ...described, schema: jsonSchemaOf(schema) }
}

export function helpOfProfile({ name, summary }: FaultProfile): FaultHelp {
  const example = { [name]: { strength: 2 }, seed: 9 }
  return {
    ...{ name, summary, place: 'none', example, text: faultText(example) },
    options: optionsOf(profileOptions),
    docs: 'docs/fault-plans.md#profiles',
    schema: jsonSchemaOf(profileOptions),
  }
}

export function* helpLines(help: FaultHelp): Generator<string> {
  const { options, place, example, text, docs } = help
  yield ''
  yield 'Options:'
  yield* table([...options.map(row), ...besides])
  yield ''
  yield places[place]
  yield ''
  yield `In YAML:  - ${flow(example)}`
  yield `As text:  ${text}`
  yield `More:     ${docs}`
}

const somePlaces =
  '{ frame: 4 }, { byte: 100 }, { event: text }, { token: 9 }, { time: 1.2s }, { fraction: 0.5 } or random'

const places: Readonly<Record<FaultHelp['place'], string>> = {
  needed: `It needs a place: ${somePlaces}.`,
  optional: `It can do without a place; else it is ${somePlaces}.`,
  none: 'It takes no place.',
}

type Row = readonly [name: string, described: string]

const row = ({ name, isNeeded, description }: OptionHelp): Row => [
  name,
  isNeeded ? `${description} Needed.` : description,
]

const besides: readonly Row[] = [
  [
    'probability',
    'The chance that it acts at all, from 0 to 1. In YAML it stands beside the name.',
  ],
  ['seed', 'What its chance is drawn from, the same on every request. Beside the name as well.'],
]

function table(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, described]) => `  ${name.padEnd(width)}${described}`)
}

/** As much of JSON Schema as the schemas of faults need. */
const node = z.object({
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
})

/** Those of all forms that its options have; one is needed where no form does without it. */
function optionsOf(schema: z.ZodType): OptionHelp[] {
  const whole = node.parse(jsonSchemaOf(schema))
  const forms = (whole.anyOf ?? [whole]).map((form) => node.parse(form))
  const mappings = forms.filter(({ properties }) => properties)
  const found = new Map<string, OptionHelp>()
  for (const { properties = {} } of mappings) {
    for (const [name, described] of Object.entries(properties)) {
      const { description = '', enum: values } = node.parse(described)
      const choice = values && values.length < 8 ? ` One of ${values.join(', ')}.` : ''
      const isNeeded = mappings.every(({ required = [] }) => required.includes(name))
      found.set(name, { name, isNeeded, description: `${description}${choice}`.trim() })
    }
  }
  return [...found.values()]
}

/** Options without which a kind can do nothing, and that no schema can guess. */
const wanted: Readonly<Record<string, unknown>> = {
  head: { status: 503 },
  error: { code: 'rate-limited', retryAfter: '2s' },
  delay: '300ms',
  stall: { for: '2s', at: { frame: 4 } },
  throttle: { bytesPerSecond: 500 },
  jitter: { by: '120ms' },
  heartbeats: { every: '1s', count: 5 },
  slice: { in: 'utf8' },
  merge: { frames: 3 },
  replace: { at: { frame: 4 }, raw: 'data: not what you expect\n\n' },
  inject: { at: { frame: 4 }, error: { code: 'overloaded' } },
  'after-terminator': { comment: 'more' },
  'wrong-length': { by: 20 },
  'bad-gzip': { how: 'truncated' },
  resume: { skip: 1 },
}

function exampleOf(name: string, options: readonly OptionHelp[]): WrittenFault {
  const given = wanted[name]
  if (given !== undefined) return { [name]: given }
  const takesPlace = options.some((option) => option.name === 'at')
  const atPlace = { [name]: { at: { frame: 4 } } }
  return takesPlace && faultSchema.safeParse(atPlace).success ? atPlace : name
}

/** One line of YAML. */
function flow(value: unknown, depth = 0): string {
  if (typeof value === 'string')
    return /^[A-Za-z0-9][\w.-]*$/.test(value) ? value : JSON.stringify(value)
  if (!isMapping(value)) return JSON.stringify(value)
  const pairs = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner, depth + 1)}`)
  return depth === 0 ? pairs.join('\n            ') : `{ ${pairs.join(', ')} }`
}
