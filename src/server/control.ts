/**
 * The control API below `/_stuntdouble/`: for tests and people on this machine. It refuses foreign
 * origins and hosts, since any page a developer opens could otherwise call it.
 */
import { isIP } from 'node:net'
import Router from '@koa/router'
import type { Context, Next } from 'koa'
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { version } from '../core/version.ts'
import { faultHandlers } from './control/faults.ts'
import { type Handlers, queryOf, wholeNumberOf } from './control/handler.ts'
import { controlPrefix } from './control/prefix.ts'
import { streamHandlers } from './control/streams.ts'
import { waitHandlers } from './control/wait.ts'
import { renderLag } from './lag/lag-metrics.ts'
import { joinReports } from './lag/lag-report.ts'
import { renderMetrics } from './metrics.ts'
import { openApi } from './open-api.ts'
import { joinCounters, joinNow } from './peers/counters.ts'
import { gather, journalOf } from './peers/gather.ts'
import type { JournalAsked, WorkerHealth } from './peers/peers.ts'
import type { ServerState } from './server-state.ts'
import { hostOf } from './wire/node-line.ts'

const handlers: Handlers = {
  'GET /health': async (ctx, server) => {
    queryOf(ctx, [])
    const parts = await gather(server, 'health', {})
    const isFull = parts.every((part) => part.isFull)
    const { waiting: _, ...now } = joinNow(parts.map((part) => part.now))
    ctx.body = {
      status: server.draining ? 'draining' : isFull ? 'full' : 'ok',
      version,
      uptimeMs: Math.round(server.clock.now() - server.startedMs),
      ...now,
      ...workersOf(server, parts),
    }
  },
  'GET /journal': async (ctx, server) => {
    ctx.body = await journalOf(server, askedOf(ctx))
  },
  'GET /misses': async (ctx, server) => {
    ctx.body = await journalOf(server, { ...queryOf(ctx, ['session']), misses: true })
  },
  'DELETE /journal': async (ctx, server) => {
    await gather(server, 'clear', askedOf(ctx))
    ctx.status = 204
  },
  'POST /reset': async (ctx, server) => {
    await gather(server, 'reset', queryOf(ctx, ['session']))
    ctx.status = 204
  },
  'GET /scenarios': (ctx, { stage }) => {
    queryOf(ctx, [])
    ctx.body = stage.scenarios.map(({ name, file, seed, rules }) => ({
      name,
      file,
      seed: stage.seed ?? seed,
      rules: rules.map((rule) => ({ name: rule.name, line: rule.line, times: rule.times })),
    }))
  },
  'GET /metrics': async (ctx, server) => {
    queryOf(ctx, [])
    const { counters, now } = joinCounters(await gather(server, 'counters', {}))
    const lag = joinReports(await gather(server, 'lag', {}))
    const [type, text] = await renderMetrics(counters, now)
    ctx.type = type
    ctx.body = text + renderLag(lag)
  },
  'GET /lag': async (ctx, server) => {
    queryOf(ctx, [])
    ctx.body = joinReports(await gather(server, 'lag', {}))
  },
  'GET /openapi.json': (ctx) => {
    queryOf(ctx, [])
    ctx.body = openApi
  },
  ...streamHandlers,
  ...faultHandlers,
  ...waitHandlers,
}

/** Who answers, and who else does; nothing where there is one process. */
function workersOf({ peers }: ServerState, parts: readonly WorkerHealth[]): object {
  if (!peers.place) return {}
  const workers = parts
    .map(({ worker, pid, uptimeMs, now }) => ({ worker, pid, uptimeMs, open: now.open }))
    .sort((a, b) => a.worker - b.worker)
  return { worker: peers.place.number, workers }
}

/** The entries that a question about the journal is about. */
function askedOf(ctx: Context): JournalAsked {
  const { session, since } = queryOf(ctx, ['session', 'since'])
  const after = wholeNumberOf('since', since, 0)
  return {
    ...(session === undefined ? {} : { session }),
    ...(after === undefined ? {} : { since: after }),
  }
}

export function controlRoutes(server: ServerState): Router {
  const router = new Router({ prefix: controlPrefix })
  router.use((ctx, next) => guard(ctx, server.controlHosts, next))
  for (const [place, handle] of Object.entries(handlers)) {
    const [method = '', path = ''] = place.split(' ')
    router.register(path, [method], (ctx) => handle(ctx, server))
  }
  router.all('/{*rest}', (ctx) => unknown(ctx))
  return router
}

function unknown(ctx: Context): void {
  const path = ctx.path.slice(controlPrefix.length)
  const places = Object.keys(handlers)
  const methods = places.flatMap((place) => {
    const [method = '', form = ''] = place.split(' ')
    return isOfForm(path, form) ? [method] : []
  })
  if (methods.length > 0) {
    ctx.set('allow', methods.join(', '))
    const allowed = `allowed is ${methods.join(', ')}`
    throw new StuntdoubleError('bad-method', `${ctx.method} on ${path}: ${allowed}`)
  }
  const paths = [...new Set(places.map((place) => place.split(' ')[1] ?? ''))]
  throw new StuntdoubleError('no-route', `no control path ${path}${suggestion(path, paths)}`)
}

/** Whether a path is one of `/streams/:id`, where the path's own words stand in for parameters. */
function isOfForm(path: string, form: string): boolean {
  const parts = path.split('/')
  const wanted = form.split('/')
  return (
    parts.length === wanted.length &&
    wanted.every((part, at) => (part.startsWith(':') ? parts[at] !== '' : part === parts[at]))
  )
}

/**
 * A page of a foreign origin is told by its Origin header, and one that had its own name resolved
 * to this machine by its Host header.
 */
async function guard(ctx: Context, allowed: readonly string[], next: Next): Promise<void> {
  const host = hostName(hostOf(ctx))
  if (!isOwnHost(host, allowed)) {
    throw new StuntdoubleError(
      'foreign-origin',
      `the control API is not served under the name "${host}"; --allow-host ${host} would allow it`,
    )
  }
  const origin = ctx.get('origin')
  if (origin !== '' && origin !== `http://${hostOf(ctx)}`) {
    throw new StuntdoubleError('foreign-origin', `the control API refuses the origin ${origin}`)
  }
  // Sent by browsers alone, also where they leave out the Origin, as on a plain GET.
  const site = ctx.get('sec-fetch-site')
  if (site === 'cross-site' || site === 'same-site') {
    throw new StuntdoubleError('foreign-origin', 'the control API refuses pages of other sites')
  }
  await next()
}

const hostName = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

function isOwnHost(host: string, allowed: readonly string[]): boolean {
  const name = host.toLowerCase()
  return (
    name === 'localhost' || name.endsWith('.localhost') || isIP(name) > 0 || allowed.includes(name)
  )
}
