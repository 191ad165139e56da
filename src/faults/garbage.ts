/** A chunk header that is no HTTP: where the size of the next chunk is due, something else stands. */
import { utf8 } from '../core/bytes.ts'
import { type EndingOptions, endingAftermath } from './ending.ts'
import type { FaultKind } from './fault.ts'
import { fromPlace } from './from-place.ts'
import { strict } from './options.ts'
import { place } from './place.ts'
import { scannerFor } from './places.ts'

/** Begins with no hexadecimal digit, so that no parser can take it for a size. */
const garbageBytes = utf8('garbage: no size of a chunk\r\n')

export const garbage: FaultKind<Pick<EndingOptions, 'at'>> = {
  name: 'garbage',
  summary:
    'Sends a line that is no HTTP where the size of a chunk is due, and closes the connection.',
  schema: strict({ at: place }, 'garbage'),
  needs: () => 'chunks',
  create: ({ at }, context) =>
    fromPlace(
      scannerFor(at, context),
      endingAftermath({ do: 'close', raw: garbageBytes }, 0, (reached) =>
        context.onAct?.('garbage', reached),
      ),
    ),
}
