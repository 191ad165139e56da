/** A connection of HTTP/2 that takes no new stream: those that are open go on. */
import { noBytes } from '../core/bytes.ts'
import type { Http2Code } from '../core/http.ts'
import type { Step } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { http2Code } from './http2-code.ts'
import { strict } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

interface GoawayOptions {
  readonly at: Place
  readonly code: Http2Code
}

export const goaway: FaultKind<GoawayOptions> = {
  name: 'goaway',
  summary: 'Tells an HTTP/2 client to open no more streams (GOAWAY); those that are open go on.',
  schema: strict(
    {
      at: place,
      code: http2Code.default('NO_ERROR').describe('Its error code; NO_ERROR unless said.'),
    },
    'goaway',
  ),
  needs: () => 'http2',
  create: ({ at, code }, context) =>
    fromPlace(
      scannerFor(at, context),
      saidOnce(code, (acted) => context.onAct?.('goaway', acted)),
    ),
}

/** Not before the head: a reply that does not begin is another fault. */
function saidOnce(goaway: Http2Code, report: (at: Acted) => void): Aftermath {
  let due: Reached | undefined
  const said = (atMs: number): Step[] => {
    if (due) report({ atMs, byte: due.byte })
    due = undefined
    return [{ atMs, do: 'write', bytes: noBytes, goaway }]
  }
  return {
    reach(at): Step[] {
      due = at
      return at.afterHead ? said(at.atMs) : []
    },
    push: (step) => (due && step.do === 'head' ? [step, ...said(step.atMs)] : [step]),
    end: () => [],
  }
}
