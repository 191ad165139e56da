/**
 * Whether the parts of a description fit together: what the schema cannot see. Every problem is
 * reported with its place, none stops the search for the next.
 */
import { parseDuration } from '../../core/duration.ts'
import { suggestion } from '../../core/suggest.ts'
import { tokenNames } from './encode.ts'
import { errorNames } from './error.ts'
import type { Problem } from './extend.ts'
import { compileFrame, essentials, frameKinds, namesIn } from './frames.ts'
import { fieldAt } from './request.ts'
import type { DialectDescription, FrameKind, FrameTemplate } from './schema.ts'
import { drawnNames, jsonTemplate, type Template, textTemplate } from './template.ts'
import { replyNames } from './values.ts'
import { wholeNames } from './whole.ts'

type Path = (string | number)[]

const compact = { spaced: false, ascii: false }

/** What each kind of frame may say besides what is the same all through a reply. */
const namesByKind: Readonly<Record<FrameKind, readonly string[]>> = {
  start: [],
  text: ['text'],
  reasoning: ['text'],
  refusal: ['text'],
  toolStart: ['index', 'name', 'toolId'],
  toolArguments: ['index', 'name', 'toolId', 'arguments'],
  toolEnd: ['index', 'name', 'toolId'],
  citation: ['citation'],
  usage: tokenNames,
  finish: ['finish', ...tokenNames],
  error: errorNames,
}

export function checkDescription(description: DialectDescription): Problem[] {
  const { name, routes, stream, whole } = description
  const missing = (path: string, message: string): Problem => ({ path: [path], message })
  return [
    ...(name === undefined ? [missing('name', 'a name is required')] : []),
    ...(routes === undefined ? [missing('routes', 'at least one route is required')] : []),
    ...(stream === undefined && whole === undefined
      ? [missing('stream', '`stream`, `whole` or both are required')]
      : []),
    ...checkStream(description),
    ...checkWhole(description),
    ...checkErrors(description),
    ...checkValues(description),
  ]
}

function* checkStream(description: DialectDescription): Generator<Problem> {
  const { stream } = description
  if (!stream) return
  const path: Path = ['stream']
  if (!stream.frames?.text) {
    yield { path: [...path, 'frames'], message: 'a stream needs `frames.text`' }
  }
  for (const section of ['frames', 'reads'] as const) {
    for (const kind of frameKinds) {
      const frames = stream[section]?.[kind]
      if (frames !== undefined) {
        yield* checkKind(description, kind, frames, [...path, section, kind])
      }
    }
  }
  if (stream.heartbeat) {
    const { every, frame } = stream.heartbeat
    const here = [...path, 'heartbeat']
    if (!parseDuration(every)) {
      yield { path: [...here, 'every'], message: 'must be a duration such as `10s`' }
    }
    yield* checkFrame(description, frame, ['n'], [...here, 'frame'], false)
  }
}

function* checkKind(
  description: DialectDescription,
  kind: FrameKind,
  frames: FrameTemplate | readonly FrameTemplate[],
  path: Path,
): Generator<Problem> {
  const isList = Array.isArray(frames)
  const list: readonly FrameTemplate[] = [frames].flat()
  for (const [i, frame] of list.entries()) {
    const here = isList ? [...path, i] : path
    yield* checkFrame(description, frame, ['now', ...namesByKind[kind]], here, true)
  }
  const compiled = list.map((frame) => compileFrame(frame, compact))
  const essential = essentials[kind]
  const tells = compiled.some((frame) => namesIn(frame).some(({ name }) => name === essential))
  if (kind === 'finish' || kind === 'toolEnd' || kind === 'error') {
    if (!tells && compiled.some((frame) => matchesNothing(frame.get('data')))) {
      const need = essential === undefined ? '' : ` or \`{{ ${essential} }}\``
      yield { path, message: `needs a fixed value${need}, to tell it from other frames` }
    }
  } else if (essential !== undefined && !tells) {
    yield { path, message: `must contain \`{{ ${essential} }}\`` }
  }
}

/** Whether a JSON template is so empty that even `{}` looks like it. */
const matchesNothing = (data: Template | undefined): boolean =>
  data?.form === 'json' && data.match({}, { nulls: true, keys: true }) !== undefined

