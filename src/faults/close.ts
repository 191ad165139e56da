/** A connection that is closed in the middle of the response. */
import { endingFault } from './ending.ts'

export const close = endingFault(
  'close',
  'Closes the connection (FIN) without the last chunk, as a server that crashes does.',
)
