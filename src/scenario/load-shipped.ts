/**
 * The descriptions of dialects that come with this package. The bundle holds what this file gives
 * instead of this file, so that no command begins by reading them: it must need nothing but files of
 * the package, and give nothing but plain data.
 */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { formatMistake } from '../core/errors.ts'
import { resolveDialect } from '../dialects/declared/extend.ts'
import { type DialectDescription, dialectSchema } from '../dialects/declared/schema.ts'
import { readYaml } from './load-yaml.ts'

export type NamedDescription = DialectDescription & { readonly name: string }

const folder = new URL('../../scenarios/dialects/', import.meta.url)

/** With what each extends already in it, and after it. A mistake in one is ours, and is thrown. */
export async function shippedDescriptions(): Promise<readonly NamedDescription[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort()
  let pending = await Promise.all(names.map(readShipped))
  const known = new Map<string, NamedDescription>()
  while (pending.length > 0) {
    const [ready, later] = apart(pending, ({ extends: base }) => !base || known.has(base))
    if (ready.length === 0) throw new Error(`nothing to extend for ${later[0]?.name}`)
    for (const written of ready) known.set(written.name, resolved(written, known))
    pending = later
  }
  return [...known.values()]
}

async function readShipped(name: string): Promise<NamedDescription> {
  const yaml = readYaml(await readFile(fileURLToPath(new URL(name, folder)), 'utf8'), name)
  if (!('value' in yaml)) throw new Error(yaml.map(formatMistake).join('\n'))
  return named(dialectSchema.parse(yaml.value))
}

function resolved(
  written: NamedDescription,
  known: ReadonlyMap<string, NamedDescription>,
): NamedDescription {
  const description = resolveDialect(written, known)
  if ('problems' in description) throw new Error(description.problems[0]?.message)
  return named(description)
}

function named({ name, ...description }: DialectDescription): NamedDescription {
  if (name === undefined) throw new Error('a shipped dialect needs a name')
  return { name, ...description }
}

const apart = <T>(list: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] => [
  list.filter(isFirst),
  list.filter((one) => !isFirst(one)),
]
