/** Which recordings of two folders belong together. Pure. */
import type { RecordedRequest, Recording } from '../format.ts'
import { pathAndQuery } from '../transcribe.ts'
import { levelText } from './level.ts'

export interface Paired {
  readonly pairs: readonly (readonly [Recording, Recording])[]
  readonly onlyInA: readonly Recording[]
  readonly onlyInB: readonly Recording[]
}

/**
 * By what was asked, apart from ids, dates and hosts; the same question asked several times, in
 * order. What is left is paired by the names of the files.
 */
export function pairRecordings(a: readonly Recording[], b: readonly Recording[]): Paired {
  const byQuestion = pairBy(a, b, questionOf)
  const byName = pairBy(byQuestion.onlyInA, byQuestion.onlyInB, ({ file }) =>
    file.slice(file.lastIndexOf('/') + 1),
  )
  const order = new Map(a.map((recording, at) => [recording, at]))
  const pairs = [...byQuestion.pairs, ...byName.pairs]
  pairs.sort(([one], [other]) => (order.get(one) ?? 0) - (order.get(other) ?? 0))
  return { ...byName, pairs }
}

const questionOf = (recording: Recording): string => recording.derived('question-1', question)

function question({ method, url, asked, body, base64 }: RecordedRequest): string {
  const path = pathAndQuery(asked ?? url)
  return JSON.stringify([method, levelText(path), levelText(body ?? base64 ?? '')])
}

function pairBy(
  a: readonly Recording[],
  b: readonly Recording[],
  keyOf: (recording: Recording) => string,
): Paired {
  const waiting = new Map<string, Recording[]>()
  for (const recording of b) {
    const key = keyOf(recording)
    const same = waiting.get(key)
    if (same) same.push(recording)
    else waiting.set(key, [recording])
  }
  const pairs: [Recording, Recording][] = []
  const onlyInA: Recording[] = []
  for (const recording of a) {
    const other = waiting.get(keyOf(recording))?.shift()
    if (other) pairs.push([recording, other])
    else onlyInA.push(recording)
  }
  const left = new Set([...waiting.values()].flat())
  return { pairs, onlyInA, onlyInB: b.filter((recording) => left.has(recording)) }
}
