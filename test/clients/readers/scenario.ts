/** The one scenario that every reader asks. Each rule answers a user who says its name. */
import { apiErrorStatus } from '../../../src/core/api-error.ts'

/** What JSON, SSE and UTF-8 each make hard. */
export const text =
  'Grüße aus 漢字, 👩‍👩‍👧 and 🙂: "quoted" \\ slashed, {braced} <tagged> & 100 %.\n\nA line\u2028and another.'
export const thought = 'First a thought, 思考 🙂, then the "answer".'
export const refusal = 'That I will not do, "really".'

export const weather = { name: 'get_weather', arguments: { city: 'Zürich "HB" 🙂' } }
export const time = { name: 'get_time', arguments: { zone: 'Europe/Zurich' } }

export const usage = { input: 1234, output: 56 }

export const words = ['one ', 'two ', 'three']

export const errorMessage = 'The double fell over.'
const errorInStream = 'It broke in the middle.'

export const endings = ['end', 'close', 'reset'] as const
export type CutEnding = (typeof endings)[number]

/** More frames than any format makes of the words above. */
const mostFrames = 40

interface Rule {
  readonly reply: unknown
  readonly faults?: readonly unknown[]
}

const answers: Readonly<Record<string, Rule>> = {
  text: { reply: { text } },
  reasoning: { reply: [{ reasoning: thought }, { text }] },
  refusal: { reply: { refusal, finish: 'stop' } },
  'one call': { reply: { tool: weather } },
  'text and a call': { reply: [{ text }, { tool: weather }] },
  'two calls': { reply: { tools: [weather, time] } },
  'a call without arguments': { reply: { tool: { name: time.name } } },
  usage: {
    reply: { text, usage: { inputTokens: usage.input, outputTokens: usage.output } },
  },
  words: { reply: [{ text: words }] },
  'error in stream': {
    reply: [{ text: words }, { error: { code: 'server-error', message: errorInStream } }],
  },
  hang: { reply: [{ text: words }], faults: [{ hang: { at: { frame: 2 } } }] },
}

const errors = Object.keys(apiErrorStatus).map((code): [string, Rule] => [
  `error ${code}`,
  { reply: { error: { code, message: errorMessage } } },
])

const cuts = endings.flatMap((ending) =>
  Array.from({ length: mostFrames }, (_, frame): [string, Rule] => {
    // What a Node client shall see as a reset must not come together with the data before it.
    const after = ending === 'reset' ? { after: '20ms' } : {}
    const fault = { [ending]: { at: { frame }, ...after } }
    return [`${ending} ${frame}`, { reply: [{ text: words }], faults: [fault] }]
  }),
)

const finish = (reason: string): Rule =>
  reason === 'tool-calls' ? { reply: { tool: weather } } : { reply: { text, finish: reason } }

export const scenarioFor = (finishReasons: readonly string[]): object => ({
  name: 'readers',
  rules: [
    ...Object.entries(answers),
    ...errors,
    ...cuts,
    ...finishReasons.map((reason) => [`finish ${reason}`, finish(reason)] as const),
  ].map(([name, rule]) => ({ name, when: { user: name }, ...rule })),
})
