/** A server that takes the connection and gives no byte of an answer. */
import { z } from 'zod'
import { endingAftermath } from './ending.ts'
import type { FaultKind } from './fault.ts'
import { fromPlace } from './from-place.ts'
import { strict } from './options.ts'
import { theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

interface RefuseOptions {
  readonly by: 'reset' | 'close'
}

/** Over HTTP/2 a reset says by its code that nothing was done, so that the client may try again. */
const endingBy = {
  reset: { do: 'reset', code: 'REFUSED_STREAM' },
  close: { do: 'close' },
} as const

export const refuse: FaultKind<RefuseOptions> = {
  name: 'refuse',
  summary: 'Gives no byte of an answer: the connection is lost before the status line.',
  schema: strict(
    {
      by: z
        .enum(['reset', 'close'], { error: 'must be reset or close' })
        .default('reset')
        .describe('How the connection is lost: reset (RST), the default, or close (FIN).'),
    },
    'refuse',
    'refuse acts before the head and takes no place',
  ),
  create: ({ by }, context) =>
    fromPlace(
      scannerFor(theVeryStart, context),
      endingAftermath(endingBy[by], 0, (at) => context.onAct?.('refuse', at)),
    ),
}
