/**
 * What every dialect must do, whichever way it is written. A dialect passes by being listed in a
 * `conformance.test.ts` with what its format can say.
 */
import type { Dialect } from '../../src/core/dialect.ts'
import { disorderLaws } from './laws/disorder.ts'
import { errorLaws } from './laws/error.ts'
import { requestLaws } from './laws/request.ts'
import { streamLaws } from './laws/stream.ts'
import { Subject } from './laws/subject.ts'
import { wholeLaws } from './laws/whole.ts'
import type { Traits } from './traits.ts'

export type { Traits } from './traits.ts'

export function conformance(dialect: Dialect, traits: Traits): void {
  const subject = new Subject(dialect, traits)
  streamLaws(subject)
  disorderLaws(subject)
  wholeLaws(subject)
  errorLaws(subject)
  requestLaws(subject)
}
