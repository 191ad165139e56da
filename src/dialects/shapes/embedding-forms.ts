/** Embeddings in fewer bits, as vendors offer them: of each number a byte, or its sign alone. */

type Vector = readonly number[]

/** Numbers of a long vector of unit length are small: a quarter is taken for the greatest. */
const scaled = (vector: Vector): number[] =>
  vector.map((value) => Math.round(Math.max(-1, Math.min(1, value * 4)) * 127))

/** Eight signs a byte, the first in the highest bit. */
const signs = (vector: Vector): number[] =>
  Array.from({ length: Math.ceil(vector.length / 8) }, (_, byte) =>
    vector
      .slice(byte * 8, byte * 8 + 8)
      .reduce((bits, value, bit) => bits | (value > 0 ? 128 >> bit : 0), 0),
  )

export const embeddingForms = {
  float: (vector: Vector): Vector => vector,
  int8: scaled,
  uint8: (vector: Vector): Vector => scaled(vector).map((value) => value + 128),
  binary: (vector: Vector): Vector => signs(vector).map((byte) => byte - 128),
  ubinary: signs,
} as const

export type EmbeddingForm = keyof typeof embeddingForms

/** Floats of four bytes, the lowest first; all others have one byte a number. */
export function embeddingBase64(vector: Vector, form: EmbeddingForm = 'float'): string {
  const numbers = embeddingForms[form](vector)
  const bytes = form === 'float' ? floatBytes(numbers) : Uint8Array.from(numbers)
  return Buffer.from(bytes).toString('base64')
}

function floatBytes(numbers: Vector): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 4))
  numbers.forEach((value, index) => {
    view.setFloat32(index * 4, value, true)
  })
  return new Uint8Array(view.buffer)
}
