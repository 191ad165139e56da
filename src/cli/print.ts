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

/** The same for a text that comes in pieces, which get nothing between them. */
export async function printPieces(pieces: Iterable<string>): Promise<void> {
  for (const piece of gathered(pieces)) if (!(await isWrittenAsItIs(piece))) return
}

const isWrittenAsItIs = (piece: string): Promise<boolean> =>
  new Promise((resolve) => process.stdout.write(piece, (error) => resolve(!error)))

const gatheredCharacters = 64 * 1024

/** Few large pieces from many small ones: each costs a call of the system. */
export function* gathered(pieces: Iterable<string>): Generator<string> {
  let parts: string[] = []
  let characters = 0
  for (const piece of pieces) {
    parts.push(piece)
    characters += piece.length
    if (characters < gatheredCharacters) continue
    yield parts.join('')
    parts = []
    characters = 0
  }
  if (parts.length > 0) yield parts.join('')
}
