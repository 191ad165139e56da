/**
 * Faults on a connection that goes on with a broken stream: what broke it once does not break it
 * again, or no client could ever show that it recovers.
 */
import { type HttpRequest, header } from '../../core/http.ts'
import type { FaultSpec, ResumedFrom } from '../../faults/fault.ts'
import type { Answer, Resumes } from '../answers/answered.ts'

const faultHeader = 'x-stuntdouble-fault'

/**
 * Those asked for at run time say by themselves how often they act. The same header again, as of a
 * client that sends it with everything, is no new wish.
 */
export function actsAgain(
  { faults, header: first }: Resumes,
  { kind }: FaultSpec,
  { from, http }: { readonly from: string; readonly http: HttpRequest },
): boolean {
  if (kind === 'resume' || faults === 'each' || from === 'control') return true
  return from === 'request' && (header(http.headers, faultHeader) ?? first) !== first
}

/** A client that cannot send headers, as an EventSource, has said with its first request what it wants. */
export function asFirstAsked(http: HttpRequest, resumes: Resumes | undefined): HttpRequest {
  if (resumes?.header === undefined || header(http.headers, faultHeader) !== undefined) return http
  return { ...http, headers: [...http.headers, [faultHeader, resumes.header]] }
}

/** What faults are told of where the stream goes on. */
export function resumedFrom({ resumes }: Answer): ResumedFrom | undefined {
  if (!resumes) return undefined
  const { after, hasIds, before } = resumes
  return { after: hasIds ? after : undefined, before }
}
