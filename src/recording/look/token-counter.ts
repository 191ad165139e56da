/**
 * Counts tokens of a text that comes in pieces, by the cutter that scenarios are cut with. Pure.
 * Must never hold much of the text: pieces are joined only as far as a token may reach.
 */
import { countTokens } from '../../dialects/grain.ts'

export interface TokenCounter {
  push(text: string): void
  /** How many there were. */
  end(): number
}

const heldCharacters = 2048

export function countedTokens(): TokenCounter {
  let held = ''
  let count = 0
  return {
    push(text) {
      held += text
      if (held.length < heldCharacters) return
      // No token but a run of spaces goes on after a space, so that is where a text is parted.
      const at = held.lastIndexOf(' ')
      const cut = at > 0 ? at : held.length
      count += countTokens(held.slice(0, cut))
      held = held.slice(cut)
    },
    end: () => count + countTokens(held),
  }
}
