/** Whether a client asked too often: a pure judgement on the requests of one run. */
import { pausesOf, type SeenRequest } from './seen.ts'

/** So many retries for each request of the clean run are too many, however they are spaced. */
export const tooManyRetries = 10

/** From so many retries of one request on, their pauses have to grow. */
const growsFromRetries = 4

/** The later half of the pauses is, on the average, so much longer than the earlier half. */
const growth = 1.5

/** Why it is a retry storm, or undefined where it is none. */
export function stormOf(
  requests: readonly SeenRequest[],
  clean: readonly SeenRequest[],
): string | undefined {
  const most = tooManyRetries * Math.max(1, clean.length)
  const more = requests.length - clean.length
  if (more > most) return `${more} requests more than the clean run, and ${most} are the most`
  for (const [key, same] of groupedByKey(requests)) {
    const usual = Math.max(1, clean.filter((one) => one.key === key).length)
    const why = same.length - usual >= growsFromRetries ? notGrowing(same) : undefined
    if (why !== undefined) return why
  }
  return undefined
}

function groupedByKey(requests: readonly SeenRequest[]): Map<string, SeenRequest[]> {
  const groups = new Map<string, SeenRequest[]>()
  for (const request of requests) {
    const group = groups.get(request.key)
    if (group) group.push(request)
    else groups.set(request.key, [request])
  }
  return groups
}

function notGrowing(same: readonly SeenRequest[]): string | undefined {
  const pauses = pausesOf(same)
  // Who waits as long as the server says need not wait longer.
  if (pauses.every(({ heeded }) => heeded === true)) return undefined
  const half = Math.floor(pauses.length / 2)
  const earlier = mean(pauses.slice(0, half).map(({ ms }) => ms))
  const later = mean(pauses.slice(-half).map(({ ms }) => ms))
  if (later > 0 && later >= earlier * growth) return undefined
  const written = pauses.map(({ ms }) => Math.round(ms)).join(', ')
  return `${pauses.length} retries, and their pauses do not grow: ${written} ms`
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
