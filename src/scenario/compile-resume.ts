/** `resume` as written to `resume` as it is used, and what of it can never come true. */
import type { Dialect } from '../core/dialect.ts'
import { header } from '../core/http.ts'
import type { Path, Problem } from './problem.ts'
import type { DialectEntry, Resuming, Rule } from './scenario.ts'
import type { WrittenRule, WrittenScenario } from './schema.ts'
import type { WrittenResume } from './schema-resume.ts'

const usual: Resuming = {
  ids: 'counter',
  retryMs: undefined,
  keepMs: 300_000,
  mostFrames: undefined,
  unheard: 'goes-on',
  unknown: 'anew',
  faults: 'once',
}

/** @param base the scenario's, which the rule's own words change */
export function compileResume(
  written: WrittenResume | undefined,
  base?: Resuming | false,
): Resuming | false | undefined {
  if (written === undefined) return base
  if (written === false) return false
  const ground = base || usual
  if (written === true) return ground
  return {
    ids: written.ids ?? ground.ids,
    retryMs: written.retry ?? ground.retryMs,
    keepMs: written.keep ?? ground.keepMs,
    mostFrames: written.frames ?? ground.mostFrames,
    unheard: written.unheard ?? ground.unheard,
    unknown: written.unknown ?? ground.unknown,
    faults: written.faults ?? ground.faults,
  }
}

interface Knowing {
  /** Those that exist without the scenario. */
  readonly outside: readonly Dialect[]
  /** The scenario's own. */
  readonly own: readonly DialectEntry[]
}

const hasEvents = ({ framing, otherFramings = [] }: Dialect): boolean =>
  [framing, ...otherFramings].some(({ name }) => name === 'sse')

/** A scenario's own stands in the place of another of its name. */
function allOf({ outside, own }: Knowing): readonly Dialect[] {
  const declared = own.flatMap((one) => (one.kind === 'declared' ? [one.dialect] : []))
  const names = new Set(declared.map(({ name }) => name))
  return [...outside.filter(({ name }) => !names.has(name)), ...declared]
}

/** Only server-sent events have ids, and only what is played here can be played again. */
export function lintResume(
  { rules: written = [], resume }: WrittenScenario,
  rules: readonly Rule[],
  known: Knowing,
): Problem[] {
  const dialects = allOf(known)
  const why = rules.map((rule, index) => unableTo(rule, written[index], dialects))
  const problems = written.flatMap((rule, index): Problem[] => {
    const message = asks(rule.resume) ? why[index] : undefined
    return message === undefined ? [] : [{ path: ['rules', index], key: 'resume', message }]
  })
  problems.push(...idleFaults(written, rules, dialects))
  const heirs = written.flatMap((rule, index) => (rule.resume === undefined ? [why[index]] : []))
  const reasons = heirs.flatMap((reason) => reason ?? [])
  if (!asks(resume) || heirs.length === 0 || reasons.length < heirs.length) return problems
  const path: Path = []
  return [...problems, { path, key: 'resume', message: `no rule can: ${reasons[0]}` }]
}

const asks = (written: WrittenResume | undefined): boolean =>
  written !== undefined && written !== false

function unableTo(
  { reply }: Rule,
  written: WrittenRule | undefined,
  dialects: readonly Dialect[],
): string | undefined {
  const { kind } = reply
  if (kind === 'upstream') return 'a live service answers, and goes on with its own streams itself'
  if (kind === 'error') return 'an error is no stream, so there is nothing to go on with'
  if (kind === 'http') return isNoEventStream(reply) ? `${onlyEvents}, and ${whatElse}` : undefined
  const named = namesIn(written?.when?.dialect)
  if (named.length === 0) {
    const path = kind === 'script' ? ownPath(written, dialects) : undefined
    return (
      path && `${onlyEvents}, and no dialect listens at ${path}: plain text comes. ${writeItSo}`
    )
  }
  const meant = dialects.filter(({ name }) => named.includes(name))
  if (meant.length === 0 || meant.some(hasEvents)) return undefined
  const said = named.join(', ')
  return `${onlyEvents}, and ${said} ${named.length > 1 ? 'stream' : 'streams'} in another framing`
}

const onlyEvents = 'only server-sent events have ids'

const whatElse = 'this answer is none: it needs status 200 and content-type text/event-stream'

const writeItSo =
  'Answer { status: 200, headers: { content-type: text/event-stream }, body: ... }, or declare a dialect for the path'

function isNoEventStream({ status, headers }: Extract<Rule['reply'], { kind: 'http' }>): boolean {
  const type = header(headers, 'content-type') ?? ''
  return status !== 200 || !(type.includes('{{') || /^\s*text\/event-stream\b/i.test(type))
}

/** The path that a rule names outright, and at which no dialect listens, not even below a prefix. */
function ownPath(
  written: WrittenRule | undefined,
  dialects: readonly Dialect[],
): string | undefined {
  const paths = namesIn(written?.when?.path)
  const routes = dialects.flatMap((dialect) => dialect.routes.map(({ path }) => path))
  const isOurs = (path: string): boolean =>
    /[:*{]/.test(path) || routes.some((route) => endsLike(route).test(path))
  return paths.some(isOurs) ? undefined : paths[0]
}

const endsLike = (route: string): RegExp =>
  new RegExp(
    `${route
      .split(/:\w+|\*\w*/)
      .map((part) => part.replaceAll(/[^\w/-]/g, '\\$&'))
      .join('.+')}$`,
  )

/** The fault `resume` acts only where a client goes on with a stream that it may go on with. */
function idleFaults(
  written: readonly WrittenRule[],
  rules: readonly Rule[],
  dialects: readonly Dialect[],
): Problem[] {
  return rules.flatMap(({ faults, resume, reply }, index): Problem[] => {
    if (resume || (reply.kind === 'replay' && resume !== false)) return []
    const named = namesIn(written[index]?.when?.dialect)
    const keeping = dialects.filter(({ keepAs }) => keepAs !== undefined)
    if (keeping.some(({ name }) => named.includes(name))) return []
    const at = faults.findIndex(({ kind }) => kind === 'resume')
    if (at < 0) return []
    const kept = keeping.map(({ name }) => name).join(', ')
    const message = `resume as a fault never acts here, since no client can come back: the rule or its scenario needs \`resume: true\`, unless \`when\` names a dialect that keeps its answers itself (${kept})`
    return [{ path: ['rules', index, 'faults', at], message }]
  })
}

/** The names that a matcher of dialects gives outright; none where it may mean others as well. */
export function namesIn(matcher: unknown): readonly string[] {
  if (typeof matcher === 'string') return [matcher]
  if (Array.isArray(matcher)) {
    return matcher.every((item) => typeof item === 'string') ? matcher : []
  }
  if (typeof matcher !== 'object' || matcher === null) return []
  if ('equals' in matcher) return namesIn(matcher.equals)
  return 'oneOf' in matcher ? namesIn(matcher.oneOf) : []
}
