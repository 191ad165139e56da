/**
 * What is done to streams by hand, as it is asked for in words. All that can be wrong with the question
 * is found before any stream is touched, so that it can be asked of several processes.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { type Ending, endings } from '../../core/timeline.ts'
import { type Matter, withMatter } from '../../faults/matter.ts'
import { strict } from '../../faults/options.ts'
import type { Stream } from './stream.ts'
import { readStreamPlace } from './streams-place.ts'

/** What is done, and the parameters that it takes besides those which say to which. */
export const actions = {
  pause: ['at'],
  resume: ['catchUp'],
  step: ['frames'],
  push: [],
  end: ['how'],
} as const

export type Action = keyof typeof actions

/** In the words of a query, and what is pushed as it was written. */
export interface AskedAct {
  readonly action: Action
  readonly asked: Readonly<Partial<Record<string, string>>>
  readonly matter?: unknown
}

/** Throws a `no-route` error for what nobody knows. */
export function actionNamed(name: string): Action {
  const known = Object.keys(actions)
  if (isAction(name)) return name
  throw new StuntdoubleError(
    'no-route',
    `nothing is known to do to a stream by "${name}"${suggestion(name, known)}`,
  )
}

const isAction = (name: string): name is Action => Object.hasOwn(actions, name)

/** Throws what is wrong with the question. */
export function actOf({ action, asked, matter: written }: AskedAct): (stream: Stream) => void {
  switch (action) {
    case 'pause': {
      const at = asked['at'] === undefined ? undefined : readStreamPlace(asked['at'], 'at')
      return (stream) => stream.pause(at)
    }
    case 'resume': {
      const catchUp = yesOrNo('catchUp', asked['catchUp'])
      return (stream) => stream.resume({ catchUp })
    }
    case 'step': {
      const frames = wholeNumberOf('frames', asked['frames'], 1)
      return (stream) => stream.step(frames)
    }
    case 'push': {
      const matter = readMatter(written)
      return (stream) => stream.push(matter)
    }
    case 'end': {
      const how = endingOf(asked['how'])
      return (stream) => stream.end(how)
    }
  }
}

const matterSchema = withMatter('push', {}, strict({}, 'push'))

/** What is pushed, written as for the fault `inject`. */
export function readMatter(written: unknown): Matter {
  const read = matterSchema.safeParse(written)
  if (read.success) return read.data.matter
  const said = read.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw wrong(said.join('; '))
}

/** Undefined where the parameter is not given. */
export function wholeNumberOf(
  name: string,
  written: string | undefined,
  least: number,
): number | undefined {
  if (written === undefined) return undefined
  const value = Number(written)
  if (/^\d+$/.test(written) && value >= least) return value
  throw wrong(`${name} must be a whole number of at least ${least}, not "${written}"`)
}

function endingOf(written: string | undefined): Ending {
  const how = endings.find((one) => one === (written ?? 'end'))
  if (how) return how
  throw wrong(`how: "${written}" is no ending${suggestion(written ?? '', endings)}`)
}

function yesOrNo(name: string, written: string | undefined): boolean {
  if (written === undefined || written === 'false') return false
  if (written === 'true') return true
  throw wrong(`${name} must be true or false, not "${written}"`)
}

const wrong = (why: string): StuntdoubleError => new StuntdoubleError('bad-request', why)
