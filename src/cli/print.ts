/** What a command says goes to stdout here, no faster than it is read. Must never outrun its reader. */
import process from 'node:process'

/**
 * Each line gets its line end. Lines are drawn as they are wanted, and no more once nobody reads.
 * Throws what drawing them throws; what befalls stdout is told where its errors are listened to.
 */
export async function print(lines: Iterable<string> | AsyncIterable<string>): Promise<void> {
  for await (const line of lines) if (!(await isWritten(line))) return
}

const isWritten = (line: string): Promise<boolean> =>
  new Promise((resolve) => process.stdout.write(`${line}\n`, (error) => resolve(!error)))
