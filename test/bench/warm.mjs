/**
 * Warms servers up until they cost no less any more: by a number of replies, since what Node
 * compiles is decided by how often it ran. The first 200 replies cost five to nine times as much as
 * later ones, those after 1,000 two to six times; it takes 3,000 (aimock), 8,000
 * (Koa) or 12,000 (we) until that falls no more, and who warms up slower would seem slower.
 */
import { startServers, withCpuOf } from './children.mjs'

/** Where a server is warm already, since an earlier part has left it. */
const left = new Map()

/** For a part that comes next and wants the same servers; who leaves them does not stop them. */
export function leaveWarm(servers) {
  for (const server of servers) left.set(server.name, server)
}

export const load = (client, server, { connections, ...asked }) =>
  withCpuOf(server, () => client.ask({ do: 'fullSpeed', port: server.port, connections, ...asked }))

/**
 * Servers that answer and are warm.
 *
 * @param cold is called before, with a server that has not answered anything yet
 */
export async function startWarm(client, names, { settings, warmUp, cold = () => {} }) {
  if (names.every((name) => left.has(name))) return takeLeft(names)
  const running = await startServers(names, settings)
  for (const server of running) {
    await cold(server)
    await client.ask({ do: 'check', port: server.port })
    await load(client, server, warmUp)
  }
  return running
}

function takeLeft(names) {
  const taken = names.map((name) => left.get(name))
  left.clear()
  return taken
}
