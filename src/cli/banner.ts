/** What a person needs to know once the server listens. The first line is for programs, too. */
import type { Dialect } from '../core/dialect.ts'
import type { Double } from '../testing/start.ts'
import { demoScenario } from '../testing/start.ts'

export type Doing =
  | { readonly doing: 'playing' }
  | { readonly doing: 'taping'; readonly upstream: string; readonly folder: string }
  | { readonly doing: 'replaying'; readonly recordings: readonly string[]; readonly pace: string }

/** One text, so that whoever reads its first line has the rest as well. */
export function banner(double: Double, doing: Doing): string {
  return [`stuntdouble listening on ${double.url()}`, '', ...describe(double, doing), ''].join('\n')
}

function describe(double: Double, doing: Doing): string[] {
  switch (doing.doing) {
    case 'playing':
      return playing(double)
    case 'taping':
      return taping(double, doing.upstream, doing.folder.replace(/(?<=.)\/+$/, ''))
    case 'replaying': {
      const from = doing.recordings.join(', ')
      const how = doing.pace === 'recorded' ? 'as fast as it was recorded' : `at pace ${doing.pace}`
      return [`Replaying ${from}, ${how}.`, '', ...pointHere(environment(double))]
    }
  }
}

function playing(double: Double): string[] {
  const { scenarios, dialects } = double.stage
  const places = reachable(dialects)
  const isDemo = scenarios.length === 1 && scenarios[0]?.file === demoScenario
  return [
    `Playing ${namesOf(double)}:`,
    ...places.map(({ name, method, path }) => `  ${name.padEnd(16)}${method} ${double.url(path)}`),
    '',
    ...pointHere(environment(double)),
    ...tryIt(double, places),
    ...(isDemo ? next : []),
  ]
}

function taping(double: Double, upstream: string, folder: string): string[] {
  const isAsked = double.stage.scenarios.length > 0
  return [
    ...(isAsked ? [`Playing ${namesOf(double)}. What no rule answers goes on:`] : []),
    `Taping ${upstream} into ${folder}.`,
    '',
    ...instead(upstream, double),
    '',
    `Afterwards: stuntdouble replay ${folder}`,
  ]
}

const namesOf = ({ stage }: Double): string =>
  stage.scenarios
    .map(({ name, rules }) => `${name} (${rules.length} ${rules.length === 1 ? 'rule' : 'rules'})`)
    .join(', ')

const pointHere = (variables: readonly string[]): string[] => [
  'Point a client here:',
  ...variables.map((variable) => `  export ${variable}`),
]

/** `NAME=value` lines, in the words of the dialects. */
function environment(double: Double): string[] {
  const lines = double.stage.dialects.flatMap(({ usage }) => usage?.(double.url()) ?? [])
  // A dialect does not know that a scenario asks for keys.
  const key = keyOf(double) ?? 'none'
  return [...new Set(lines)].map((line) => line.replace(/_KEY=none$/, `_KEY=${key}`))
}

const keyOf = ({ stage }: Double): string | undefined =>
  stage.scenarios.find(({ auth }) => auth)?.auth?.keys[0]?.key

/**
 * Keys are the client's own business here, since the service asks for real ones. A base path of the
 * upstream is added by the relay, so that a client must leave it out.
 */
function instead(upstream: string, double: Double): string[] {
  const base = double.url()
  const path = new URL(upstream).pathname.replace(/\/+$/, '')
  const below = environment(double).flatMap((line) => {
    const [name = '', url = ''] = line.split('=', 2)
    const isBelow = url === base + path || url.startsWith(`${base}${path}/`)
    return isBelow ? [`${name}=${base}${url.slice(base.length + path.length)}`] : []
  })
  return below.length > 0 ? pointHere(below) : [`Point a client at ${base} instead.`]
}

function tryIt(double: Double, places: readonly Place[]): string[] {
  const place = places.find(({ name }) => name === 'openai-chat')
  if (!place) return []
  const key = keyOf(double)
  const authorization = key === undefined ? '' : ` -H 'authorization: Bearer ${key}'`
  return [
    '',
    'Try it:',
    `  curl -N ${double.url(place.path)} -H 'content-type: application/json'${authorization} \\`,
    `    -d '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}]}'`,
  ]
}

const next = [
  '',
  'Next: say "weather in Paris", "rate limit", "error", "cut" or "stall" to it, then copy',
  'scenarios/demo.yaml, change it, and serve your copy. --help names the other commands.',
]

interface Place {
  readonly name: string
  readonly method: string
  readonly path: string
}

/** A path that another dialect has taken is reached below the dialect's own name. */
function reachable(dialects: readonly Dialect[]): Place[] {
  const taken = new Set<string>()
  return dialects.flatMap(({ name, routes }) =>
    routes
      .filter(({ answer }) => !answer)
      .map(({ method, path }) => {
        const place = `${method} ${path}`
        const shown = taken.has(place) ? `/${name}${path}` : path
        taken.add(place)
        return { name, method, path: shown }
      }),
  )
}