function* checkFrame(
  description: DialectDescription,
  frame: FrameTemplate,
  names: readonly string[],
  path: Path,
  inReply: boolean,
): Generator<Problem> {
  const { framing = 'sse' } = description.stream ?? {}
  for (const part of ['event', 'id', 'comment'] as const) {
    if (frame[part] !== undefined && framing !== 'sse') {
      yield {
        path: [...path, part],
        message: `\`${framing}\` has no place for it, only \`sse\` has`,
      }
    }
  }
  const parts = compileFrame(frame, compact)
  if (parts.size === 0) yield { path, message: 'a frame needs `data`, `event` or `comment`' }
  for (const [part, template] of parts) {
    yield* checkNames(description, template, names, [...path, part], inReply)
  }
}

function* checkWhole(description: DialectDescription): Generator<Problem> {
  const { whole } = description
  const names = ['now', ...wholeNames, ...tokenNames]
  for (const [i, form] of [whole ?? []].flat().entries()) {
    const path: Path = Array.isArray(whole) ? ['whole', i] : ['whole']
    if ((form.json === undefined) === (form.text === undefined)) {
      yield { path, message: 'needs either `json` or `text`' }
    }
    if (form.json !== undefined) {
      const template = jsonTemplate(form.json, compact)
      yield* checkNames(description, template, names, [...path, 'json'], true)
    }
    if (form.text !== undefined) {
      const template = textTemplate(form.text)
      yield* checkNames(description, template, names, [...path, 'text'], true)
    }
    if (form.toolCall !== undefined) {
      const template = jsonTemplate(form.toolCall, compact)
      const ofCall = namesByKind.toolArguments
      yield* checkNames(description, template, ofCall, [...path, 'toolCall'], false)
    }
  }
}

function* checkErrors(description: DialectDescription): Generator<Problem> {
  const { errors = {} } = description
  const bodies: [unknown, Path][] = [
    [errors.body, ['errors', 'body']],
    [errors.validation?.body, ['errors', 'validation', 'body']],
    ...Object.entries(errors.codes ?? {}).map(([code, form]): [unknown, Path] => [
      form?.body,
      ['errors', 'codes', code, 'body'],
    ]),
  ]
  for (const [body, path] of bodies) {
    if (body === undefined) continue
    yield* checkNames(description, jsonTemplate(body, compact), errorNames, path, false)
  }
}

function* checkValues(description: DialectDescription): Generator<Problem> {
  for (const [name, form] of Object.entries(description.values ?? {})) {
    const path: Path = ['values', name]
    if (ownNames.includes(name)) yield { path, message: `"${name}" has a meaning of its own` }
    yield* checkNames({}, textTemplate(form), drawnNames, path, false)
  }
  for (const [i, line] of (description.usage ?? []).entries()) {
    yield* checkNames({}, textTemplate(line), ['base'], ['usage', i], false)
  }
}

/** Names that a description cannot give to a value of its own; `toolId` alone it may. */
const ownNames: readonly string[] = [
  ...new Set([...replyNames, ...drawnNames, ...wholeNames, ...Object.values(namesByKind).flat()]),
].filter((name) => name !== 'toolId')

function* checkNames(
  description: DialectDescription,
  { placeholders }: Template,
  names: readonly string[],
  path: Path,
  inReply: boolean,
): Generator<Problem> {
  const values = Object.keys(description.values ?? {}).filter((name) => name !== 'toolId')
  const known = inReply ? [...names, ...replyNames, ...values, ...drawnNames] : names
  for (const { expression, path: within } of placeholders) {
    const { name, length } = expression
    const here = [...path, ...within]
    if (inReply && name.startsWith('request.')) yield* checkRequestName(description, name, here)
    else if (!known.includes(name)) {
      yield { path: here, message: `no placeholder "${name}" here${suggestion(name, known)}` }
    } else if (drawnNames.includes(name) && name !== 'uuid' && !(length && length <= 256)) {
      yield { path: here, message: `\`${name}\` needs a length from 1 to 256, as in \`${name} 8\`` }
    }
  }
}

function* checkRequestName(
  { request }: DialectDescription,
  name: string,
  path: Path,
): Generator<Problem> {
  const fields = request?.body ?? {}
  const keys = name.split('.').slice(1)
  if (fieldAt(fields, keys)) return
  const known = Object.keys(fields).map((key) => `request.${key}`)
  const near = known.length === 0 ? '' : suggestion(name, known)
  yield { path, message: `\`request.body\` has no field "${keys.join('.')}"${near}` }
}
