/** Which characters one place of a pattern takes: bits by character code, bit 128 for the others. */

export const allCharacters = (1n << 129n) - 1n

/** Within these nothing but ASCII is meant. */
const asciiOnly = /^(?:[ -~]|\\[dwtnrvf]|\\[^\w]|\[(?!\^)(?:[ -~]|\\[dwtnrvf]|\\[^\w])*\])$/

/** Found out by trying: whoever reads patterns anyway knows best what they mean. */
export function charactersOf(source: string, flags: string): bigint {
  const one = new RegExp(`^${source}$`, flags)
  const mayBeOther = source === '.' || !asciiOnly.test(source) || /\\[DWS]/.test(source)
  let set = mayBeOther ? 1n << 128n : 0n
  for (let code = 0; code < 128; code++) {
    if (one.test(String.fromCharCode(code))) set |= 1n << BigInt(code)
  }
  return set
}
