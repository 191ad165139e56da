/**
 * What is certainly wrong about rules that replay or that ask a live service. Must never complain
 * of a service that the command line may still name.
 */
import type { Framing } from '../core/frame.ts'
import { suggestion } from '../core/suggest.ts'
import { checkLive } from '../faults/apply.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { Path, Problem } from './problem.ts'
import { mayAskUpstream, type Scenario, type ScenarioUpstream } from './scenario.ts'
import type { WrittenScenario } from './schema.ts'

export interface LintContext {
  /** Names of all dialects, the scenario's own included. */
  readonly dialects: readonly string[]
  /** How each of them frames its streams, by its name. */
  readonly framings: ReadonlyMap<string, readonly Framing[]>
  exists(file: string): boolean
}

export function lintLive(
  written: WrittenScenario,
  scenario: Scenario,
  context: LintContext,
): Problem[] {
  return [
    ...lostReplays(scenario, context),
    ...tapedIntoFile(scenario),
    ...faultsWithoutLength(scenario),
    ...idlePacing(scenario),
    ...unknownDialects(written, context.dialects),
    ...doubledUpstreams(written, scenario),
  ]
}

const replyPath = (index: number, key: string): Path => ['rules', index, 'reply', key]

/** A folder that one of the rules fills need not be there yet. */
function lostReplays({ rules }: Scenario, { exists }: LintContext): Problem[] {
  const filled = new Set(
    rules.flatMap(({ reply }) =>
      reply.kind === 'replay' && reply.missing === 'tape' ? [reply.path] : [],
    ),
  )
  return rules.flatMap(({ reply, index }) => {
    if (reply.kind !== 'replay' || filled.has(reply.path) || exists(reply.path)) return []
    const message = `there is no recording and no folder at ${reply.path}`
    return [{ path: replyPath(index, 'replay'), message }]
  })
}

function tapedIntoFile({ rules }: Scenario): Problem[] {
  return rules.flatMap(({ reply, index }) => {
    const isRecording = (path: string): boolean => path.endsWith('.jsonl')
    if (reply.kind === 'replay' && reply.missing === 'tape' && isRecording(reply.path)) {
      const message = 'missing: tape needs a folder to tape into; this is one recording'
      return [{ path: replyPath(index, 'replay'), message }]
    }
    if (reply.kind !== 'upstream' || !reply.tape || !isRecording(reply.tape)) return []
    const message = 'tape is a folder, in which each exchange gets a file of its own'
    return [{ path: replyPath(index, 'tape'), message }]
  })
}

/** Places for which the whole stream must be there before its first byte is sent. */
function faultsWithoutLength({ rules }: Scenario): Problem[] {
  return rules.flatMap(({ reply, faults, index }) => {
    if (!mayAskUpstream(reply)) return []
    return faults.flatMap((fault: FaultSpec, at) => {
      const why = checkLive([fault])
      return why ? [{ path: ['rules', index, 'faults', at, fault.kind, 'at'], message: why }] : []
    })
  })
}

/** What is not said here is not paced here either. */
function idlePacing({ rules }: Scenario): Problem[] {
  return rules.flatMap(({ reply, pacing, index }) => {
    if (pacing === undefined || (reply.kind !== 'upstream' && reply.kind !== 'replay')) return []
    const message =
      reply.kind === 'upstream'
        ? 'pacing does nothing here: the service sets the pace; a delay, stall or throttle among `faults` slows it down'
        : 'pacing does nothing here: that of a replay stands in the reply, beside `replay`'
    return [{ path: ['rules', index], key: 'pacing', message }]
  })
}

function unknownDialects({ upstreams = [] }: WrittenScenario, known: readonly string[]): Problem[] {
  return upstreams.flatMap(({ dialect }, index) =>
    dialect === undefined || known.includes(dialect)
      ? []
      : [
          {
            path: ['upstreams', index, 'dialect'],
            message: `unknown dialect "${dialect}"${suggestion(dialect, known)}`,
          },
        ],
  )
}

/** Where a request would find two, nobody could say which one it went to. */
function doubledUpstreams({ upstream }: WrittenScenario, { upstreams }: Scenario): Problem[] {
  const listed = upstream === undefined ? 0 : 1
  const names = upstreams.map(({ name }) => name)
  const places = upstreams.map(placeOf)
  return upstreams.flatMap(({ name }, at): Problem[] => {
    const index = at - listed
    if (index < 0) return []
    if (name !== undefined && names.indexOf(name) < at) {
      const message = `another upstream is named "${name}"; names must differ`
      return [{ path: ['upstreams', index, 'name'], message }]
    }
    if (places.indexOf(placeOf(upstreams[at])) === at) return []
    const message =
      'another upstream is for the same requests; give one of them a name, a path or a dialect'
    return [{ path: ['upstreams', index], message }]
  })
}

function placeOf(upstream: ScenarioUpstream | undefined): string {
  const { path, dialect, name } = upstream ?? {}
  return JSON.stringify(path === undefined ? [dialect ?? name] : [path, dialect])
}
