/** The head of a played answer, as far as it is the same over HTTP/1.1 and HTTP/2. Pure. */
import { bodilessStatuses, type Headers } from '../../core/http.ts'
import type { HeadStep } from '../../core/timeline.ts'

export interface HeadOptions {
  /** Added to the head, where it does not bring its own of that name. */
  readonly extraHeaders: Headers
  /** Faults may add or take bytes: a declared length would be a lie. */
  readonly lengthMayChange: boolean
}

export interface Head {
  readonly headers: Headers
  /** Of the answer's own headers and of those that it is to lack, in lower case. */
  readonly names: readonly string[]
}

export function completeHead(step: HeadStep, options: HeadOptions): Head {
  const given = withLength(step, options)
  const names = given.map(([name]) => name.toLowerCase())
  if (step.without) names.push(...step.without)
  const headers = [...given]
  for (const extra of options.extraHeaders) if (!names.includes(extra[0])) headers.push(extra)
  return { headers, names }
}

function withLength(
  { headers, declaredBytes }: HeadStep,
  { lengthMayChange }: HeadOptions,
): Headers {
  if (declaredBytes === undefined) return lengthMayChange ? withoutLength(headers) : headers
  return [...withoutLength(headers), ['content-length', `${declaredBytes}`]]
}

const withoutLength = (headers: Headers): Headers =>
  headers.filter(([name]) => name.toLowerCase() !== 'content-length')

export const hasNoBody = (method: string | undefined, status: number): boolean =>
  method === 'HEAD' || bodilessStatuses.has(status)
