/** Finish reasons there and back; a word that is not ours to name stays as it is. */
import type { FinishReason } from '../../core/event.ts'

interface FinishWords {
  /** The vendor's word. */
  word(reason: FinishReason): string
  /** The neutral word; of several that share a vendor's word, the first. */
  reason(word: string): FinishReason
}

export function finishWords(words: Readonly<Record<string, string>>): FinishWords {
  const reasons = new Map<string, FinishReason>()
  for (const [reason, word] of Object.entries(words)) {
    if (!reasons.has(word)) reasons.set(word, reason)
  }
  return {
    word: (reason) => words[reason] ?? reason,
    reason: (word) => reasons.get(word) ?? word,
  }
}
