/**
 * Recordings as one scenario that people can go on with: a rule for each, with what was asked, what
 * was said, when, and how it ended. It says what was said and not the bytes; those stay with the
 * recording. Must never write what `check` would find a mistake in.
 */
import { pathAndQuery } from '../transcribe.ts'
import { type Asked, askedOf, dialectTaken } from './asked.ts'
import type { Exported, Exporter, ExportOptions } from './exporter.ts'
import { replyOf } from './script-reply.ts'
import { type Matched, type Taken, whenOf } from './script-when.ts'
import { escapeTemplates, writtenYaml } from './script-yaml.ts'

const schema = './node_modules/stuntdouble/schema/scenario.json'

export const scenario: Exporter = {
  name: 'scenario',
  title: 'scenario to edit (YAML)',
  *write(exported, options) {
    const taken = takenOf(exported, options)
    // A scenario without rules is none.
    if (taken.length === 0) return
    const names = new RuleNames()
    const prefer = preferredOf(taken, options)
    yield `# yaml-language-server: $schema=${schema}\n`
    if (prefer.length > 0) yield writtenYaml({ dialects: prefer })
    yield 'rules:\n'
    const matched = whenOf(taken)
    for (const [index, one] of taken.entries()) {
      const rule = ruleOf(one, matched[index], names, options)
      if (rule) yield writtenYaml([rule], 2)
    }
  },
}

function takenOf(exported: Iterable<Exported>, options: ExportOptions): Taken[] {
  return [...exported].flatMap((one) => {
    const { file, failed, status } = one.recording
    const asked = askedOf(one)
    const why = whyNot(asked, failed, status)
    if (why === undefined && asked.kind !== 'refused') return [{ exported: one, asked }]
    options.leaveOut(file, why ?? '')
    return []
  })
}

function whyNot(
  asked: Asked,
  failed: string | undefined,
  status: number | undefined,
): string | undefined {
  if (failed !== undefined) return `the service was never reached: ${failed}`
  if (status === undefined) return 'there was no answer'
  if (status > 599) return `a scenario has no status ${status}`
  if (asked.kind !== 'refused') return undefined
  return `the dialect refuses the request by itself: ${asked.error.message ?? asked.error.code}`
}

/**
 * Dialects that a server would not take these requests for unless it is told. One that would take
 * the requests of another in the file is not named: its clients have a path of their own.
 */
function preferredOf(taken: readonly Taken[], { dialects, tell }: ExportOptions): string[] {
  const chats = taken.flatMap(({ exported: { dialect }, asked }) =>
    dialect && asked.kind === 'chat' ? [{ http: asked.http, name: dialect.name }] : [],
  )
  type Chat = (typeof chats)[number]
  const isReached = ({ http, name }: Chat, preferred: readonly string[]): boolean =>
    dialectTaken(http, dialects, preferred)?.name === name
  const unsettled = new Set(chats.filter((one) => !isReached(one, [])).map(({ name }) => name))
  let prefer: string[] = []
  for (const name of unsettled) {
    const more = [...prefer, name]
    const takesAnother = chats.some((one) => isReached(one, prefer) && !isReached(one, more))
    if (!takesAnother) prefer = more
  }
  for (const { http, name } of chats.filter((one) => !isReached(one, prefer))) {
    tell(
      `${http.path} is also a path of another dialect in this scenario: clients of ${name} that ` +
        `do not name themselves need the base path /${name}, as in http://127.0.0.1:4141/${name}`,
    )
  }
  return prefer
}

function ruleOf(
  { exported, asked }: Taken,
  matched: Matched | undefined,
  names: RuleNames,
  options: ExportOptions,
): object | undefined {
  const { recording, dialect } = exported
  if (!matched) return undefined
  if (matched.isAmbiguous) {
    options.tell(
      'some requests differ only in what a rule cannot look at: they are answered in their order',
    )
  }
  const reply = replyOf({ recording, dialect, asked }, options)
  if (!reply) return undefined
  return {
    name: names.of(exported, asked),
    when: matched.when,
    ...(matched.isLastTake ? {} : { times: 1 }),
    ...reply,
    reply: escapeTemplates(reply.reply),
  }
}

const longestName = 48

/** Short names that people can find again, each only once. */
class RuleNames {
  readonly #used = new Map<string, number>()

  of({ recording }: Exported, asked: Taken['asked']): string {
    const { method, url, asked: target } = recording.request
    const said = asked.kind === 'chat' ? asked.chat.user : undefined
    const line = said?.trim().split('\n')[0]?.trim() || `${method} ${pathAndQuery(target ?? url)}`
    const short = Array.from(line).slice(0, longestName).join('').trim()
    const count = (this.#used.get(short) ?? 0) + 1
    this.#used.set(short, count)
    const name = count === 1 ? short : `${short} (${count})`
    if (count > 1) this.#used.set(name, 1)
    return name
  }
}
