/** Several workers as one server: begun, reloaded and ended together. */
import type { Log } from '../server/log.ts'
import { reloadOnChange } from '../testing/watching.ts'
import { Crew } from './crew.ts'
import type { LastWord } from './terms.ts'

export interface LeadOptions {
  readonly count: number
  readonly port: number
  readonly log: Log
  readonly watch: boolean
}

export interface Led {
  readonly banner: string
  /** Rejects where it cannot go on. */
  readonly failed: Promise<never>
  /** How many exchanges are open; all else is over when `over` resolves. */
  drain(): Promise<number>
  over(): Promise<readonly LastWord[]>
  close(): Promise<readonly LastWord[]>
}

/** Throws what a single server throws that cannot begin. */
export async function lead({ count, port, log, watch }: LeadOptions): Promise<Led> {
  const crew = new Crew({ count, port, log })
  const { banner, staged } = await crew.begin()
  const watching = watch ? await reloadOnChange(staged, crew, log) : undefined
  return {
    banner,
    failed: crew.failed,
    over: () => crew.over(),
    async drain() {
      const open = await crew.drain()
      await watching?.close()
      return open
    },
    async close() {
      const words = await crew.close()
      await watching?.close()
      return words
    },
  }
}
