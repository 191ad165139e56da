/** The live services of a scenario, as written, to plain data with milliseconds. */
import type { ScenarioUpstream } from './scenario.ts'
import type { WrittenScenario } from './schema.ts'
import { withoutUndefined } from './schema-reply.ts'
import type { WrittenUpstream } from './schema-upstream.ts'

export function compileUpstreams({
  upstream,
  upstreams = [],
}: Pick<WrittenScenario, 'upstream' | 'upstreams'>): readonly ScenarioUpstream[] {
  const all = upstreams.map(compileUpstream)
  return upstream === undefined ? all : [{ url: upstream }, ...all]
}

const compileUpstream = ({
  connectTimeout,
  headTimeout,
  idleTimeout,
  path,
  ...rest
}: WrittenUpstream): ScenarioUpstream =>
  withoutUndefined({
    ...rest,
    path: path === undefined ? undefined : path.replace(/\/+$/, '') || '/',
    connectTimeoutMs: connectTimeout,
    headTimeoutMs: headTimeout,
    idleTimeoutMs: idleTimeout,
  })
