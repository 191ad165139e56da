/**
 * What is asked of every reader: a check a column of the coverage table. Each looks at what the SDK
 * handed out, and at the journal only to know that the right dialect was asked.
 */
import { expect, vi } from 'vitest'
import { type ApiErrorCode, apiErrorStatus } from '../../../src/core/api-error.ts'
import type { Double } from '../../../src/index.ts'
import type { Heard, Outcome, Reader } from './reader.ts'
import * as told from './scenario.ts'

/** A reader and the server that it asks. */
interface Setting {
  readonly reader: Reader
  readonly double: Double
}

export interface Check {
  /** The heading of its column. */
  readonly column: string
  /** What it says of a reader, as a sentence. */
  readonly title: string
  has(reader: Reader): boolean
  /** What stands in the column; a tick where there is no number to tell. */
  run(setting: Setting): Promise<string | undefined>
}

const hasWhole = ({ says }: Reader): boolean => says.whole !== false

const forms = (reader: Reader): readonly boolean[] => (hasWhole(reader) ? [true, false] : [true])

const ask = ({ reader, double }: Setting, user: string, stream = true): Promise<Heard> =>
  reader.ask(double.url(), { user, stream, tools: /call/.test(user) })

/** The same rule, asked in each form that the format has. */
async function hear(setting: Setting, user: string): Promise<Heard> {
  const [streamed, whole] = await Promise.all(
    forms(setting.reader).map((stream) => ask(setting, user, stream)),
  )
  if (!streamed) throw new Error('nothing was asked')
  if (whole) expect(whole, 'in one piece').toEqual(streamed)
  return streamed
}

export const checks: readonly Check[] = [
  {
    column: 'stream',
    title: 'hears the text of a stream, and was answered by its dialect',
    has: () => true,
    async run(setting) {
      expect((await ask(setting, 'text')).text).toBe(told.text)
      expect(rulesAsked(setting)).toContain('readers/text')
    },
  },
  {
    column: 'whole',
    title: 'hears the text of an answer in one piece',
    has: hasWhole,
    async run(setting) {
      expect((await ask(setting, 'text', false)).text).toBe(told.text)
    },
  },
  {
    column: 'reasoning',
    title: 'hears thoughts apart from the text',
    has: ({ says }) => says.reasoning ?? false,
    async run(setting) {
      const { text, reasoning } = await hear(setting, 'reasoning')
      expect({ text, reasoning }).toEqual({ text: told.text, reasoning: told.thought })
    },
  },
  {
    column: 'calls',
    title: 'hears a call, alone and after text, with and without arguments',
    has: ({ says }) => says.calls ?? false,
    async run(setting) {
      expect((await hear(setting, 'one call')).calls).toEqual([told.weather])
      const { text, calls } = await hear(setting, 'text and a call')
      expect({ text, calls }).toEqual({ text: told.text, calls: [told.weather] })
      const bare = await hear(setting, 'a call without arguments')
      expect(bare.calls).toEqual([{ name: told.time.name, arguments: {} }])
    },
  },
  {
    column: 'parallel calls',
    title: 'hears two calls in their order',
    has: ({ says }) => says.calls ?? false,
    async run(setting) {
      expect((await hear(setting, 'two calls')).calls).toEqual([told.weather, told.time])
    },
  },
  {
    column: 'refusal',
    title: 'hears a refusal as one',
    has: ({ says }) => says.refusal ?? false,
    async run(setting) {
      const { text, refusal } = await hear(setting, 'refusal')
      expect({ text, refusal }).toEqual({ text: '', refusal: told.refusal })
    },
  },
  {
    column: 'usage',
    title: 'hears the usage that the scenario tells, and some where it tells none',
    has: ({ says }) => says.usage ?? false,
    async run(setting) {
      expect((await hear(setting, 'usage')).usage).toEqual(told.usage)
      const { usage } = await hear(setting, 'text')
      expect(usage?.input).toBeGreaterThan(0)
      expect(usage?.output).toBeGreaterThan(0)
    },
  },
  {
    column: 'finish reasons',
    title: "hears each finish reason in the vendor's word",
    has: ({ finishes }) => Object.keys(finishes).length > 0,
    async run(setting) {
      const reasons = Object.entries(setting.reader.finishes)
      for (const [reason, word] of reasons) {
        const user = `finish ${reason}`
        expect((await hear(setting, user)).finish, reason).toBe(word)
      }
      return `${reasons.length}`
    },
  },
  {
    column: 'HTTP errors',
    title: "throws the SDK's own class and status for each error",
    has: () => true,
    async run(setting) {
      for (const code of errorCodes) {
        for (const stream of forms(setting.reader)) await expectError(setting, code, stream)
      }
      return `${errorCodes.length}`
    },
  },
  {
    column: 'error in stream',
    title: 'makes of an error inside the stream what the SDK makes of it',
    has: () => true,
    async run(setting) {
      const { errorInStream } = setting.reader
      expectOutcome(await outcome(ask(setting, 'error in stream')), errorInStream, 'in stream')
    },
  },
  {
    column: 'cuts',
    title: 'settles as documented after every frame, however the connection ends',
    has: () => true,
    async run(setting) {
      const frames = await framesOfWords(setting)
      const places = told.endings.flatMap((ending) =>
        Array.from({ length: frames + 1 }, (_, frame) => ({ ending, frame, frames })),
      )
      await inBatches(8, places, (place) => expectCut(setting, place))
    },
  },
  {
    column: 'abort',
    title: 'can leave a stream that has fallen silent, and the server notices',
    has: () => true,
    run: expectAbort,
  },
]

