/** Profiles to the faults that they are made of. Everything below it knows single faults only. */
import { StuntdoubleError } from '../core/errors.ts'
import type { FaultSpec } from './fault.ts'
import { type FaultProfile, faultProfile, profileOptions } from './profiles.ts'
import { faultSchema } from './registry.ts'

/** Faults as they are, profiles as what they hold, in the order in which they are asked for. */
export function expandProfiles(specs: readonly FaultSpec[]): readonly FaultSpec[] {
  if (!specs.some(({ kind }) => faultProfile(kind))) return specs
  return specs.flatMap((spec) => {
    const profile = faultProfile(spec.kind)
    return profile ? members(profile, spec) : [spec]
  })
}

/**
 * A probability beside a profile's name is one for each of its faults: they are drawn apart from
 * each other, as those of a list are.
 */
function members(profile: FaultProfile, { options, probability, seed }: FaultSpec): FaultSpec[] {
  const { strength } = profileOptions.parse(options)
  return checked(profile).map((member) => ({
    ...member,
    probability: Math.min(1, member.probability * strength) * probability,
    ...(seed === undefined ? {} : { seed }),
  }))
}

const read = new Map<string, readonly FaultSpec[]>()

/** Read at first use: most servers never see most profiles. */
function checked({ name, faults }: FaultProfile): readonly FaultSpec[] {
  const known = read.get(name)
  if (known) return known
  const specs = faults.map((written) => {
    const { data, error } = faultSchema.safeParse(written)
    if (data) return data
    const why = error.issues.map(({ message }) => message).join('; ')
    throw new StuntdoubleError('internal', `the profile ${name} holds what is no fault: ${why}`)
  })
  read.set(name, specs)
  return specs
}
