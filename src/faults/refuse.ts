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
      endingAftermath({ do: by }, 0, (at) => context.onAct?.('refuse', at)),
    ),
}
