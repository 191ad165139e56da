/** An error of the service instead of its answer, with the status, headers and body it would have. */
import { z } from 'zod'
import type { ApiError } from '../core/api-error.ts'
import { utf8 } from '../core/bytes.ts'
import { type HttpReply, header } from '../core/http.ts'
import type { Step } from '../core/timeline.ts'
import { errorCode } from './event-option.ts'
import type { FaultKind } from './fault.ts'
import { fromPlace } from './from-place.ts'
import { choose, duration, httpStatus, strict } from './options.ts'
import { theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

/** As in `error: rate-limited`. */
const short: z.ZodType<ApiError> = errorCode.transform((code) => ({ code }))

const long: z.ZodType<ApiError> = strict(
  {
    code: errorCode,
    status: z.exactOptional(
      httpStatus(400).describe('The HTTP status; the one that the service has for it unless said.'),
    ),
    message: z.exactOptional(
      z.string({ error: 'must be text' }).describe("Replaces the vendor's own words."),
    ),
    retryAfter: z.exactOptional(
      duration.describe('What the client is told to wait, in the headers that the service has.'),
    ),
  },
  'error',
  'error acts before the head and takes no place; inject puts one into a stream',
).transform(({ retryAfter, ...rest }): ApiError => {
  return retryAfter === undefined ? rest : { ...rest, retryAfterMs: retryAfter }
})

export const error: FaultKind<ApiError> = {
  name: 'error',
  summary: "Answers with an error in the dialect's own form instead of the answer.",
  schema: choose<ApiError>(
    (written) => (typeof written === 'string' ? short : long),
    () => [short, long],
    'The code of an error, or { code, status, message, retryAfter }.',
  ),
  create: (options, context) =>
    fromPlace(scannerFor(theVeryStart, context), {
      reach(at): Step[] {
        context.onAct?.('error', at)
        return stepsOf(context.stream.errorReply(options), at.atMs)
      },
      push: () => [],
      end: () => [],
    }),
}

function stepsOf({ status, headers, body }: HttpReply, atMs: number): Step[] {
  const bytes = typeof body === 'string' ? utf8(body) : body
  const length: readonly [string, string] = ['content-length', `${bytes.length}`]
  const counted = header(headers, 'content-length') === undefined ? [...headers, length] : headers
  return [
    { atMs, do: 'head', status, headers: counted },
    { atMs, do: 'write', bytes },
    { atMs, do: 'end' },
  ]
}
