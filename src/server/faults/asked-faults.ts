/**
 * The faults of one exchange, from all who may ask for some: its rule, the server, somebody at run
 * time, the request itself. The one place that puts them in order.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import { type HttpRequest, header } from '../../core/http.ts'
import { type Soon, soon } from '../../core/soon.ts'
import { expandProfiles } from '../../faults/expand.ts'
import type { FaultSpec } from '../../faults/fault.ts'
import { parseFaultHeader, textOfHeader } from '../../faults/header.ts'
import { entryFor, type FaultPlan } from '../../faults/plan.ts'
import type { Answer } from '../answers/answered.ts'
import type { ServerState } from '../server-state.ts'
import type { FaultFrom } from './fault-from.ts'
import { actsAgain, asFirstAsked } from './resumed-faults.ts'

/** What the request's own header says. */
export interface RequestFaults {
  readonly specs: readonly FaultSpec[]
  /** What chance is to be drawn from for all faults of the request. */
  readonly seed?: number
}

export interface AskedFaults {
  /** In the order in which they act, profiles taken apart. */
  readonly specs: readonly FaultSpec[]
  readonly seed: number | undefined
  /** Who asked for the fault of this place in `specs`; to be called once it has acted. */
  acted(index: number): FaultFrom
}

/** Before anything answers, since what cannot be read must not count as asked. */
export function requestFaults(http: HttpRequest): RequestFaults {
  const asked = header(http.headers, 'x-stuntdouble-fault')
  if (asked === undefined) return { specs: [] }
  const parsed = parseFaultHeader(textOfHeader(asked))
  if ('problem' in parsed) {
    throw new StuntdoubleError('bad-request', `x-stuntdouble-fault: ${parsed.problem}`)
  }
  return parsed
}

interface Asker {
  readonly specs: readonly FaultSpec[]
  readonly from: FaultFrom
  acted?(at: number): void
}

/** Counts the request as one that its plans and the faults at run time were for. */
export function faultsFor(
  answer: Answer,
  { http, own }: { readonly http: HttpRequest; readonly own: RequestFaults },
  server: ServerState,
): Soon<AskedFaults> {
  if (isSpared(answer, own, server)) {
    return soon(atRunTime(answer, http, server), (control) =>
      control.length === 0
        ? noFaults
        : inOrder(answer, { http, own, nth: notCounted, control }, server),
    )
  }
  return soon(nthInPlans(answer, server), (nth) =>
    soon(atRunTime(answer, http, server), (control) =>
      inOrder(answer, { http, own, nth, control }, server),
    ),
  )
}

/** For nearly every answer, since nobody asks for a fault. */
const noFaults: AskedFaults = {
  specs: [],
  seed: undefined,
  acted(index) {
    throw new StuntdoubleError('internal', `no fault ${index} was asked for`)
  },
}

function isSpared(answer: Answer, own: RequestFaults, { stage }: ServerState): boolean {
  return (
    answer.faults.length === 0 &&
    own.specs.length === 0 &&
    answer.resumes === undefined &&
    !stage.faults?.length &&
    !stage.plan &&
    !answer.ruleHit?.rule.plan &&
    !answer.ruleHit?.scenario.plan
  )
}

interface Asking {
  readonly http: HttpRequest
  readonly own: RequestFaults
  /** Which request it is for the plans that count by themselves. */
  readonly nth: PlanPlaces
  readonly control: readonly Asker[]
}

function inOrder(
  answer: Answer,
  { http, own: given, nth, control }: Asking,
  { stage }: ServerState,
): AskedFaults {
  const asFirst = asFirstAsked(http, answer.resumes)
  const own = asFirst === http ? given : requestFaults(asFirst)
  const askers: readonly Asker[] = [
    { specs: answer.faults, from: { from: 'rule' } },
    ...fromPlans(answer, nth),
    { specs: stage.faults ?? [], from: { from: 'server' } },
    ...planned(stage.plan, 'server', nth.server),
    ...control,
    { specs: own.specs, from: { from: 'request' } },
  ]
  const specs: FaultSpec[] = []
  const places: { readonly asker: Asker; readonly at: number }[] = []
  for (const asker of askers) {
    for (const [at, spec] of asker.specs.entries()) {
      for (const member of expandProfiles([spec])) {
        const again = { from: asker.from.from, http }
        if (answer.resumes && !actsAgain(answer.resumes, member, again)) continue
        specs.push(member)
        places.push({ asker, at })
      }
    }
  }
  return {
    specs,
    seed: own.seed ?? stage.faultSeed,
    acted(index) {
      const place = places[index]
      if (!place) throw new StuntdoubleError('internal', `no fault ${index} was asked for`)
      place.asker.acted?.(place.at)
      return place.asker.from
    },
  }
}

interface PlanPlaces {
  readonly scenario?: number | undefined
  readonly server?: number | undefined
}

const notCounted: PlanPlaces = {}

/** What is no answer to a question, such as a list of models or a miss, is not counted. */
function nthInPlans(answer: Answer, { stage, states }: ServerState): Soon<PlanPlaces> {
  const scenario = answer.ruleHit?.scenario
  const isAnswer =
    answer.ruleHit !== undefined ||
    answer.relayed !== undefined ||
    answer.rule.startsWith('recording/')
  if (!isAnswer || (!scenario?.plan && !stage.plan)) return notCounted
  const { session } = answer
  const next = (plan: FaultPlan | undefined, name: string): Soon<number | undefined> =>
    plan && states.nextInPlan({ session, plan: name })
  // Both are asked before either is waited for.
  const ofScenario = next(scenario?.plan, `scenario/${scenario?.name}`)
  const ofServer = next(stage.plan, 'server')
  return soon(ofScenario, (own) => soon(ofServer, (server) => ({ scenario: own, server })))
}

function fromPlans(answer: Answer, nth: PlanPlaces): readonly Asker[] {
  if (!answer.ruleHit) return []
  const { scenario, rule, hit } = answer.ruleHit
  return [...planned(rule.plan, 'rule', hit), ...planned(scenario.plan, 'scenario', nth.scenario)]
}

function planned(
  plan: FaultPlan | undefined,
  from: FaultFrom['from'],
  place: number | undefined,
): readonly Asker[] {
  if (!plan) return []
  const found = place === undefined ? undefined : entryFor(plan, place)
  return found ? [{ specs: found.faults, from: { from, entry: found.entry } }] : []
}

function atRunTime(
  answer: Answer,
  { path }: HttpRequest,
  { runTimeFaults }: ServerState,
): Soon<readonly Asker[]> {
  const { session, dialect, rule } = answer
  const drawn = runTimeFaults.drawFor({ session, path, dialect: dialect?.name, rule })
  return soon(drawn, (all) =>
    all.map(({ id, specs, acted }) => ({ specs, from: { from: 'control', id }, acted })),
  )
}
