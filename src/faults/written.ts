/**
 * A fault as one line of text, which `header.ts` reads back to the same fault: for the journal, for
 * reports, and to be pasted into a header.
 */
import { StuntdoubleError } from '../core/errors.ts'
import type { FaultSpec, WrittenFault } from './fault.ts'
import { plainValue } from './header-item.ts'
import { isMapping } from './options.ts'

/** One fault, or a list of them with commas between. */
export function faultText(
  faults: WrittenFault | FaultSpec | readonly (WrittenFault | FaultSpec)[],
): string {
  return isList(faults) ? faults.map(itemText).join(', ') : itemText(faults)
}

/** The form of a scenario again, from what the schema made of it. */
export function writtenOf({ kind, probability, seed, written }: FaultSpec): WrittenFault {
  if (written === undefined) {
    throw new StuntdoubleError('internal', `nobody knows how this ${kind} was written`)
  }
  const asWritten = isMapping(written) ? written : undefined
  const isSame = probability === (asWritten?.['probability'] ?? 1) && seed === asWritten?.['seed']
  if (isSame) return written
  // A profile changes the chances of its faults.
  return {
    [kind]: asWritten?.[kind] ?? {},
    ...(probability === 1 ? {} : { probability }),
    ...(seed === undefined ? {} : { seed }),
  }
}

const isList = (
  faults: WrittenFault | FaultSpec | readonly (WrittenFault | FaultSpec)[],
): faults is readonly (WrittenFault | FaultSpec)[] => Array.isArray(faults)

const isChecked = (fault: WrittenFault | FaultSpec): fault is FaultSpec =>
  typeof fault === 'object' && 'kind' in fault && 'options' in fault

function itemText(fault: WrittenFault | FaultSpec): string {
  const written = isChecked(fault) ? writtenOf(fault) : fault
  if (typeof written === 'string') return written
  const { probability, seed, ...named } = written
  const beside = pairs({ probability, seed }, '')
  const [[name, options] = ['', {}]] = Object.entries(named)
  if (isMapping(options)) return [name, ...pairs(options, ''), ...beside].join('; ')
  if (options === null || options === undefined) return [name, ...beside].join('; ')
  return [`${name}=${valueText(options)}`, ...beside].join('; ')
}

function pairs(mapping: Readonly<Record<string, unknown>>, prefix: string): string[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    if (value === undefined) return []
    const name = `${prefix}${keyText(key)}`
    if (key === 'at' && isMapping(value)) return [`${name}=${placeText(value)}`]
    if (isMapping(value) && Object.keys(value).length > 0) return pairs(value, `${name}.`)
    return [`${name}=${valueText(value)}`]
  })
}

const keyText = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : jsonText(key))

function placeText(place: Readonly<Record<string, unknown>>): string {
  const [form, ...others] = Object.entries(place)
  const nth = others.find(([key]) => key === 'nth')
  const isShort = others.length === (nth ? 1 : 0)
  const parts = [...(form ?? []), ...(nth ? [nth[1]] : [])]
  const text = parts.map(String).join(':')
  return isShort && /^[\w.+-]+(?::[\w.+-]+){1,2}$/.test(text) ? text : jsonText(place)
}

/** Bare where nothing could be misread. */
function valueText(value: unknown): string {
  if (typeof value !== 'string') return jsonText(value)
  const isBare = /^[\w.:/+*=-]+$/.test(value) && plainValue(value).length === 0
  return isBare ? value : jsonText(value)
}

/** A header takes bytes; so whatever is beyond ASCII is escaped. */
const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
