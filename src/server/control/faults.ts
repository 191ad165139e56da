/** Faults at run time by HTTP: added, listed, removed one by one or all. */
import type { Context } from 'koa'
import { formatMistake, StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import type { GivenFaults } from '../../faults/asked.ts'
import { isMapping } from '../../faults/options.ts'
import { faultNames } from '../../faults/registry.ts'
import { readYaml } from '../../scenario/load-yaml.ts'
import { countIsTimes, type RunTimeOptions } from '../faults/run-time-faults.ts'
import type { ServerState } from '../server-state.ts'
import { requestOf } from '../wire/node-line.ts'
import { type Handlers, queryOf, wholeNumberOf, wrong } from './handler.ts'

const optionNames = ['ttl', 'times', 'session', 'path', 'dialect', 'rule'] as const

export const faultHandlers: Handlers = {
  'GET /faults': async (ctx, { runTimeFaults }) => {
    const { session } = queryOf(ctx, ['session'])
    const all = await runTimeFaults.all()
    ctx.body = all.filter((one) => session === undefined || one.session === session)
  },
  'GET /faults/:id': async (ctx, server) => {
    queryOf(ctx, [])
    const id = idOf(ctx)
    ctx.body = (await server.runTimeFaults.get(id)) ?? (await noFaults(id, server))
  },
  'POST /faults': async (ctx, server) => {
    const { body } = await requestOf(ctx, server.maxBodyBytes)
    const text = Buffer.from(body).toString('utf8')
    if ('count' in ctx.query) throw wrong(countIsTimes)
    const { faults, options } = read(text, queryOf(ctx, optionNames))
    ctx.body = await server.runTimeFaults.add(faults, options)
    ctx.status = 201
  },
  'DELETE /faults': async (ctx, { runTimeFaults }) => {
    await runTimeFaults.clear(queryOf(ctx, ['session']).session)
    ctx.status = 204
  },
  'DELETE /faults/:id': async (ctx, server) => {
    queryOf(ctx, [])
    const id = idOf(ctx)
    if (!(await server.runTimeFaults.remove(id))) await noFaults(id, server)
    ctx.status = 204
  },
}

type Query = Readonly<Partial<Record<(typeof optionNames)[number], string>>>

/** A name, and then anything but the colon that a key of YAML would have. */
const lineForm = /^\s*[A-Za-z][\w-]*\s*(?:[;,=]|$)/

/**
 * One line as in the header, or YAML, which JSON is as well: a fault, a list of them, or a mapping
 * that has them as `faults` and the options beside.
 */
function read(text: string, query: Query): { faults: GivenFaults; options: RunTimeOptions } {
  if (text.trim() === '') throw wrong(`the body is empty: ${whatIsRight}`)
  const { times, ...others } = query
  const count = wholeNumberOf('times', times, 1)
  const asked = { ...others, ...(count === undefined ? {} : { times: count }) }
  if (lineForm.test(text)) return { faults: text.trim(), options: asked }
  const value = dataIn(text)
  if (!isMapping(value)) return { faults: faultsIn(value), options: asked }
  const fault = Object.keys(value).find((key) => faultNames.includes(key))
  if (fault !== undefined) {
    refuseBeside(value, fault)
    return { faults: value, options: asked }
  }
  const { faults, ...options } = value
  if (faults === undefined) throw withoutFaults(value)
  const twice = Object.keys(asked).find((name) => name in options)
  if (twice !== undefined) throw wrong(`${twice} is given twice, in the body and in the query`)
  return { faults: faultsIn(faults), options: { ...asked, ...options } }
}

const whatIsRight = 'write faults as in the header, or as a list in YAML or JSON'

function dataIn(text: string): unknown {
  const yaml = readYaml(text, 'body')
  if ('value' in yaml) return yaml.value
  throw wrong(yaml.map(formatMistake).join('; '))
}

const isGiven = (value: unknown): value is GivenFaults =>
  typeof value === 'string' || Array.isArray(value) || isMapping(value)

function faultsIn(value: unknown): GivenFaults {
  if (isGiven(value)) return value
  throw wrong(`faults: ${JSON.stringify(value)} is none; ${whatIsRight}`)
}

/** Options are for all faults that are added together, and stand beside them. */
function refuseBeside(value: Readonly<Record<string, unknown>>, fault: string): void {
  const beside: readonly string[] = ['faults', 'count', ...optionNames]
  const option = Object.keys(value).find((key) => beside.includes(key))
  if (option === undefined) return
  if (option === 'faults') throw wrong(`write ${fault} within faults, not beside it`)
  const meant = option === 'count' ? 'times' : option
  throw wrong(
    `write faults: beside ${meant}, as in { "faults": { "${fault}": ... }, "${meant}": ... }`,
  )
}

function withoutFaults(value: Readonly<Record<string, unknown>>): StuntdoubleError {
  const [key] = Object.keys(value)
  if (key === undefined) return wrong(`the body names no fault; ${whatIsRight}`)
  const known = ['faults', ...optionNames, ...faultNames]
  if (known.includes(key)) return wrong(`"faults" is missing; ${whatIsRight}`)
  return wrong(`unknown key "${key}"${suggestion(key, known)}`)
}

function idOf(ctx: Context): number {
  const params: unknown = ctx['params']
  const written = isMapping(params) ? String(params['id']) : ''
  return wholeNumberOf('the id of faults', written, 1) ?? 0
}

async function noFaults(id: number, { runTimeFaults }: ServerState): Promise<never> {
  const ids = (await runTimeFaults.all()).map((one) => one.id)
  const others = ids.length === 0 ? 'none are set' : `set are ${ids.slice(0, 20).join(', ')}`
  throw new StuntdoubleError('no-faults', `there are no faults ${id}; ${others}`)
}
