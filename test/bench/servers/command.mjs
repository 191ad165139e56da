/** stuntdouble by its command, for what only the command can do: workers, and long recordings. */

import process from 'node:process'
import { answerAsServer, settings } from '../answering.mjs'
import { firstLine, startCommand } from '../commands.mjs'

const command = startCommand(settings.command)
process.on('exit', () => command.kill('SIGKILL'))

answerAsServer(
  async () => {
    const { line, problem } = await firstLine(command)
    if (problem) throw new Error(problem)
    return Number(/:(\d+)\s*$/m.exec(line)?.[1])
  },
  { pid: () => command.pid },
)
