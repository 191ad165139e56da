/**
 * The one shape of every transformation, so that each works on finite and on live input alike:
 * framing decoders, dialect encoders and decoders, faults.
 */
export interface Push<In, Out> {
  push(input: In): Out[]
  /** The input is over; what was held back comes out. */
  end(): Out[]
}

/** A finite input through a transformation, lazily. */
export function* through<In, Out>(input: Iterable<In>, push: Push<In, Out>): Generator<Out> {
  for (const item of input) yield* push.push(item)
  yield* push.end()
}
