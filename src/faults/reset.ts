/** A connection that is reset in the middle of the response; over HTTP/2, its stream. */
import { z } from 'zod'
import type { Http2Code } from '../core/http.ts'
import { after, type EndingOptions, endingAftermath } from './ending.ts'
import type { FaultKind } from './fault.ts'
import { fromPlace } from './from-place.ts'
import { http2Code } from './http2-code.ts'
import { strict } from './options.ts'
import { place } from './place.ts'
import { scannerFor } from './places.ts'

interface ResetOptions extends EndingOptions {
  readonly code?: Http2Code
}

export const reset: FaultKind<ResetOptions> = {
  name: 'reset',
  summary: 'Resets the connection (RST); over HTTP/2, the stream (RST_STREAM).',
  schema: strict(
    {
      at: place,
      after,
      code: z.exactOptional(
        http2Code.describe(
          'The error code of RST_STREAM; INTERNAL_ERROR unless said. Only over HTTP/2.',
        ),
      ),
    },
    'reset',
  ),
  needs: ({ code }) => (code === undefined ? undefined : 'http2-code'),
  create: ({ at, after: afterMs = 0, code }, context) =>
    fromPlace(
      scannerFor(at, context),
      endingAftermath(
        { do: 'reset', ...(code === undefined ? {} : { code }) },
        afterMs,
        (reached) => context.onAct?.('reset', reached),
      ),
    ),
}
