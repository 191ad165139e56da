/** `p`, by which the service hides how long a piece of text is. Source: recorded streams. */
import { integer, type Random } from '../../core/random.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Always the beginning of the same alphabet; only its length is chance. */
export const padding = (random: Random): string => alphabet.slice(0, integer(random, 3, 62))
