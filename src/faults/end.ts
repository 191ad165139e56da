/** A stream that ends too early, and well: the client sees a whole HTTP response. */
import { endingFault } from './ending.ts'

export const end = endingFault('end', 'Ends the response cleanly, as if it were complete.')
