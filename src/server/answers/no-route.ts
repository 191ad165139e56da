/** Requests to a path that nobody here knows, and what to say to the person who sent them. */
import type { ApiError } from '../../core/api-error.ts'
import type { Headers } from '../../core/http.ts'
import { nearest } from '../../core/suggest.ts'
import { version } from '../../core/version.ts'
import { replyTimeline } from '../../sources/reply.ts'
import { maskedPath } from '../masking.ts'
import type { Stage } from '../stage/stage.ts'
import { type Answer, type Asked, answered, simulated } from './answered.ts'
import { plainDialect } from './plain.ts'

export function noRoute(asked: Asked): Answer {
  const { place, question, context } = asked
  const { stage } = context
  if (place.allow !== undefined && place.dialect) {
    const allow: readonly [string, string] = ['allow', place.allow]
    const error: ApiError = {
      code: 'method-not-allowed',
      message: `${question.http.method} is not allowed here; allowed: ${place.allow}`,
      headers: [allow],
    }
    return simulated(asked, error, 'method-check')
  }
  if (question.http.path === '/' && question.http.method !== 'POST') {
    // People open it in a browser, and tools wait for it to answer.
    const headers: Headers = [['content-type', 'text/plain; charset=utf-8']]
    const body = `stuntdouble ${version} is running. It knows ${knownPaths(stage)}.\n`
    return answered(asked, {
      timeline: replyTimeline({ status: 200, headers, body }),
      rule: 'greeting',
    })
  }
  const { method } = question.http
  const path = maskedPath(question.http, stage.settings.everywhere)
  const near = knownPaths(stage, `${method} ${path}`)
  const why = `No dialect has the path ${path}, and no rule names it. Nearest are ${near}.${hint(stage)}`
  const reply = plainDialect.error({ code: 'not-found', message: why })
  return answered(asked, {
    timeline: replyTimeline(reply),
    rule: 'no-route',
    ours: { code: 'no-route', why },
  })
}

/** So many paths fit on a screen; the others are a list to search, not one to read. */
const mostPaths = 8

function knownPaths({ dialects }: Stage, asked?: string): string {
  const places = dialects.flatMap(({ routes }) =>
    routes.map(({ method, path }) => `${method} ${path}`),
  )
  const known = [...new Set(places)]
  const sorted = asked === undefined ? known : nearest(asked, known)
  const more = known.length - mostPaths
  return `${sorted.slice(0, mostPaths).join(', ')}${more > 0 ? `, and ${more} more` : ''}`
}

/** A path that several dialects have is reached below each one's name, too. */
const hint = ({ dialects: [first] }: Stage): string =>
  first
    ? ` A dialect's name before its path, as in /${first.name}/..., or --dialect says which is meant.`
    : ''
