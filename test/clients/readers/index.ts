/** Every dialect that a vendor's own SDK reads; a dialect is judged by being listed here. */
import type { Reader } from './reader.ts'

export const readers: readonly Reader[] = []