const errorCodes = Object.keys(apiErrorStatus).filter(
  (code): code is ApiErrorCode => code in apiErrorStatus,
)

async function expectError(setting: Setting, code: ApiErrorCode, stream: boolean): Promise<void> {
  const heard = await outcome(ask(setting, `error ${code}`, stream))
  const form = stream ? 'asked for a stream' : 'asked for one piece'
  if (!('error' in heard)) throw new Error(`${code}, ${form}: the SDK is content`)
  const { name, status } = setting.reader.errors[code] ?? { name: 'the class that a reader names' }
  expect(`${classOf(heard.error)}`, `${code}, ${form}: ${say(heard.error)}`).toBe(name)
  // An SDK that does not know a body hands none of it out.
  expect(say(heard.error), `${code}, ${form}`).toMatch(errorWords)
  if (status !== undefined) expect(statusOf(heard.error), `${code}, ${form}`).toBe(status)
}

const errorWords = new RegExp(`${told.errorMessage}|\\(no body\\)`)

interface Cut {
  readonly ending: told.CutEnding
  readonly frame: number
  readonly frames: number
}

async function expectCut(setting: Setting, { ending, frame, frames }: Cut): Promise<void> {
  const user = `${ending} ${frame}`
  const expected = setting.reader.cut(ending, frame, frames)
  const place = `${ending} after ${frame} of ${frames} frames`
  const heard = await outcome(ask(setting, user))
  expectOutcome(heard, expected, place)
  if ('text' in heard) expect(told.words.join('').startsWith(heard.text), place).toBe(true)
  const entry = entries(setting).findLast(({ rule }) => rule === `readers/${user}`)
  expect(entry?.faults, place).toMatchObject([{ kind: ending }])
}

/** Frames are written one a chunk, so that the journal has counted them. */
async function framesOfWords(setting: Setting): Promise<number> {
  expect((await ask(setting, 'words')).text).toBe(told.words.join(''))
  const entry = () => entries(setting).findLast(({ rule }) => rule === 'readers/words')
  // Some SDKs leave the connection when they have heard enough, before its end.
  await until(() => expect(entry()?.ended).toMatch(/^(?:end|client-left)$/))
  return entry()?.chunks ?? 0
}

async function expectAbort(setting: Setting): Promise<undefined> {
  const { reader, double } = setting
  const controller = new AbortController()
  const { signal } = controller
  const heard = outcome(reader.ask(double.url(), { user: 'hang', stream: true, signal }))
  const entry = () => entries(setting).findLast(({ rule }) => rule === 'readers/hang')
  const begun = until(() => expect(entry()?.faults).toMatchObject([{ kind: 'hang' }]))
  await Promise.all([heard, begun.finally(() => controller.abort())])
  await until(() => expect(entry()?.ended).toBe('client-left'))
}

/** Not `expect.poll`, which does not know its test where several run at once. */
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: patienceMs })

const entries = ({ reader, double }: Setting) =>
  double.journal.filter(({ dialect }) => dialect === reader.dialect)

const rulesAsked = (setting: Setting): string[] => entries(setting).map(({ rule }) => rule)

type Attempt = { readonly text: string } | { readonly error: unknown }

/** Rejected by us where the SDK does not settle at all. */
async function outcome(asked: Promise<Heard>): Promise<Attempt> {
  const late = AbortSignal.timeout(patienceMs)
  const tooLate = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('The SDK does not settle')))
  })
  const settled = asked.then(
    ({ text }) => ({ text }),
    (error: unknown) => ({ error }),
  )
  return Promise.race([settled, tooLate])
}

const patienceMs = 15_000

function expectOutcome(attempt: Attempt, expected: Outcome, place: string): void {
  if (expected === 'success') {
    const failure = 'error' in attempt ? say(attempt.error) : ''
    expect(failure, `${place}: success is expected`).toBe('')
  } else if ('error' in attempt) expect(say(attempt.error), place).toMatch(expected)
  else throw new Error(`${place}: the SDK is content, and should say ${expected}`)
}

const classOf = (error: unknown): string =>
  typeof error === 'object' && error !== null ? error.constructor.name : String(error)

/** An error and its causes in one line: classes, messages and codes. */
function say(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code: unknown = Reflect.get(error, 'code')
  const words = `${classOf(error)}: ${error.message}${code === undefined ? '' : ` (${code})`}`
  return error.cause === undefined ? words : `${words} because of ${say(error.cause)}`
}

/** SDKs do not agree on where a status stands. */
function statusOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  const metadata: unknown = Reflect.get(error, '$metadata')
  if (typeof metadata === 'object' && metadata !== null) {
    return Reflect.get(metadata, 'httpStatusCode')
  }
  for (const name of ['status', 'statusCode', 'status_code']) {
    const status: unknown = Reflect.get(error, name)
    if (typeof status === 'number') return status
  }
  return undefined
}

async function inBatches<T>(
  size: number,
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += size) {
    await Promise.all(items.slice(at, at + size).map(run))
  }
}
