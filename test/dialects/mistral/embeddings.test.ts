/** Mistral's embeddings in each of the forms that its SDK can ask for. */
import { expect, it } from 'vitest'
import { mistral } from '../../../src/dialects/mistral/mistral.ts'
import { answered } from '../answered.ts'

function embedded(asked: object): unknown {
  const body = { model: 'codestral-embed', input: 'a', ...asked }
  return answered(mistral, { path: '/v1/embeddings', body })['data']
}

const firstOf = (asked: object): unknown => Reflect.get(Object(embedded(asked)), 0).embedding

it.each([
  [{}, 1536, -1, 1],
  [{ output_dtype: 'int8' }, 1536, -127, 127],
  [{ output_dtype: 'uint8' }, 1536, 1, 255],
  [{ output_dtype: 'binary' }, 192, -128, 127],
  [{ output_dtype: 'ubinary', output_dimension: 64 }, 8, 0, 255],
  [{ output_dtype: null, encoding_format: 'float' }, 1536, -1, 1],
  [{ model: 'mistral-embed' }, 1024, -1, 1],
])('%j has %i numbers from %i to %i', (asked, length, low, high) => {
  const numbers = firstOf(asked)
  if (!Array.isArray(numbers)) throw new Error('it is no list')
  expect(numbers).toHaveLength(length)
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(low)
  expect(Math.max(...numbers)).toBeLessThanOrEqual(high)
  expect(new Set(numbers).size).toBeGreaterThan(4)
})

it.each([
  ['float', (bytes: Buffer) => bytes.readFloatLE(0)],
  ['int8', (bytes: Buffer) => bytes.readInt8(0)],
  ['uint8', (bytes: Buffer) => bytes.readUInt8(0)],
  ['binary', (bytes: Buffer) => bytes.readInt8(0)],
])('bytes of %s in base64 are the same numbers', (output_dtype, read) => {
  const [first] = Array.from(Object(firstOf({ output_dtype })), Number)
  const bytes = Buffer.from(String(firstOf({ output_dtype, encoding_format: 'base64' })), 'base64')
  expect(read(bytes)).toBeCloseTo(first ?? Number.NaN)
})
