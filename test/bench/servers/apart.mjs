/** Several servers of one process each, which share nothing: what as many workers are held against. */
import process from 'node:process'
import { answerAsServer, settings } from '../answering.mjs'
import { firstLine, startCommand } from '../commands.mjs'

const commands = Array.from({ length: settings.count }, () => startCommand(settings.command))
process.on('exit', () => {
  for (const command of commands) command.kill('SIGKILL')
})

/** The ports of all of them. */
async function listen() {
  const first = await Promise.all(commands.map(firstLine))
  return first.map(({ line, problem }) => {
    if (problem) throw new Error(problem)
    return Number(/:(\d+)\s*$/m.exec(line)?.[1])
  })
}

answerAsServer(listen)
