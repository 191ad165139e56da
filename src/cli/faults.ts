/** `faults`: what can go wrong, by name: every kind, every profile. */
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { type FaultProfile, faultProfile, faultProfiles } from '../faults/profiles.ts'
import { faultKind, faultKinds, faultNames } from '../faults/registry.ts'
import { faultText } from '../faults/written.ts'
import { helpLines, helpOfKind, helpOfProfile } from './fault-help.ts'
import { print } from './print.ts'

export async function faults(name: string | undefined, { json = false } = {}): Promise<void> {
  await print(json ? [asJson(name)] : name === undefined ? list() : [...about(name)])
}

function* list(): Generator<string> {
  const width = Math.max(...faultNames.map((name) => name.length)) + 2
  const line = ({ name, summary }: { name: string; summary: string }) =>
    `  ${name.padEnd(width)}${summary}`
  yield 'Faults:'
  yield* faultKinds.map(line)
  yield ''
  yield 'Profiles, which may stand wherever the name of a fault may:'
  yield* faultProfiles.map(line)
}

export function* about(name: string): Generator<string> {
  const profile = faultProfile(name)
  const kind = faultKind(name)
  if (profile) yield* aboutProfile(profile)
  else if (kind) {
    yield `${name}: ${kind.summary}`
    yield* helpLines(helpOfKind(kind))
  } else {
    throw new StuntdoubleError('usage', `unknown fault "${name}"${suggestion(name, faultNames)}`)
  }
}

function* aboutProfile(profile: FaultProfile): Generator<string> {
  yield `${profile.name}: ${profile.summary}`
  yield profile.source
  yield ''
  for (const fault of profile.faults) yield `  ${faultText(fault)}`
  yield* helpLines(helpOfProfile(profile))
}

function asJson(name: string | undefined): string {
  const wanted = (one: { readonly name: string }): boolean =>
    name === undefined || one.name === name
  const kinds = faultKinds.filter(wanted)
  const profiles = faultProfiles.filter(wanted)
  if (kinds.length + profiles.length === 0) [...about(name ?? '')]
  const shown = {
    faults: kinds.map(helpOfKind),
    profiles: profiles.map((profile) => ({ ...helpOfProfile(profile), ...profile })),
  }
  return JSON.stringify(shown, undefined, 2)
}
