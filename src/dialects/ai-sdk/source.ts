/** A citation of a scenario as a source of the AI SDK. */
import { alphanumeric, type Random } from '../../core/random.ts'
import { isObject } from '../shapes/json-body.ts'

export interface Source {
  readonly sourceId: string
  readonly url: string
  readonly title?: string
}

/** An address, or an object that has one; undefined where there is none to point to. */
export function citationSource(citation: unknown, random: Random): Source | undefined {
  if (typeof citation === 'string') return citationSource({ url: citation }, random)
  if (!isObject(citation) || typeof citation['url'] !== 'string') return undefined
  const { url, title, sourceId = citation['id'] } = citation
  return {
    sourceId: typeof sourceId === 'string' ? sourceId : alphanumeric(random, 16),
    url,
    ...(typeof title === 'string' ? { title } : {}),
  }
}
