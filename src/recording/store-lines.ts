/**
 * The lines of a file, read as they are asked for. Must never hold more than a block and the line
 * in hand, nor keep a file open that nobody reads.
 */
import { closeSync, openSync, readSync } from 'node:fs'

const blockBytes = 64 * 1024

const lineFeed = 10

/** A line longer than this is looked for first, and then read into a place of its own length. */
const longBytes = 1024 * 1024

/**
 * Lines without their line ends, as text; a long one as bytes that are its reader's own. The file
 * is closed when the walk ends, however it does.
 */
export function* readLines(file: string): Generator<string | Buffer> {
  const fd = openSync(file, 'r')
  try {
    const block = Buffer.allocUnsafe(blockBytes)
    /** The beginning of a line whose end is not read yet. */
    let begun: Buffer[] = []
    let begunBytes = 0
    let position = 0
    for (;;) {
      const length = readSync(fd, block, 0, blockBytes, position)
      if (length === 0) break
      const read = block.subarray(0, length)
      let from = 0
      for (let to = read.indexOf(lineFeed); to >= 0; to = read.indexOf(lineFeed, from)) {
        yield begunBytes === 0 ? block.toString('utf8', from, to) : joined(begun, read, to)
        begun = noneBegun
        begunBytes = 0
        from = to + 1
      }
      position += length
      if (from === length) continue
      begunBytes += length - from
      if (begunBytes <= longBytes) {
        begun = [...begun, Buffer.from(read.subarray(from))]
        continue
      }
      const start = position - begunBytes
      const end = endOfLine(fd, position, block)
      begun = noneBegun
      begunBytes = 0
      yield readAt(fd, start, end)
      position = end + 1
    }
    if (begunBytes > 0) yield joined(begun, noBytes, 0)
  } finally {
    closeSync(fd)
  }
}

const noneBegun: Buffer[] = []

const noBytes = Buffer.alloc(0)

const joined = (begun: readonly Buffer[], read: Buffer, to: number): string =>
  Buffer.concat([...begun, read.subarray(0, to)]).toString('utf8')

/** Where the line that is under way at `from` ends: at a line feed, or with the file. */
function endOfLine(fd: number, from: number, block: Buffer): number {
  let position = from
  for (;;) {
    const length = readSync(fd, block, 0, block.length, position)
    const at = block.subarray(0, length).indexOf(lineFeed)
    if (at >= 0) return position + at
    if (length === 0) return position
    position += length
  }
}

function readAt(fd: number, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  let filled = 0
  while (filled < bytes.length) {
    const length = readSync(fd, bytes, filled, bytes.length - filled, start + filled)
    if (length === 0) break
    filled += length
  }
  return bytes.subarray(0, filled)
}

/** The last line, if it is no longer than `mostBytes`. */
export function lastLine(fd: number, size: number, mostBytes = blockBytes): string | undefined {
  const tail = readAt(fd, Math.max(0, size - mostBytes), size)
  const end = tail.at(-1) === lineFeed ? tail.length - 1 : tail.length
  const start = tail.lastIndexOf(lineFeed, end - 1)
  if (start < 0 && size > mostBytes) return undefined
  return tail.subarray(start + 1, end).toString('utf8')
}
