/** Places at which a stream can be paused, as people write them: `frame:3`, `{ byte: 100 }`. */
import { StuntdoubleError } from '../../core/errors.ts'
import { duration, isMapping, wholeNumber } from '../../faults/options.ts'

export type StreamPlace =
  | { readonly frame: number }
  | { readonly byte: number }
  | { readonly time: number }

type Form = 'frame' | 'byte' | 'time'

const examples: Readonly<Record<Form, string>> = {
  frame: 'frame:3',
  byte: 'byte:100',
  time: 'time:1.5s',
}

/**
 * @param name what it was written for, which begins the error
 * @param forms the places that can be meant there
 */
export function readStreamPlace(
  written: unknown,
  name: string,
  forms: readonly Form[] = ['frame', 'byte', 'time'],
): StreamPlace {
  const right = forms.map((form) => examples[form])
  const wrong = (why: string): StuntdoubleError => {
    const message = `${name}: ${why}; write ${right.slice(0, -1).join(', ')} or ${right.at(-1)}`
    return new StuntdoubleError('bad-request', message)
  }
  const asked = typeof written === 'string' ? placeOf(written) : written
  const [first, second] = isMapping(asked) ? Object.entries(asked) : []
  if (!first) throw wrong(`${JSON.stringify(written)} is no place`)
  const [key, value] = first
  if (second) throw wrong(`names two places, ${key} and ${second[0]}`)
  const form = forms.find((one) => one === key)
  if (!form) throw wrong(`"${key}" is no place that can be meant here`)
  const read = form === 'time' ? duration.safeParse(value) : wholeNumber(0).safeParse(value)
  if (!read.success) throw wrong(`${form} ${read.error.issues[0]?.message}`)
  const { data } = read
  if (form === 'time') return { time: data }
  return form === 'frame' ? { frame: data } : { byte: data }
}

function placeOf(text: string): unknown {
  const [form, value, ...more] = text.split(':').map((part) => part.trim())
  if (form === undefined || value === undefined || more.length > 0) return text
  return { [form]: /^\d+$/.test(value) ? Number(value) : value }
}

export const writtenPlace = (at: StreamPlace): string => {
  const [[name, value] = ['', 0]] = Object.entries(at)
  return name === 'time' ? `time:${value}ms` : `${name}:${value}`
}
