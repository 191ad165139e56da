/**
 * One line on a terminal's stderr that says how far long work has come, and is gone at its end.
 * Must never write a byte where stderr is no terminal.
 */
import process from 'node:process'

export interface Progress {
  /** @param done so much in all, in the unit of the total */
  at(done: number): void
  /** One more. */
  step(): void
  /** Takes the line away; nothing comes after it. */
  end(): void
}

export interface ProgressOptions {
  /** Undefined where nobody knows how much it is. */
  readonly total?: number | undefined
  /** How an amount is written; as a plain number unless said otherwise. */
  readonly amount?: ((value: number) => string) | undefined
}

/** Quick work shows nothing at all, and slow work not more often than an eye can follow. */
const quietMs = 300
const everyMs = 100

interface Screen {
  readonly columns?: number
  write(text: string): unknown
}

const none: Progress = { at: () => undefined, step: () => undefined, end: () => undefined }

/**
 * Shows how far the work has come while it runs, and takes that away when it is over, however it
 * ends.
 */
export async function withProgress<T>(
  label: string,
  work: (progress: Progress) => T | Promise<T>,
  options: ProgressOptions = {},
): Promise<T> {
  const progress = isShown()
    ? progressOn(process.stderr, label, options, () => performance.now())
    : none
  try {
    return await work(progress)
  } finally {
    progress.end()
  }
}

function isShown(): boolean {
  const { CI, TERM } = process.env
  return process.stderr.isTTY === true && (CI ?? '') === '' && TERM !== 'dumb'
}

/** The same on any screen and by any clock. */
export function progressOn(
  screen: Screen,
  label: string,
  { total, amount = String }: ProgressOptions,
  now: () => number,
): Progress {
  let done = 0
  let nextMs = now() + quietMs
  let shown = 0
  const draw = (): void => {
    const width = (screen.columns ?? 80) - 1
    const text = lineOf(label, done, total, amount).slice(0, width)
    screen.write(`\r${text.padEnd(shown)}`)
    shown = text.length
  }
  const at = (value: number): void => {
    done = value
    if (now() < nextMs) return
    nextMs = now() + everyMs
    draw()
  }
  return {
    at,
    step: () => at(done + 1),
    end() {
      if (shown > 0) screen.write(`\r${' '.repeat(shown)}\r`)
      shown = 0
      nextMs = Number.POSITIVE_INFINITY
    },
  }
}

function lineOf(
  label: string,
  done: number,
  total: number | undefined,
  amount: (value: number) => string,
): string {
  if (total === undefined || total <= 0) return `${label} ${amount(done)}`
  const percent = Math.min(100, Math.floor((done / total) * 100))
  return `${label} ${amount(done)} of ${amount(total)}, ${percent} %`
}
