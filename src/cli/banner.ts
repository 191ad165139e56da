/** What a person needs to know once the server listens. The first line is for programs, too. */
import type { Dialect } from '../core/dialect.ts'
import type { Double } from '../testing/start.ts'
import { demoScenario } from '../testing/start.ts'

export type Doing =
  | { readonly doing: 'playing' }
  | { readonly doing: 'taping'; readonly upstream: string; readonly folder: string }
  | { readonly doing: 'replaying'; readonly recordings: readonly string[] }

export function banner(double: Double, doing: Doing): string {
  const lines = [`stuntdouble listening on ${double.url()}`, '', ...describe(double, doing)]
  return `${lines.join('\n')}\n\n`
}

function describe(double: Double, doing: Doing): string[] {
  switch (doing.doing) {
    case 'playing':
      return playing(double)
    case 'taping':
      return [
        `Taping ${doing.upstream} into ${doing.folder}/. Point your client here instead:`,
        ...environment(double),
        '',
        `Afterwards: stuntdouble replay ${doing.folder}`,
      ]
    case 'replaying':
      return [`Replaying ${doing.recordings.join(', ')}.`, '', ...environment(double)]
  }
}

function playing(double: Double): string[] {
  const { scenarios, dialects } = double.stage
  const routes = reachable(dialects).map(
    ([name, method, path]) => `  ${name.padEnd(16)}${method} ${double.url(path)}`,
  )
  const isDemo = scenarios.length === 1 && scenarios[0]?.file === demoScenario
  return [
    `Playing ${scenarios.map(({ name, rules }) => `${name} (${rules.length} rules)`).join(', ')}:`,
    ...routes,
    '',
    'Point a client here:',
    ...environment(double),
    '',
    'Try it:',
    ...tryIt(double),
    ...(isDemo ? next : []),
  ]
}

const environment = (double: Double): string[] => {
  const lines = double.stage.dialects.flatMap(({ usage }) => usage?.(double.url()) ?? [])
  return [...new Set(lines)].map((line) => `  export ${line}`)
}

const tryIt = (double: Double): string[] => [
  `  curl -N ${double.url('/v1/chat/completions')} -H 'content-type: application/json' \\`,
  `    -d '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}]}'`,
]

const next = [
  '',
  'Next: say "weather in Paris", "rate limit", "error", "cut" or "stall" to it, then copy',
  'scenarios/demo.yaml, change it, and serve your copy. --help names the other commands.',
]

/** A path that another dialect has taken is reached below the dialect's own name. */
function reachable(dialects: readonly Dialect[]): (readonly [string, string, string])[] {
  const taken = new Set<string>()
  return dialects.flatMap(({ name, routes }) =>
    routes
      .filter(({ answer }) => !answer)
      .map(({ method, path }) => {
        const place = `${method} ${path}`
        const shown = taken.has(place) ? `/${name}${path}` : path
        taken.add(place)
        return [name, method, shown] as const
      }),
  )
}
