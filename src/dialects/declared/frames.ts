/** The frames of a description, compiled: what each event looks like on the wire, both ways. */
import type { Frame, Framing, Message } from '../../core/frame.ts'
import { type JsonStyle, readJson } from './json.ts'
import type { DialectDescription, FrameKind, FrameTemplate } from './schema.ts'
import {
  type Bindings,
  type Expression,
  fillIn,
  jsonTemplate,
  type Lookup,
  type Piece,
  render,
  type Strictness,
  type Template,
  textTemplate,
} from './template.ts'

const frameParts = ['event', 'id', 'comment', 'data'] as const

type FramePart = (typeof frameParts)[number]

/** One frame, compiled; parts that the description does not have are missing. */
export type CompiledFrame = ReadonlyMap<FramePart, Template>

/** The placeholder that decides what a frame is: without it, a frame brings nothing of its kind. */
export const essentials: Readonly<Record<FrameKind, string | undefined>> = {
  start: undefined,
  text: 'text',
  reasoning: 'text',
  refusal: 'text',
  toolStart: 'name',
  toolArguments: 'arguments',
  toolEnd: undefined,
  citation: 'citation',
  usage: 'outputTokens',
  finish: 'finish',
  error: 'message',
}

/** In the order in which a frame that holds several is read. */
export const frameKinds: readonly FrameKind[] = [
  'error',
  'reasoning',
  'text',
  'refusal',
  'toolStart',
  'toolArguments',
  'toolEnd',
  'citation',
  'usage',
  'finish',
  'start',
]

export function compileFrame(frame: FrameTemplate, style: JsonStyle): CompiledFrame {
  const parts = new Map<FramePart, Template>()
  for (const part of frameParts) {
    const source = frame[part]
    if (source === undefined) continue
    parts.set(part, typeof source === 'string' ? textTemplate(source) : jsonTemplate(source, style))
  }
  return parts
}

export interface FramePlan {
  /** What is written, in order. */
  readonly written: readonly CompiledFrame[]
  readonly readers: readonly Reader[]
}

/** Looks for its kind in a frame that was received. */
export interface Reader {
  readonly kind: FrameKind
  /** Whether a match brings the event; the other frames of a list only accompany it. */
  readonly carries: boolean
  match(frame: Frame, value: unknown): Bindings | undefined
}

export function planFrames(
  description: DialectDescription,
  style: JsonStyle,
): ReadonlyMap<FrameKind, FramePlan> {
  const { frames = {}, reads = {} } = description.stream ?? {}
  const plans = new Map<FrameKind, FramePlan>()
  for (const kind of frameKinds) {
    const compile = (source: readonly FrameTemplate[]) => source.map((f) => compileFrame(f, style))
    const written = compile(
      [frames[kind] ?? (kind === 'error' ? errorFrame(description) : [])].flat(),
    )
    const read = compile([reads[kind] ?? []].flat())
    const readers = [...readersOf(kind, written), ...read.flatMap((f) => readersOf(kind, [f]))]
    if (readers.length > 0) plans.set(kind, { written, readers })
  }
  return plans
}

/** Errors in a stream look like the bodies of errors unless the description says otherwise. */
function errorFrame({ errors }: DialectDescription): FrameTemplate[] {
  return errors?.body === undefined ? [] : [{ data: errors.body }]
}

function readersOf(kind: FrameKind, frames: readonly CompiledFrame[]): Reader[] {
  const essential = essentials[kind]
  const holds = (frame: CompiledFrame): boolean =>
    namesIn(frame).some(({ name }) => name === essential)
  const at = frames.findIndex(holds)
  const carrier = at < 0 ? frames.length - 1 : at
  return frames.map((frame, i) => {
    const decides = essential !== undefined && holds(frame)
    return {
      kind,
      carries: i === carrier,
      match: matcher(frame, kind, decides ? essential : undefined),
    }
  })
}

export const namesIn = (frame: CompiledFrame): Expression[] =>
  [...frame.values()].flatMap(({ placeholders }) => placeholders.map((p) => p.expression))

function matcher(
  frame: CompiledFrame,
  kind: FrameKind,
  essential: string | undefined,
): Reader['match'] {
  const strictness: Strictness = { nulls: essential === undefined, keys: kind === 'start' }
  return (received, value) => {
    const found = new Map<string, unknown>()
    for (const [part, template] of frame) {
      const given = part === 'data' && template.form === 'json' ? value : received[part]
      const bindings = template.match(given, strictness)
      if (!bindings) return undefined
      for (const [name, bound] of bindings) found.set(name, bound)
    }
    if (essential !== undefined && (found.get(essential) ?? null) === null) return undefined
    return found
  }
}

export const dataOf = (frame: Frame): unknown =>
  frame.data === undefined ? undefined : readJson(frame.data)

/** A frame for one reply: what is the same in all of them is filled in already. */
export interface BoundFrame {
  write(lookup: Lookup): Frame | undefined
}

export function bindFrame(
  frame: CompiledFrame,
  framing: Framing,
  isFixed: (expression: Expression) => boolean,
  lookup: Lookup,
): BoundFrame {
  const parts: [FramePart, Piece[]][] = [...frame].map(([part, template]) => [
    part,
    fillIn(template.pieces, isFixed, lookup),
  ])
  return {
    write: (values) => {
      const message: { -readonly [K in keyof Message]: Message[K] } = {}
      for (const [part, pieces] of parts) message[part] = render(pieces, values)
      return framing.encode(message)
    },
  }
}
