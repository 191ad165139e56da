/** Names of variants as people ask for them: `cut/*`, where a star also goes past slashes. */

export function globPattern(glob: string): (name: string) => boolean {
  const form = glob.trim().replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`^${form.replaceAll('*', '.*').replaceAll('?', '.')}$`)
  return (name) => pattern.test(name)
}
