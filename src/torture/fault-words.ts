/** A fault as a scenario writes it, on one line: `reset: { at: { frame: 4 } }`. */
import type { WrittenFault } from '../faults/fault.ts'

export const faultWords = (faults: readonly WrittenFault[]): string =>
  faults.length === 0 ? 'none' : faults.map(wordsOf).join(' + ')

function wordsOf(fault: WrittenFault): string {
  if (typeof fault === 'string') return fault
  return entries(fault)
}

const entries = (mapping: object): string =>
  Object.entries(mapping)
    .map(([key, value]) => `${key}: ${valueWords(value)}`)
    .join(', ')

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueWords).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `{ ${entries(value)} }`
  if (typeof value === 'string' && /^[\w./-]+$/.test(value)) return value
  return JSON.stringify(value) ?? ''
}
