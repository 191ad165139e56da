/** Which live services there are, for whom, and where what they say is kept. Plain data. */
import type { HttpRequest } from '../../core/http.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { Upstream, Upstreams } from '../../sources/upstreams.ts'

export interface Live {
  /** Given for the whole server: also asked where nothing else answers. */
  readonly general: Upstreams | undefined
  /** What a scenario brings for its own rules, by the scenario's name. */
  readonly own: ReadonlyMap<string, Upstreams>
  /** The folder that recordings go to where no rule says otherwise; undefined for none. */
  readonly folder: string | undefined
  /** Written into each of them, for whoever reads them later. */
  readonly note: string | undefined
}

export const noLive: Live = {
  general: undefined,
  own: new Map(),
  folder: undefined,
  note: undefined,
}

interface Asking {
  readonly scenario: Scenario
  /** Undefined for the one that is for the request. */
  readonly name: string | undefined
}

/** Those of the whole server come first, so that a scenario can be sent elsewhere for a run. */
export function findUpstream(
  { general, own }: Live,
  { scenario, name }: Asking,
  request: { readonly http: HttpRequest; readonly dialect: string | undefined },
): Upstream | undefined {
  const { http, dialect } = request
  const all = [general, own.get(scenario.name)]
  for (const upstreams of all) {
    const found = name === undefined ? upstreams?.find(http, dialect) : upstreams?.named(name)
    if (found) return found
  }
  return undefined
}

/** Of all services that requests of no rule, or of any, may go to. */
export const allUpstreams = ({ general, own }: Live): readonly Upstreams[] => [
  ...(general ? [general] : []),
  ...own.values(),
]
