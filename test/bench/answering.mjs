/** The child's side of the conversation with its parent: a table of what it can be asked to do. */
import process from 'node:process'

/** What the parent gave this child to work with. */
export const settings = JSON.parse(process.argv[2] ?? '{}')

export function answerParent(actions) {
  process.on('message', async (message) => {
    try {
      process.send({ value: (await actions[message.do](message)) ?? null })
    } catch (error) {
      process.send({ error: error instanceof Error ? (error.stack ?? error.message) : `${error}` })
    }
  })
  process.on('disconnect', () => process.exit())
}

/** What every server under test can be asked: to listen, and what it has used so far. */
export function answerAsServer(listen) {
  answerParent({
    listen,
    usage: () => {
      const { user, system } = process.cpuUsage()
      return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() }
    },
  })
}

/** Listens on a free port of the loopback and gives the port. */
export function listenOnLoopback(server) {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve(server.address().port),
    )
  })
}
