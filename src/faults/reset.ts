/** A connection that is reset in the middle of the response. */
import { endingFault } from './ending.ts'

export const reset = endingFault('reset', 'Resets the connection (RST).')
