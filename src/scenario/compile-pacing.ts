/** Pacing as written to pacing as it is used: profiles looked up, what is left out taken over. */
import type { Pacing } from '../core/pacing.ts'
import { profiles } from '../time/profiles.ts'
import type { WrittenPacing } from './schema-pacing.ts'

const none = { fixed: 0 } as const

/** What holds where a scenario says nothing: no delay at all. */
export const noPacing: Pacing = { head: none, ttft: none, itl: none }

/** A profile replaces the whole pacing, single delays change the one they stand upon. */
export function compilePacing(written: WrittenPacing | undefined, base: Pacing): Pacing {
  if (written === undefined) return base
  if (typeof written === 'string') return profileOf(written) ?? base
  const { profile, head, ttft, itl, burst } = written
  const ground = (profile === undefined ? undefined : profileOf(profile)) ?? base
  return {
    ...ground,
    ...(head && { head }),
    ...(ttft && { ttft }),
    ...(itl && { itl }),
    ...(burst && { burst }),
  }
}

const profileOf = (name: string): Pacing | undefined => profiles[name]?.pacing
