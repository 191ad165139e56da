/** A server that falls silent and leaves the connection open. */
import { silentEndingFault } from './ending.ts'

export const hang = silentEndingFault(
  'hang',
  'Falls silent for good and leaves the connection open.',
)
