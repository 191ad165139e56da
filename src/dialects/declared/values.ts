/**
 * What the placeholders of a reply stand for: values drawn once, the model, the request's fields.
 * All chance comes from the reply's own source, each value from a fork of its own, so that adding
 * one to a description leaves the others as they were.
 */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Random } from '../../core/random.ts'
import { drawnValue } from '../shapes/drawn.ts'
import { isObject } from '../shapes/json-body.ts'
import type { DialectDescription } from './schema.ts'
import {
  drawnNames,
  type Expression,
  type Lookup,
  render,
  type Template,
  textTemplate,
} from './template.ts'

/** Placeholders that mean the same all through a reply. */
export const replyNames: readonly string[] = ['model', 'created']

export interface ReplyValues {
  /** The same value at every call; undefined where the name is no value of the reply. */
  readonly lookup: Lookup
  readonly isFixed: (expression: Expression) => boolean
  /** A fresh id for a tool call. */
  toolId(): string
  /** A fresh value for `{{ alnum 8 }}` and its like in a frame. */
  draw(expression: Expression): string | undefined
}

export interface ValuePlan {
  of(reply: ReplyContext): ReplyValues
}

export function planValues(description: DialectDescription): ValuePlan {
  const templates = new Map(
    Object.entries(description.values ?? {}).map(([name, form]) => [name, textTemplate(form)]),
  )
  const toolId = templates.get('toolId') ?? textTemplate('call_{{ alnum 24 }}')
  const defaultModel = description.models?.default
  return { of: (reply) => valuesOf(reply, templates, toolId, defaultModel) }
}

function valuesOf(
  reply: ReplyContext,
  templates: ReadonlyMap<string, Template>,
  toolId: Template,
  defaultModel: string | undefined,
): ReplyValues {
  const drawn = new Map<string, string>()
  // Forked at the first use: most replies draw nothing beyond their values.
  let ids: Random | undefined
  let inFrames: Random | undefined
  return {
    isFixed: ({ name }) =>
      name !== 'toolId' &&
      (replyNames.includes(name) || templates.has(name) || name.startsWith('request.')),
    lookup: ({ name }) => {
      if (name === 'model') return reply.request.model ?? defaultModel
      if (name === 'created') return Math.floor(reply.createdMs / 1000)
      if (name.startsWith('request.')) return at(reply.request.body, name.split('.').slice(1))
      const template = templates.get(name)
      if (!template) return undefined
      const value = drawn.get(name) ?? fill(template, reply.random.fork(`value:${name}`))
      drawn.set(name, value)
      return value
    },
    toolId: () => {
      ids ??= reply.random.fork('tool-ids')
      return fill(toolId, ids)
    },
    draw: (expression) => {
      if (!drawnNames.includes(expression.name)) return undefined
      inFrames ??= reply.random.fork('frames')
      return draw(expression, inFrames)
    },
  }
}

const fill = (template: Template, random: Random): string =>
  render(template.pieces, (expression) => draw(expression, random))

/** Descriptions have fewer forms than our own dialects need; another name is none of these. */
const draw = ({ name, length = 0 }: Expression, random: Random): string | undefined =>
  drawnNames.includes(name) ? drawnValue(name, random, [length, 0]) : undefined

/** A value within JSON, or undefined where the path leads nowhere. */
export function at(value: unknown, path: readonly string[]): unknown {
  let here = value
  for (const key of path) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined
    here = here[key]
  }
  return here
}
