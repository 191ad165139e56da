/** Places at which a stream can be paused, as people write them: `frame:3`, `{ byte: 100 }`. */
import { StuntdoubleError } from '../core/errors.ts'
import { place } from '../faults/place.ts'

export type StreamPlace =
  | { readonly frame: number }
  | { readonly byte: number }
  | { readonly time: number }

const known = 'frame:3, byte:100 or time:1.5s'

/** @param name what it was written for, which begins the error */
export function readStreamPlace(written: unknown, name: string): StreamPlace {
  const read = place.safeParse(typeof written === 'string' ? placeOf(written) : written)
  const wrong = (why: string): StuntdoubleError =>
    new StuntdoubleError('bad-request', `${name}: ${why}; write ${known}`)
  if (!read.success) throw wrong(read.error.issues.map(({ message }) => message).join('; '))
  const { data } = read
  if (data === 'random' || !('frame' in data || 'byte' in data || 'time' in data)) {
    throw wrong('a stream that is played is found by frame, byte or time')
  }
  return data
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
